#include "coordinator/history.h"

#include "common/clean.h"
#include "tests/check.h"

#define MINUTE INT64_C(60000)

static void
add(history_t *history, int64_t id, int64_t duration_ms, int64_t set_bytes, int64_t size_bytes)
{
    history_add(history, &(struct past){id, duration_ms, set_bytes, size_bytes, 0});
}

static int64_t
expect(history_t *history, int64_t id, int64_t size_bytes, enum history_basis basis)
{
    enum history_basis found;
    int64_t expected_ms = history_expect(history, id, size_bytes, &found);
    assert_int_equal(found, basis);
    return expected_ms;
}

static void
a_night_that_is_out_of_the_way_does_not_count(void **state)
{
    (void)state;
    CLEAN(history_destroy) history_t *history = history_new();
    add(history, 7, 10 * MINUTE, 1000, 0);
    assert_int_equal(expect(history, 7, 0, HISTORY_OWN), 10 * MINUTE);
    add(history, 7, 11 * MINUTE, 1000, 0);
    assert_int_equal(expect(history, 7, 0, HISTORY_OWN), 11 * MINUTE);  // of two the longer one
    add(history, 7, 600 * MINUTE, 1000, 0);
    add(history, 7, 1, 1000, 0);
    add(history, 7, 12 * MINUTE, 1000, 0);
    assert_int_equal(expect(history, 7, 0, HISTORY_OWN), 11 * MINUTE);
}

static void
only_the_last_backups_count(void **state)
{
    (void)state;
    CLEAN(history_destroy) history_t *history = history_new();
    for (int night = 0; night < 10; night++)
        add(history, 7, 10 * MINUTE, 0, 0);
    for (int night = 0; night < HISTORY_KEPT; night++)
        add(history, 7, 30 * MINUTE, 0, 0);
    assert_int_equal(expect(history, 7, 0, HISTORY_OWN), 30 * MINUTE);
}

static void
what_has_grown_takes_longer_within_bounds(void **state)
{
    (void)state;
    CLEAN(history_destroy) history_t *history = history_new();
    for (int night = 0; night < 4; night++)
        add(history, 7, 10 * MINUTE, 1000, 0);
    add(history, 7, 14 * MINUTE, 1500, 0);
    assert_int_equal(expect(history, 7, 0, HISTORY_OWN), 15 * MINUTE);
    add(history, 7, 14 * MINUTE, 90000, 0);
    assert_int_equal(expect(history, 7, 0, HISTORY_OWN), 20 * MINUTE);
    add(history, 7, 1 * MINUTE, 10, 0);  // a smaller one makes it no shorter
    assert_int_equal(expect(history, 7, 0, HISTORY_OWN), 10 * MINUTE);
}

static void
without_a_history_the_size_and_the_usual_throughput_tell(void **state)
{
    (void)state;
    CLEAN(history_destroy) history_t *history = history_new();
    assert_int_equal(expect(history, 99, 1000000, HISTORY_PRESET), HISTORY_PRESET_MS);
    for (int64_t id = 1; id < HISTORY_RATES_MIN; id++)
        add(history, id, 10 * MINUTE, 5, 1000000);
    assert_int_equal(expect(history, 99, 1000000, HISTORY_PRESET), HISTORY_PRESET_MS);
    assert_int_equal(expect(history, 99, 0, HISTORY_PRESET), HISTORY_PRESET_MS);
    CLEAN(history_destroy) history_t *other = history_new();
    for (int64_t id = 1; id < HISTORY_RATES_MIN; id++)
        add(other, id, 10 * MINUTE, 5, 1000000);
    add(other, 50, 10 * MINUTE, 5, 900000000);  // its throughput is not the median
    assert_int_equal(expect(other, 99, 3000000, HISTORY_SIZE), 30 * MINUTE);
    assert_int_equal(expect(other, 99, 1, HISTORY_SIZE), HISTORY_LEAST_MS);
    assert_int_equal(expect(other, 99, 0, HISTORY_PRESET), HISTORY_PRESET_MS);
}

static void
the_throughput_is_found_out_anew_as_backups_end(void **state)
{
    (void)state;
    CLEAN(history_destroy) history_t *history = history_new();
    for (int64_t id = 1; id <= 20; id++)
        add(history, id, 10 * MINUTE, 5, 1000000);
    assert_int_equal(expect(history, 99, 1000000, HISTORY_SIZE), 10 * MINUTE);
    for (int round = 0; round < 100; round++) {
        for (int64_t id = 1; id <= 20; id++)
            add(history, id, 20 * MINUTE, 5, 1000000);
    }
    assert_int_equal(expect(history, 99, 1000000, HISTORY_SIZE), 20 * MINUTE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_night_that_is_out_of_the_way_does_not_count),
        cmocka_unit_test(only_the_last_backups_count),
        cmocka_unit_test(what_has_grown_takes_longer_within_bounds),
        cmocka_unit_test(without_a_history_the_size_and_the_usual_throughput_tell),
        cmocka_unit_test(the_throughput_is_found_out_anew_as_backups_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
