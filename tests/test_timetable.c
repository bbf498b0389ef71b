#include "coordinator/timetable.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clean.h"
#include "tests/check.h"

enum { SHOWN_SIZE = 1024 };

static timetable_t *
timetable(const char *form, const char *zone_name_)
{
    struct error error = {0};
    cron_t *cron = NULL;
    zone_t *zone = NULL;
    if (cron_parse(&cron, form, &error) || zone_open(&zone, zone_name_, &error))
        fail_msg("%s", error.message);
    return timetable_new(&cron, &zone);
}

static int64_t
utc_ms(const char *text)
{
    struct tm parts = {0};
    assert_non_null(strptime(text, "%Y-%m-%d %H:%M", &parts));
    return (int64_t)timegm(&parts) * 1000;
}

// The firings after `from` (UTC) and not after `to`, as local times: "02-01 02:30 CET, ...".
static const char *
firings(const char *form, const char *zone, const char *from, const char *to)
{
    static char shown[SHOWN_SIZE];
    CLEAN(timetable_destroy) timetable_t *self = timetable(form, zone);
    size_t length = 0;
    shown[0] = '\0';
    int64_t last_ms = utc_ms(from);
    for (int64_t next_ms = timetable_next(self, last_ms); next_ms <= utc_ms(to);
         next_ms = timetable_next(self, next_ms)) {
        char text[TIMETABLE_TEXT_SIZE];
        assert_true(next_ms > last_ms);
        last_ms = next_ms;
        timetable_print(self, next_ms, text);
        length += (size_t)snprintf(shown + length, sizeof shown - length, "%s%s",
                                   length ? ", " : "", text + 5);
        assert_true(length < sizeof shown);
    }
    return shown;
}

static void
a_time_that_is_skipped_fires_at_the_first_moment_after_the_gap(void **state)
{
    (void)state;
    assert_string_equal(
        firings("30 2 * * *", "Europe/Berlin", "2026-03-28 00:00", "2026-03-30 12:00"),
        "03-28 02:30 CET, 03-29 03:00 CEST, 03-30 02:30 CEST");
    assert_string_equal(
        firings("30 2 * * *", "America/New_York", "2026-03-07 00:00", "2026-03-09 12:00"),
        "03-07 02:30 EST, 03-08 03:00 EDT, 03-09 02:30 EDT");
    assert_string_equal(
        firings("59 1 * * *", "Europe/Berlin", "2026-03-29 00:00", "2026-03-29 12:00"),
        "03-29 01:59 CET");
    assert_string_equal(
        firings("0 2 * * *", "Europe/Berlin", "2026-03-29 00:00", "2026-03-29 12:00"),
        "03-29 03:00 CEST");
}

static void
times_that_are_skipped_together_fire_once(void **state)
{
    (void)state;
    assert_string_equal(
        firings("0,20,40 1-3 * * *", "Europe/Berlin", "2026-03-28 23:30", "2026-03-29 12:00"),
        "03-29 01:00 CET, 03-29 01:20 CET, 03-29 01:40 CET, 03-29 03:00 CEST, 03-29 03:20 CEST, "
        "03-29 03:40 CEST");
    assert_string_equal(
        firings("*/20 2 * * *", "Europe/Berlin", "2026-03-28 23:30", "2026-03-29 12:00"),
        "03-29 03:00 CEST");
    assert_string_equal(
        firings("30 2-3 * * *", "Europe/Berlin", "2026-03-28 23:30", "2026-03-29 12:00"),
        "03-29 03:00 CEST, 03-29 03:30 CEST");
}

static void
a_time_that_comes_twice_fires_the_first_time(void **state)
{
    (void)state;
    assert_string_equal(
        firings("30 2 * * *", "Europe/Berlin", "2026-10-24 12:00", "2026-10-26 12:00"),
        "10-25 02:30 CEST, 10-26 02:30 CET");
    assert_string_equal(
        firings("0 1-4 * * *", "Europe/Berlin", "2026-10-24 12:00", "2026-10-25 12:00"),
        "10-25 01:00 CEST, 10-25 02:00 CEST, 10-25 03:00 CET, 10-25 04:00 CET");
    assert_string_equal(
        firings("30 1 * * *", "America/New_York", "2026-10-31 12:00", "2026-11-02 12:00"),
        "11-01 01:30 EDT, 11-02 01:30 EST");
}

