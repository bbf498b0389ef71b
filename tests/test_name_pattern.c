#include "common/name_pattern.h"

#include <string.h>

#include "common/clean.h"
#include "tests/check.h"

static int
fits(const char *text, const char *first, const char *second, enum name_case name_case)
{
    CLEAN(name_pattern_destroy) name_pattern_t *pattern = NULL;
    struct error error = {0};
    const char *const names[] = {first, second};
    if (name_pattern_read_path(&pattern, text, &error))
        fail_msg("%s", error.message);
    size_t count = second ? 2 : 1;
    assert_int_equal(name_pattern_parts(pattern), count);
    assert_string_equal(name_pattern_text(pattern), text);
    return name_pattern_fits(pattern, names, count, name_case);
}

static int
one_fits(const char *text, const char *name)
{
    return fits(text, name, NULL, NAMES_AS_THEY_ARE);
}

static void
require_refused(const char *text, const char *why)
{
    CLEAN(name_pattern_destroy) name_pattern_t *pattern = NULL;
    struct error error = {0};
    assert_int_equal(name_pattern_read_path(&pattern, text, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_non_null(strstr(error.message, why));
    assert_null(pattern);
}

static void
signs_mean_what_a_shell_means_by_them(void **state)
{
    (void)state;
    assert_true(one_fits("log", "log"));
    assert_false(one_fits("log", "logs"));
    assert_false(one_fits("logs", "log"));
    assert_true(one_fits("*", ""));
    assert_true(one_fits("log_*", "log_"));
    assert_true(one_fits("*_old", "a_old_old"));
    assert_true(one_fits("a*b*c", "axxbyybzzc"));
    assert_false(one_fits("a*b*c", "axxbyybzz"));
    assert_true(one_fits("l?g", "lög"));
    assert_false(one_fits("l?g", "lg"));
    assert_true(one_fits("[a-c]x", "bx"));
    assert_false(one_fits("[!a-c]x", "bx"));
    assert_true(one_fits("[^a-c]x", "éx"));
    assert_true(one_fits("[]x]", "]"));
    assert_true(one_fits("[a\\]b]", "]"));
    assert_true(one_fits("[ä-ü]", "ö"));
    assert_true(one_fits("[a-]", "-"));
}

static void
what_is_escaped_is_itself(void **state)
{
    (void)state;
    assert_true(one_fits("a\\*b", "a*b"));
    assert_false(one_fits("a\\*b", "axb"));
    assert_true(one_fits("\\[x", "[x"));
    assert_true(one_fits("\\\\", "\\"));
    assert_true(one_fits("a\\.b", "a.b"));
    assert_true(one_fits("a[.]b", "a.b"));
}

static void
a_star_never_crosses_a_dot_of_the_pattern(void **state)
{
    (void)state;
    assert_true(fits("shop.*", "shop", "a.b", NAMES_AS_THEY_ARE));
    assert_false(fits("sh*.b", "shop.a", "c", NAMES_AS_THEY_ARE));
    assert_true(fits("*.b", "shop.a", "b", NAMES_AS_THEY_ARE));
    assert_false(fits("*.b", "shop", "a.b", NAMES_AS_THEY_ARE));
    assert_true(fits("shop\\.eu.*", "shop.eu", "orders", NAMES_AS_THEY_ARE));
    assert_false(fits("shop.eu", "shop.eu", "eu", NAMES_AS_THEY_ARE));
}

static void
case_counts_unless_the_server_says_otherwise(void **state)
{
    (void)state;
    assert_false(fits("shop.Log", "shop", "log", NAMES_AS_THEY_ARE));
    assert_true(fits("Shop.Log[A-C]", "sHOP", "lOGb", NAMES_OF_ANY_CASE));
}

static void
a_pattern_of_one_name_has_no_parts(void **state)
{
    (void)state;
    CLEAN(name_pattern_destroy) name_pattern_t *pattern = NULL;
    struct error error = {0};
    assert_int_equal(name_pattern_read_name(&pattern, "a.b*", &error), 0);
    assert_int_equal(name_pattern_parts(pattern), 1);
    const char *const names[] = {"a.bc"};
    assert_true(name_pattern_fits(pattern, names, 1, NAMES_AS_THEY_ARE));
}

static void
bytes_that_are_no_utf8_are_characters_of_their_own(void **state)
{
    (void)state;
    assert_true(one_fits("a?b", "a\xff"
                                "b"));
    assert_true(one_fits("a\xff", "a\xff"));
    assert_false(one_fits("a\xff", "a\xfe"));
}

static void
what_is_no_pattern_is_refused_with_the_reason(void **state)
{
    (void)state;
    char longest[NAME_PATTERN_MAX + 2];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    require_refused(longest, "longer than");
    require_refused("", "empty part");
    require_refused("a..b", "empty part");
    require_refused("a.", "empty part");
    require_refused("a.b.c.d", "more than 3 parts");
    require_refused("a[b", "'['");
    require_refused("a\\", "'\\'");
}

static void
a_hostile_pattern_takes_no_time(void **state)
{
    (void)state;
    char pattern[NAME_PATTERN_MAX + 1] = "";
    char name[NAME_PATTERN_MAX + 1];
    for (size_t i = 0; i + 2 < sizeof pattern; i += 2)
        memcpy(pattern + i, "*a", 3);
    pattern[sizeof pattern - 2] = 'b';
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (int i = 0; i < 100; i++)
        assert_false(one_fits(pattern, name));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_mean_what_a_shell_means_by_them),
        cmocka_unit_test(what_is_escaped_is_itself),
        cmocka_unit_test(a_star_never_crosses_a_dot_of_the_pattern),
        cmocka_unit_test(case_counts_unless_the_server_says_otherwise),
        cmocka_unit_test(a_pattern_of_one_name_has_no_parts),
        cmocka_unit_test(bytes_that_are_no_utf8_are_characters_of_their_own),
        cmocka_unit_test(what_is_no_pattern_is_refused_with_the_reason),
        cmocka_unit_test(a_hostile_pattern_takes_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
