#include "common/text.h"

#include <string.h>

#include "tests/check.h"

static void
assert_cleaned(const char *given, const char *line, const char *lines)
{
    char text[128];
    strcpy(text, given);
    text_clean(text);
    assert_string_equal(text, line);
    strcpy(text, given);
    text_clean_lines(text);
    assert_string_equal(text, lines);
}

static void
letters_of_all_scripts_stay(void **state)
{
    (void)state;
    assert_cleaned("caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80",
                   "caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80",
                   "caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80");
}

static void
escapes_and_controls_are_made_harmless(void **state)
{
    (void)state;
    assert_cleaned("a\x1b[31mb\x7f", "a?[31mb?", "a?[31mb?");
    assert_cleaned("a\r\nb\tc", "a??b c", "a?\nb c");
    assert_cleaned("a\xc2\x9b"
                   "b",
                   "a?b", "a?b");
    assert_cleaned("a\xe2\x80\xae"
                   "b",
                   "a?b", "a?b");
}

static void
what_is_no_utf_8_is_replaced_byte_by_byte(void **state)
{
    (void)state;
    assert_cleaned("a\xff\xc0\x80z", "a???z", "a???z");
    assert_cleaned("\xed\xa0\x80", "???", "???");
    assert_cleaned("cut\xe6\x97", "cut??", "cut??");
    assert_cleaned("\xf4\x90\x80\x80", "????", "????");
}

static void
the_nearest_name_is_guessed_and_a_far_one_is_not(void **state)
{
    (void)state;
    const char *const names[] = {"stores", "stops", "secrets"};
    struct text_guess guess = {0};
    for (size_t i = 0; i < 3; i++)
        text_guess_consider(&guess, "stroes", names[i]);
    assert_string_equal(guess.name, "stores");
    struct text_guess none = {0};
    for (size_t i = 0; i < 3; i++)
        text_guess_consider(&none, "endpoint", names[i]);
    assert_null(none.name);
}

static void
a_guess_for_an_endless_name_does_no_harm(void **state)
{
    (void)state;
    char endless[4096];
    memset(endless, 's', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    struct text_guess guess = {0};
    text_guess_consider(&guess, endless, "stores");
    text_guess_consider(&guess, "stores", endless);
    assert_null(guess.name);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_of_all_scripts_stay),
        cmocka_unit_test(escapes_and_controls_are_made_harmless),
        cmocka_unit_test(what_is_no_utf_8_is_replaced_byte_by_byte),
        cmocka_unit_test(the_nearest_name_is_guessed_and_a_far_one_is_not),
        cmocka_unit_test(a_guess_for_an_endless_name_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