// A coordinator that was started in the second pass.
static void
the_second_pass_fires_nothing_whenever_it_is_asked(void **state)
{
    (void)state;
    CLEAN(timetable_destroy) timetable_t *self = timetable("30 2 * * *", "Europe/Berlin");
    for (int64_t after_ms = utc_ms("2026-10-25 00:30"); after_ms < utc_ms("2026-10-26 01:30");
         after_ms += 30000)
        assert_int_equal(timetable_next(self, after_ms), utc_ms("2026-10-26 01:30"));
    assert_int_equal(timetable_next(self, utc_ms("2026-10-25 00:30") - 1),
                     utc_ms("2026-10-25 00:30"));
}

static void
a_form_of_every_hour_follows_the_real_hours(void **state)
{
    (void)state;
    assert_string_equal(
        firings("30 * * * *", "Europe/Berlin", "2026-03-28 23:50", "2026-03-29 02:00"),
        "03-29 01:30 CET, 03-29 03:30 CEST");
    assert_string_equal(
        firings("0 * * * *", "Europe/Berlin", "2026-10-24 22:50", "2026-10-25 02:30"),
        "10-25 01:00 CEST, 10-25 02:00 CEST, 10-25 02:00 CET, 10-25 03:00 CET");
    assert_string_equal(
        firings("15 */2 * * *", "Europe/Berlin", "2026-10-24 21:50", "2026-10-25 04:00"),
        "10-25 00:15 CEST, 10-25 02:15 CEST, 10-25 02:15 CET, 10-25 04:15 CET");
    assert_string_equal(
        firings("15 */2 * * *", "Europe/Berlin", "2026-03-28 22:50", "2026-03-29 03:00"),
        "03-29 00:15 CET, 03-29 04:15 CEST");
}

static void
zones_of_half_hours_leap_as_they_do(void **state)
{
    (void)state;
    assert_string_equal(
        firings("30 2 * * *", "Asia/Kolkata", "2026-03-01 00:00", "2026-03-02 00:00"),
        "03-02 02:30 IST");
    assert_string_equal(
        firings("45 1 * * *", "Australia/Lord_Howe", "2026-04-04 00:00", "2026-04-05 20:00"),
        "04-05 01:45 +11, 04-06 01:45 +1030");
    assert_string_equal(
        firings("15 2 * * *", "Australia/Lord_Howe", "2026-10-03 00:00", "2026-10-04 20:00"),
        "10-04 02:30 +11, 10-05 02:15 +11");
    assert_string_equal(
        firings("0 0 * * *", "Asia/Kathmandu", "2026-01-01 00:00", "2026-01-02 00:00"),
        "01-02 00:00 +0545");
}

static void
a_country_that_changes_its_offset_is_followed(void **state)
{
    (void)state;
    // North Korea, at the end of 4 May 2018: half an hour forward, for good.
    assert_string_equal(
        firings("45 23 * * *", "Asia/Pyongyang", "2018-05-03 16:00", "2018-05-05 16:00"),
        "05-05 00:00 KST, 05-05 23:45 KST");
    // Samoa had no 30 December 2011.
    assert_string_equal(
        firings("30 3 * * *", "Pacific/Apia", "2011-12-29 00:00", "2012-01-01 00:00"),
        "12-29 03:30 -10, 12-31 00:00 +14, 12-31 03:30 +14, 01-01 03:30 +14");
    // Alaska had one day twice, in 1867.
    assert_string_equal(
        firings("0 12 * * *", "America/Juneau", "1867-10-17 00:00", "1867-10-20 00:00"),
        "10-18 12:00 LMT, 10-19 12:00 LMT");
}

static void
the_far_future_follows_the_rule(void **state)
{
    (void)state;
    assert_string_equal(
        firings("30 2 * * *", "Europe/Berlin", "2400-03-25 00:00", "2400-03-27 12:00"),
        "03-25 02:30 CET, 03-26 03:00 CEST, 03-27 02:30 CEST");
}

