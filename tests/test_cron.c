#include "coordinator/cron.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "coordinator/calendar.h"
#include "tests/check.h"

static cron_t *
form(const char *text)
{
    cron_t *cron = NULL;
    struct error error = {0};
    if (cron_parse(&cron, text, &error))
        fail_msg("'%s': %s", text, error.message);
    return cron;
}

static int64_t
at(int year, int month, int day, int hour, int minute)
{
    return calendar_days(year, month, day) * CALENDAR_DAY_S + hour * 3600 + minute * 60;
}

// The first time after the beginning of 2026 (a Thursday): "01-01 00:00".
static const char *
first_of(const char *text, char shown[32])
{
    CLEAN(cron_destroy) cron_t *cron = form(text);
    int64_t local_s = cron_next(cron, at(2026, 1, 1, 0, 0));
    struct calendar_day day;
    calendar_split(calendar_day_of(local_s), &day);
    int minute = (int)(local_s % CALENDAR_DAY_S / 60);
    snprintf(shown, 32, "%04d-%02d-%02d %02d:%02d", (int)day.year, day.month, day.day, minute / 60,
             minute % 60);
    return shown;
}

static void
each_form_comes_first_when_it_says(void **state)
{
    (void)state;
    static const struct {
        const char *text, *first;
    } cases[] = {
        {"* * * * *", "2026-01-01 00:00"},        {"30 2 * * *", "2026-01-01 02:30"},
        {"  30\t2  * * * ", "2026-01-01 02:30"},  {"5,10 3-4 * * *", "2026-01-01 03:05"},
        {"*/25 7 * * *", "2026-01-01 07:00"},     {"10-59/25 0 * * *", "2026-01-01 00:10"},
        {"0 22 * * 1-5", "2026-01-01 22:00"},     {"0 22 * * mon", "2026-01-05 22:00"},
        {"0 22 * * Sat-SUN", "2026-01-03 22:00"}, {"0 22 * * 7", "2026-01-04 22:00"},
        {"0 22 * * 0", "2026-01-04 22:00"},       {"0 22 * * 5-7", "2026-01-02 22:00"},
        {"0 0 29 feb *", "2028-02-29 00:00"},     {"0 0 31 4-12/2,1 *", "2026-01-31 00:00"},
        {"0 0 * jun-jul *", "2026-06-01 00:00"},  {"@hourly", "2026-01-01 00:00"},
        {"@Daily", "2026-01-01 00:00"},           {"@weekly", "2026-01-04 00:00"},
        {"@monthly", "2026-01-01 00:00"},         {"@yearly", "2026-01-01 00:00"},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        char shown[32];
        assert_string_equal(first_of(cases[index].text, shown), cases[index].first);
    }
}

static void
a_day_fits_day_or_weekday_only_if_neither_begins_with_a_star(void **state)
{
    (void)state;
    char shown[32];
    assert_string_equal(first_of("0 0 9 * mon", shown), "2026-01-05 00:00");
    assert_string_equal(first_of("0 0 2 * mon", shown), "2026-01-02 00:00");
    assert_string_equal(first_of("0 0 * * mon", shown), "2026-01-05 00:00");
    assert_string_equal(first_of("0 0 9 * *", shown), "2026-01-09 00:00");
    // Both: an odd day that is a Monday, the 13th that is a Sunday, Tuesday, ...
    assert_string_equal(first_of("0 0 */2 * mon", shown), "2026-01-05 00:00");
    assert_string_equal(first_of("0 0 */2 * tue", shown), "2026-01-13 00:00");
    assert_string_equal(first_of("0 0 13 * */2", shown), "2026-01-13 00:00");
}

static void
a_wrong_form_says_which_field_and_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "0 fields"},
        {"* * * *", "4 fields"},
        {"0 0 2 * * *", "6 fields"},
        {"60 * * * *", "minute: '60' is not understood; allowed are 0 to 59"},
        {"* 24 * * *", "hour: '24'"},
        {"* * 0 * *", "day of the month: '0'"},
        {"* * 32 * *", "1 to 31"},
        {"* * * 13 *", "month: '13'"},
        {"* * * * 8", "weekday: '8'"},
        {"* * * mon *", "month: 'mon'"},
        {"* * * january *", "month: 'january'"},
        {"* * * * fri-mon", "weekday: 'fri-mon' has a range that goes backwards"},
        {"9-5 * * * *", "backwards"},
        {"5/10 * * * *", "a step without a range"},
        {"*/0 * * * *", "a step that is 0"},
        {"*/60 * * * *", "beyond the field"},
        {"*/x * * * *", "no number"},
        {"*/ * * * *", "no number"},
        {"*/100 * * * *", "no number"},
        {"1,,2 * * * *", "minute"},
        {"1, * * * *", "minute"},
        {",1 * * * *", "minute"},
        {"1- * * * *", "minute"},
        {"-1 * * * *", "minute"},
        {"+1 * * * *", "minute"},
        {"001 * * * *", "minute"},
        {"** * * * *", "minute"},
        {"*-5 * * * *", "minute"},
        {"? * * * *", "minute"},
        {"0 0 L * *", "day of the month"},
        {"@reboot", "none of @hourly"},
        {"0 0 30 2 *", "never comes"},
        {"0 0 31 4,6,9,11 *", "never comes"},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        cron_t *cron = NULL;
        struct error error = {0};
        assert_int_equal(cron_parse(&cron, cases[index].text, &error), -1);
        assert_null(cron);
        assert_int_equal(error.code, ERROR_CONFIG);
        if (!strstr(error.message, cases[index].part))
            fail_msg("'%s': %s", cases[index].text, error.message);
    }
}

