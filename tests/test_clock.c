#include "common/clock.h"
#include "tests/check.h"

static void
stamps_are_utc_in_both_spellings(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_SIZE];
    clock_format_iso(1795402800999, text);
    assert_string_equal(text, "2026-11-23T03:00:00Z");
    clock_format_sql(1795402800000, text);
    assert_string_equal(text, "2026-11-23 03:00:00");
    clock_format_sql(253402300799999, text);
    assert_string_equal(text, "9999-12-31 23:59:59");
}

static void
what_is_no_time_gives_nothing(void **state)
{
    (void)state;
    const int64_t none[] = {0, -1, INT64_MIN, 253402300800000, INT64_MAX};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        char text[CLOCK_TEXT_SIZE] = "x";
        clock_format_iso(none[i], text);
        assert_string_equal(text, "");
    }
}

static void
the_clocks_go_forward(void **state)
{
    (void)state;
    int64_t before_ms = clock_monotonic_ms();
    assert_true(before_ms > 0);
    assert_true(clock_monotonic_ms() >= before_ms);
    assert_true(clock_unix_ms() > 1700000000000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stamps_are_utc_in_both_spellings),
        cmocka_unit_test(what_is_no_time_gives_nothing),
        cmocka_unit_test(the_clocks_go_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
