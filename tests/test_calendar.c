#include "coordinator/calendar.h"

#include <time.h>

#include "tests/check.h"

static void
days_are_called_as_libc_calls_them(void **state)
{
    (void)state;
    for (int64_t days = -800000; days < 2900000; days += 1) {
        struct calendar_day day;
        calendar_split(days, &day);
        assert_int_equal(calendar_days(day.year, day.month, day.day), days);
        if (days % 89)
            continue;
        time_t seconds = days * CALENDAR_DAY_S;
        struct tm parts;
        assert_non_null(gmtime_r(&seconds, &parts));
        assert_int_equal(day.year, parts.tm_year + 1900);
        assert_int_equal(day.month, parts.tm_mon + 1);
        assert_int_equal(day.day, parts.tm_mday);
        assert_int_equal(day.weekday, parts.tm_wday);
    }
}

static void
months_are_as_long_as_from_one_first_to_the_next(void **state)
{
    (void)state;
    for (int64_t year = 1896; year < 2405; year++) {
        for (int month = 1; month < 12; month++)
            assert_int_equal(calendar_month_length(year, month),
                             calendar_days(year, month + 1, 1) - calendar_days(year, month, 1));
        assert_int_equal(calendar_days(year + 1, 1, 1) - calendar_days(year, 1, 1),
                         365 + calendar_is_leap(year));
    }
}

static void
a_moment_before_1970_is_in_the_day_that_had_begun(void **state)
{
    (void)state;
    assert_int_equal(calendar_day_of(0), 0);
    assert_int_equal(calendar_day_of(-1), -1);
    assert_int_equal(calendar_day_of(-CALENDAR_DAY_S), -1);
    assert_int_equal(calendar_day_of(-CALENDAR_DAY_S - 1), -2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_called_as_libc_calls_them),
        cmocka_unit_test(months_are_as_long_as_from_one_first_to_the_next),
        cmocka_unit_test(a_moment_before_1970_is_in_the_day_that_had_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
