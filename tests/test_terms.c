#include "coordinator/cli/terms.h"

#include <string.h>

#include "common/clean.h"
#include "tests/check.h"

static const struct option_row rows[] = {{"json", NULL, "print JSON"}, {0}};

enum { WORDS_MAX = 4 };

static int
parse(struct client_terms *terms, char *words[WORDS_MAX], struct error *error)
{
    int count = 0;
    while (count < WORDS_MAX && words[count])
        count++;
    CLEAN(options_destroy) options_t *options = NULL;
    assert_int_equal(options_parse(&options, rows, count, words, error), 0);
    return terms_parse(terms, options, 0, error);
}

static void
words_are_split_at_the_first_equals_sign(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(terms_clear) struct client_terms terms = {0};
    char *words[WORDS_MAX] = {"backup", "name=shop-*", "tag.env=a=b"};
    assert_int_equal(parse(&terms, words, &error), 0);
    assert_int_equal(terms.count, 2);
    assert_string_equal(terms.terms[0]->key, "name");
    assert_string_equal(terms.terms[0]->pattern, "shop-*");
    assert_string_equal(terms.terms[1]->key, "tag.env");
    assert_string_equal(terms.terms[1]->pattern, "a=b");
}

static void
no_word_is_no_term(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(terms_clear) struct client_terms terms = {0};
    char *words[WORDS_MAX] = {"backup"};
    assert_int_equal(parse(&terms, words, &error), 0);
    assert_int_equal(terms.count, 0);
}

static void
what_is_no_selector_is_refused_whole(void **state)
{
    (void)state;
    char *const wrong[] = {"shop", "=shop", "name="};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error error = {0};
        CLEAN(terms_clear) struct client_terms terms = {0};
        char *words[WORDS_MAX] = {"backup", "name=a", wrong[i]};
        assert_int_equal(parse(&terms, words, &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
        assert_int_equal(terms.count, 0);
    }
}

static void
numbers_begin_at_one(void **state)
{
    (void)state;
    struct error error = {0};
    uint64_t number = 0;
    assert_int_equal(terms_number("9223372036854775807", "job", &number, &error), 0);
    assert_true(number == INT64_MAX);
    const char *const wrong[] = {"0", "-1", "1x", "", "9223372036854775808", "x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(terms_number(wrong[i], "job", &number, &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
    }
    assert_int_equal(terms_number(NULL, "job", &number, &error), -1);
    assert_string_equal(error.message, "'' is not the number of a job");
}

static void
a_time_is_a_day_or_a_second_in_utc(void **state)
{
    (void)state;
    const struct {
        const char *text;
        int64_t unix_ms;
    } times[] = {
        {"2026-11-25", 1795564800000},          {"2026-11-25 22:00:00", 1795644000000},
        {"2026-11-25T22:00:00", 1795644000000}, {"2026-11-25T22:00:00Z", 1795644000000},
        {"2024-02-29 23:59:59", 1709251199000},
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct error error = {0};
        int64_t unix_ms = 0;
        if (terms_time(times[i].text, "since", &unix_ms, &error))
            fail_msg("%s", error.message);
        assert_int_equal(unix_ms, times[i].unix_ms);
    }
}

static void
what_is_no_time_is_refused(void **state)
{
    (void)state;
    const char *const wrong[] = {"",           "yesterday",        "2026-11",
                                 "2026-02-30", "2026-11-25 22:00", "2026-11-25 25:00:00",
                                 "1969-12-31", "2026-11-25x",      "2026-11-25 22:00:00+01"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error error = {0};
        int64_t unix_ms = 7;
        if (terms_time(wrong[i], "since", &unix_ms, &error) != -1)
            fail_msg("'%s' is taken for %lld", wrong[i], (long long)unix_ms);
        assert_int_equal(error.code, ERROR_CONFIG);
        assert_non_null(strstr(error.message, "--since is '"));
        assert_int_equal(unix_ms, 7);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_split_at_the_first_equals_sign),
        cmocka_unit_test(no_word_is_no_term),
        cmocka_unit_test(what_is_no_selector_is_refused_whole),
        cmocka_unit_test(numbers_begin_at_one),
        cmocka_unit_test(a_time_is_a_day_or_a_second_in_utc),
        cmocka_unit_test(what_is_no_time_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
