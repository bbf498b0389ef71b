// Stamps without year and zone: which moment they are, and never a later one.

#include "common/clean.h"
#include "coordinator/protect/dd_time.h"
#include "tests/check.h"

enum { NOV_26_2026 = 1795708800 };  // 16:00:00 UTC, a Thursday

static int64_t
find(const char *zone_id, const char *text, int64_t now_s)
{
    struct error error = {0};
    CLEAN(zone_destroy) zone_t *zone = NULL;
    struct dd_stamp stamp;
    int64_t unix_s = -1;
    assert_int_equal(zone_open(&zone, zone_id, &error), 0);
    assert_int_equal(dd_output_stamp(text, &stamp), 0);
    return dd_time_find(&stamp, zone, now_s, &unix_s, &error) ? -1 : unix_s;
}

static void
the_year_is_the_one_that_has_that_weekday(void **state)
{
    (void)state;
    assert_int_equal(find("UTC", "Thu Nov 26 15:48", NOV_26_2026), NOV_26_2026 - 720);
    assert_int_equal(find("UTC", "Wed Dec 31 23:59", NOV_26_2026), 1767225540);  // of 2025
    assert_int_equal(find("UTC", "Fri Jan  1 00:00", 1798761600 - 60), 1798761600);
}

static void
what_fits_no_year_or_lies_ahead_is_refused(void **state)
{
    (void)state;
    assert_int_equal(find("UTC", "Fri Nov 26 15:48", NOV_26_2026), -1);
    assert_int_equal(find("UTC", "Thu Dec  3 15:48", NOV_26_2026), -1);
    assert_int_equal(find("UTC", "Sun Feb 30 15:48", NOV_26_2026), -1);
}

static void
the_zone_is_the_data_domains(void **state)
{
    (void)state;
    assert_int_equal(find("America/New_York", "Thu Nov 26 10:48", NOV_26_2026), NOV_26_2026 - 720);
}

// 2026-10-25 02:30 comes twice in Berlin: 00:30 and 01:30 in UTC.
static void
of_two_moments_it_is_the_earlier_one(void **state)
{
    (void)state;
    assert_int_equal(find("Europe/Berlin", "Sun Oct 25 02:30", NOV_26_2026), 1792888200);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_year_is_the_one_that_has_that_weekday),
        cmocka_unit_test(what_fits_no_year_or_lies_ahead_is_refused),
        cmocka_unit_test(the_zone_is_the_data_domains),
        cmocka_unit_test(of_two_moments_it_is_the_earlier_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