static void
a_form_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char text[CRON_TEXT_MAX + 2];
    memset(text, ' ', sizeof text);
    memcpy(text, "* * * * *", 9);
    text[CRON_TEXT_MAX] = '\0';
    CLEAN(cron_destroy) cron_t *cron = form(text);
    text[CRON_TEXT_MAX] = ' ';
    text[CRON_TEXT_MAX + 1] = '\0';
    struct error error = {0};
    cron_t *other = NULL;
    assert_int_equal(cron_parse(&other, text, &error), -1);
}

static void
a_form_is_hourly_if_its_hour_begins_with_a_star(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int is_hourly;
    } cases[] = {{"0 * * * *", 1}, {"0 */2 * * *", 1},    {"@hourly", 1},    {"* 2 * * *", 0},
                 {"@daily", 0},    {"0 0-23/2 * * *", 0}, {"0 0,1 * * *", 0}};
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        CLEAN(cron_destroy) cron_t *cron = form(cases[index].text);
        assert_int_equal(cron_is_hourly(cron), cases[index].is_hourly);
    }
}

static void
seconds_are_rounded_up_to_a_minute_that_fits(void **state)
{
    (void)state;
    CLEAN(cron_destroy) cron_t *cron = form("59 23 31 12 *");
    int64_t last = at(2026, 12, 31, 23, 59);
    assert_int_equal(cron_next(cron, last), last);
    assert_int_equal(cron_next(cron, last - 59), last);
    assert_int_equal(cron_next(cron, last + 1), at(2027, 12, 31, 23, 59));
    assert_int_equal(cron_next(cron, at(1960, 1, 1, 0, 0)), at(1960, 12, 31, 23, 59));
}

static void
nothing_comes_after_the_year_9999(void **state)
{
    (void)state;
    CLEAN(cron_destroy) cron_t *cron = form("0 0 1 1 *");
    assert_int_equal(cron_next(cron, at(9999, 1, 1, 0, 0)), at(9999, 1, 1, 0, 0));
    assert_int_equal(cron_next(cron, at(9999, 1, 1, 0, 1)), CRON_NEVER);
    assert_int_equal(cron_next(cron, at(20000, 1, 1, 0, 1)), CRON_NEVER);
}

// Each minute of years held against the masks by a slower way.
static void
each_minute_that_fits_is_found(void **state)
{
    (void)state;
    CLEAN(cron_destroy) cron_t *cron = form("7,37 */5 28-31 2,3,12 sun");
    int64_t until = at(2029, 1, 1, 0, 0);
    int64_t expected = cron_next(cron, at(2026, 1, 1, 0, 0));
    int found = 0;
    for (int64_t local_s = at(2026, 1, 1, 0, 0); local_s < until; local_s += 60) {
        struct calendar_day day;
        calendar_split(calendar_day_of(local_s), &day);
        int minute = (int)(local_s / 60 % 60);
        int hour = (int)(local_s / 3600 % 24);
        int fits = (minute == 7 || minute == 37) && hour % 5 == 0 &&
                   (day.month == 2 || day.month == 3 || day.month == 12) &&
                   (day.day >= 28 || day.weekday == 0);
        assert_int_equal(fits, local_s == expected);
        if (fits)
            expected = cron_next(cron, local_s + 1);
        found += fits;
    }
    assert_true(found > 500);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_comes_first_when_it_says),
        cmocka_unit_test(a_day_fits_day_or_weekday_only_if_neither_begins_with_a_star),
        cmocka_unit_test(a_wrong_form_says_which_field_and_what_is_allowed),
        cmocka_unit_test(a_form_that_is_too_long_is_refused),
        cmocka_unit_test(a_form_is_hourly_if_its_hour_begins_with_a_star),
        cmocka_unit_test(seconds_are_rounded_up_to_a_minute_that_fits),
        cmocka_unit_test(nothing_comes_after_the_year_9999),
        cmocka_unit_test(each_minute_that_fits_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