static void
nothing_fires_after_the_year_9999(void **state)
{
    (void)state;
    static const char *const zones[] = {"UTC", "Europe/Berlin", "Pacific/Kiritimati",
                                        "America/New_York"};
    for (size_t index = 0; index < sizeof zones / sizeof *zones; index++) {
        CLEAN(timetable_destroy) timetable_t *daily = timetable("59 23 * * *", zones[index]);
        CLEAN(timetable_destroy) timetable_t *hourly = timetable("59 * * * *", zones[index]);
        int64_t near_end_ms = INT64_C(253402214400000);
        for (int64_t after_ms = near_end_ms; after_ms != TIMETABLE_NEVER;
             after_ms = timetable_next(hourly, after_ms))
            assert_true(after_ms < near_end_ms + 86400000);
        assert_int_equal(timetable_next(daily, near_end_ms + 86400000), TIMETABLE_NEVER);
        assert_int_equal(timetable_next(daily, INT64_MAX), TIMETABLE_NEVER);
        assert_true(timetable_next(daily, INT64_MIN) < 0);
        assert_true(timetable_next(hourly, INT64_MIN) < 0);
    }
}

// Over years and zones: a form of one time of day fires once for each day that the zone has, never
// at a local time before the one it names, and asking at any moment gives the same firings.
static void
each_day_fires_once_whatever_the_clock_does(void **state)
{
    (void)state;
    static const char *const zones[] = {"Europe/Berlin",  "America/New_York", "Africa/Casablanca",
                                        "Asia/Gaza",      "Europe/Dublin",    "Australia/Lord_Howe",
                                        "America/Havana", "Africa/Cairo",     "Antarctica/Troll"};
    for (size_t index = 0; index < sizeof zones / sizeof *zones; index++) {
        CLEAN(timetable_destroy) timetable_t *self = timetable("30 2 * * *", zones[index]);
        int64_t last_ms = timetable_next(self, utc_ms("2005-01-01 12:00"));
        for (int day = 0; day < 40 * 365; day++) {
            int64_t next_ms = timetable_next(self, last_ms);
            assert_in_range(next_ms - last_ms, 21 * 3600000, 27 * 3600000);
            assert_int_equal(timetable_next(self, next_ms - 1), next_ms);
            assert_int_equal(timetable_next(self, last_ms + 7200000), next_ms);
            last_ms = next_ms;
        }
    }
}

static void
the_last_firing_is_found_from_either_side(void **state)
{
    (void)state;
    static const char *const forms[] = {"30 2 * * *", "*/7 * * * *", "0 0 29 2 *", "* 3 * * mon"};
    for (size_t index = 0; index < sizeof forms / sizeof *forms; index++) {
        CLEAN(timetable_destroy) timetable_t *self = timetable(forms[index], "Europe/Berlin");
        int64_t begin_ms = utc_ms("2024-01-01 00:00");
        int64_t last_ms = timetable_next(self, begin_ms);
        assert_int_equal(timetable_last(self, begin_ms, last_ms - 1), TIMETABLE_NEVER);
        for (int count = 0; count < 100; count++) {
            int64_t next_ms = timetable_next(self, last_ms);
            assert_int_equal(timetable_last(self, begin_ms, next_ms - 1), last_ms);
            assert_int_equal(timetable_last(self, begin_ms, next_ms), next_ms);
            assert_int_equal(timetable_last(self, last_ms, next_ms - 1), TIMETABLE_NEVER);
            last_ms = next_ms;
        }
    }
    CLEAN(timetable_destroy) timetable_t *minutes = timetable("* * * * *", "UTC");
    int64_t far_ms = utc_ms("9000-01-01 00:00");
    assert_int_equal(timetable_last(minutes, 0, far_ms + 1), far_ms);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_that_is_skipped_fires_at_the_first_moment_after_the_gap),
        cmocka_unit_test(times_that_are_skipped_together_fire_once),
        cmocka_unit_test(a_time_that_comes_twice_fires_the_first_time),
        cmocka_unit_test(the_second_pass_fires_nothing_whenever_it_is_asked),
        cmocka_unit_test(a_form_of_every_hour_follows_the_real_hours),
        cmocka_unit_test(zones_of_half_hours_leap_as_they_do),
        cmocka_unit_test(a_country_that_changes_its_offset_is_followed),
        cmocka_unit_test(the_far_future_follows_the_rule),
        cmocka_unit_test(nothing_fires_after_the_year_9999),
        cmocka_unit_test(each_day_fires_once_whatever_the_clock_does),
        cmocka_unit_test(the_last_firing_is_found_from_either_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
