#include "coordinator/schedule.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clean.h"
#include "tests/check.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static timetable_t *nightly;  // 02:00 UTC
static timetable_t *hourly;   // each full hour
static int64_t midnight_ms;   // of some day

static int
set_up(void **state)
{
    (void)state;
    struct error error = {0};
    cron_t *cron = NULL;
    zone_t *zone = NULL;
    if (cron_parse(&cron, "0 2 * * *", &error) || zone_open(&zone, "UTC", &error))
        return -1;
    nightly = timetable_new(&cron, &zone);
    if (cron_parse(&cron, "0 * * * *", &error) || zone_open(&zone, "UTC", &error))
        return -1;
    hourly = timetable_new(&cron, &zone);
    midnight_ms = 20500 * DAY;
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    timetable_destroy(&nightly);
    timetable_destroy(&hourly);
    return 0;
}

// A memory that has been asked at midnight.
static struct schedule_memory
asked_at_midnight(const struct schedule *schedule)
{
    struct schedule_memory memory = {0};
    struct schedule_turn turn;
    schedule_turn(schedule, &memory, midnight_ms, &turn);
    assert_false(turn.fires);
    assert_true(turn.is_changed);
    return memory;
}

static void
require_quiet(const struct schedule *schedule, struct schedule_memory *memory, int64_t unix_ms)
{
    struct schedule_turn turn;
    schedule_turn(schedule, memory, unix_ms, &turn);
    assert_false(turn.fires);
    assert_int_equal(turn.missed, 0);
}

static void
require_fires(const struct schedule *schedule, struct schedule_memory *memory, int64_t unix_ms,
              int64_t planned_ms, size_t missed)
{
    struct schedule_turn turn;
    schedule_turn(schedule, memory, unix_ms, &turn);
    assert_true(turn.fires);
    assert_true(turn.is_changed);
    assert_int_equal(turn.planned_ms, planned_ms);
    assert_int_equal(turn.missed, missed);
}

static void
a_new_policy_fires_from_then_on(void **state)
{
    (void)state;
    struct schedule schedule = {.timetable = nightly};
    struct schedule_memory memory = asked_at_midnight(&schedule);
    struct schedule_turn turn;
    schedule_turn(&schedule, &memory, midnight_ms + HOUR, &turn);
    assert_false(turn.fires);
    assert_false(turn.is_changed);
    assert_int_equal(turn.next_ms, midnight_ms + 2 * HOUR);
    schedule_turn(&schedule, &memory, midnight_ms + 2 * HOUR, &turn);
    assert_true(turn.fires);
    assert_int_equal(turn.planned_ms, midnight_ms + 2 * HOUR);
    assert_int_equal(turn.start_ms, turn.planned_ms);
    assert_int_equal(turn.closes_ms, midnight_ms + 26 * HOUR);
    assert_int_equal(turn.next_ms, midnight_ms + 26 * HOUR);
    require_quiet(&schedule, &memory, midnight_ms + 2 * HOUR);
    require_quiet(&schedule, &memory, midnight_ms + 3 * HOUR);
    require_fires(&schedule, &memory, midnight_ms + 26 * HOUR + 7, midnight_ms + 26 * HOUR, 0);
}

static void
a_restart_within_the_window_fires_with_what_is_left_of_it(void **state)
{
    (void)state;
    struct schedule schedule = {.timetable = nightly, .window_ms = 4 * HOUR, .spread_ms = 3 * HOUR};
    struct schedule_memory memory = asked_at_midnight(&schedule);
    struct schedule_turn turn;
    int64_t unix_ms = midnight_ms + 5 * HOUR;
    schedule_turn(&schedule, &memory, unix_ms, &turn);
    assert_true(turn.fires);
    assert_int_equal(turn.missed, 0);
    assert_int_equal(turn.start_ms, unix_ms);
    assert_int_equal(turn.closes_ms, midnight_ms + 6 * HOUR);
    assert_int_equal(turn.spread_ms, HOUR / 2);
}

static void
after_three_days_skip_fires_nothing_and_tells(void **state)
{
    (void)state;
    struct schedule schedule = {.timetable = nightly, .window_ms = 4 * HOUR};
    struct schedule_memory memory = asked_at_midnight(&schedule);
    struct schedule_turn turn;
    schedule_turn(&schedule, &memory, midnight_ms + 2 * DAY + 14 * HOUR, &turn);
    assert_false(turn.fires);
    assert_true(turn.is_changed);
    assert_int_equal(turn.missed, 3);
    assert_int_equal(turn.missed_first_ms, midnight_ms + 2 * HOUR);
    assert_int_equal(turn.planned_ms, midnight_ms + 2 * DAY + 2 * HOUR);
    require_quiet(&schedule, &memory, midnight_ms + 2 * DAY + 15 * HOUR);
    require_fires(&schedule, &memory, midnight_ms + 3 * DAY + 2 * HOUR,
                  midnight_ms + 3 * DAY + 2 * HOUR, 0);
}

static void
after_three_days_once_fires_once_with_a_whole_window(void **state)
{
    (void)state;
    struct schedule schedule = {
        .timetable = nightly, .window_ms = 4 * HOUR, .missed = SCHEDULE_ONCE};
    struct schedule_memory memory = asked_at_midnight(&schedule);
    struct schedule_turn turn;
    int64_t unix_ms = midnight_ms + 2 * DAY + 14 * HOUR;
    schedule_turn(&schedule, &memory, unix_ms, &turn);
    assert_true(turn.fires);
    assert_int_equal(turn.missed, 2);
    assert_int_equal(turn.planned_ms, midnight_ms + 2 * DAY + 2 * HOUR);
    assert_int_equal(turn.start_ms, unix_ms);
    assert_int_equal(turn.closes_ms, unix_ms + 4 * HOUR);
    require_quiet(&schedule, &memory, unix_ms + 1);
    require_fires(&schedule, &memory, midnight_ms + 3 * DAY + 2 * HOUR,
                  midnight_ms + 3 * DAY + 2 * HOUR, 0);
}

static void
a_window_ends_at_the_latest_with_the_next_firing(void **state)
{
    (void)state;
    struct schedule schedule = {.timetable = hourly, .window_ms = 4 * HOUR};
    struct schedule_memory memory = asked_at_midnight(&schedule);
    struct schedule_turn turn;
    schedule_turn(&schedule, &memory, midnight_ms + HOUR, &turn);
    assert_int_equal(turn.closes_ms, midnight_ms + 2 * HOUR);
}

static void
without_a_window_a_firing_is_missed_after_an_hour(void **state)
{
    (void)state;
    struct schedule schedule = {.timetable = nightly};
    struct schedule_memory memory = asked_at_midnight(&schedule);
    require_fires(&schedule, &memory, midnight_ms + 3 * HOUR - 1, midnight_ms + 2 * HOUR, 0);
    memory = asked_at_midnight(&schedule);
    struct schedule_turn turn;
    schedule_turn(&schedule, &memory, midnight_ms + 3 * HOUR, &turn);
    assert_false(turn.fires);
    assert_int_equal(turn.missed, 1);
}

static void
a_small_step_back_fires_nothing_twice(void **state)
{
    (void)state;
    struct schedule schedule = {.timetable = nightly};
    struct schedule_memory memory = asked_at_midnight(&schedule);
    require_fires(&schedule, &memory, midnight_ms + 2 * HOUR, midnight_ms + 2 * HOUR, 0);
    for (int64_t back_ms = MINUTE; back_ms <= SCHEDULE_BACK_MAX_MS; back_ms += 7 * MINUTE) {
        require_quiet(&schedule, &memory, midnight_ms + 2 * HOUR - back_ms);
        require_quiet(&schedule, &memory, midnight_ms + 2 * HOUR);
        require_quiet(&schedule, &memory, midnight_ms + 2 * HOUR + MINUTE);
    }
    require_fires(&schedule, &memory, midnight_ms + 26 * HOUR, midnight_ms + 26 * HOUR, 0);
}

static void
what_a_step_forward_called_missed_fires_when_its_time_comes_again(void **state)
{
    (void)state;
    struct schedule schedule = {.timetable = hourly};
    struct schedule_memory memory = asked_at_midnight(&schedule);
    // To 02:30 and back to 00:10: 02:00 was fired, 01:00 was not.
    require_fires(&schedule, &memory, midnight_ms + 150 * MINUTE, midnight_ms + 2 * HOUR, 1);
    require_quiet(&schedule, &memory, midnight_ms + 10 * MINUTE);
    struct schedule_turn turn;
    schedule_turn(&schedule, &memory, midnight_ms + 20 * MINUTE, &turn);
    assert_int_equal(turn.next_ms, midnight_ms + HOUR);
    require_fires(&schedule, &memory, midnight_ms + HOUR, midnight_ms + HOUR, 0);
    require_quiet(&schedule, &memory, midnight_ms + 2 * HOUR);
    require_fires(&schedule, &memory, midnight_ms + 3 * HOUR, midnight_ms + 3 * HOUR, 0);
}

static void
what_skip_gave_up_fires_when_its_time_comes_again(void **state)
{
    (void)state;
    struct schedule schedule = {.timetable = nightly, .window_ms = HOUR};
    struct schedule_memory memory = asked_at_midnight(&schedule);
    struct schedule_turn turn;
    schedule_turn(&schedule, &memory, midnight_ms + 4 * HOUR, &turn);
    assert_int_equal(turn.missed, 1);
    require_quiet(&schedule, &memory, midnight_ms + 90 * MINUTE);
    require_fires(&schedule, &memory, midnight_ms + 2 * HOUR, midnight_ms + 2 * HOUR, 0);
}

static void
a_large_step_back_fires_again_what_comes_again(void **state)
{
    (void)state;
    struct schedule schedule = {.timetable = nightly};
    struct schedule_memory memory = asked_at_midnight(&schedule);
    int64_t wrong_ms = midnight_ms + 3650 * DAY;
    require_fires(&schedule, &memory, midnight_ms + 2 * HOUR, midnight_ms + 2 * HOUR, 0);
    struct schedule_turn turn;
    schedule_turn(&schedule, &memory, wrong_ms, &turn);
    require_fires(&schedule, &memory, wrong_ms + 2 * HOUR, wrong_ms + 2 * HOUR, 0);
    schedule_turn(&schedule, &memory, midnight_ms + 5 * HOUR, &turn);
    assert_false(turn.fires);
    assert_true(turn.is_changed);
    assert_int_equal(turn.back_ms, wrong_ms + 2 * HOUR - midnight_ms - 5 * HOUR);
    assert_int_equal(turn.next_ms, midnight_ms + 26 * HOUR);
    require_fires(&schedule, &memory, midnight_ms + 26 * HOUR, midnight_ms + 26 * HOUR, 0);
}

static void
many_missed_firings_are_not_counted_to_their_end(void **state)
{
    (void)state;
    struct schedule schedule = {.timetable = hourly};
    struct schedule_memory memory = asked_at_midnight(&schedule);
    struct schedule_turn turn;
    schedule_turn(&schedule, &memory, midnight_ms + 100000 * DAY + 1, &turn);
    assert_true(turn.fires);
    assert_int_equal(turn.planned_ms, midnight_ms + 100000 * DAY);
    assert_int_equal(turn.missed, SCHEDULE_MISSED_MAX);
}

enum { HOURS = 3000 };

struct record_of_hours {
    int fired[HOURS], told[HOURS];
};

static void
note_turn(struct record_of_hours *record, const struct schedule_turn *turn)
{
    int64_t planned = (turn->planned_ms - midnight_ms) / HOUR;
    if (turn->missed) {
        for (int64_t hour = (turn->missed_first_ms - midnight_ms) / HOUR; hour <= planned; hour++)
            record->told[hour] = 1;
    }
    if (turn->fires) {
        assert_in_range(planned, 1, HOURS - 1);
        assert_int_equal(record->fired[planned], 0);
        record->fired[planned] = 1;
    }
}

// Ticks at random, downtimes, restarts that forget what was not kept, and a clock that is set wrong
// by up to the largest harmless step, either way, and set right again.
static void
play(const struct schedule *schedule, unsigned seed, struct record_of_hours *record)
{
    struct schedule_memory kept = asked_at_midnight(schedule);
    struct schedule_memory memory = kept;
    int64_t offset_ms = 0;
    int64_t true_ms = midnight_ms;
    while (true_ms < midnight_ms + (HOURS - 10) * HOUR) {
        true_ms += rand_r(&seed) % (10 * MINUTE);
        int happening = rand_r(&seed) % 400;
        if (happening == 0)
            true_ms += rand_r(&seed) % (8 * HOUR);
        if (happening == 1 && !offset_ms)
            offset_ms = rand_r(&seed) % (2 * SCHEDULE_BACK_MAX_MS) - SCHEDULE_BACK_MAX_MS;
        else if (happening < 20)
            offset_ms = 0;
        if (happening < 100)
            memory = kept;
        struct schedule_turn turn;
        schedule_turn(schedule, &memory, true_ms + offset_ms, &turn);
        assert_int_equal(turn.back_ms, 0);
        if (turn.is_changed)
            kept = memory;
        note_turn(record, &turn);
    }
}

static void
no_firing_is_doubled_or_lost_whatever_the_clock_does(void **state)
{
    (void)state;
    static const enum schedule_missed rules[] = {SCHEDULE_SKIP, SCHEDULE_ONCE};
    for (unsigned seed = 1; seed <= 40; seed++) {
        struct schedule schedule = {
            .timetable = hourly, .window_ms = 50 * MINUTE, .missed = rules[seed % 2]};
        struct record_of_hours record = {0};
        int given_up = 0;
        play(&schedule, seed, &record);
        for (int64_t hour = 1; hour < HOURS - 10; hour++) {
            assert_true(record.fired[hour] || record.told[hour]);
            given_up += !record.fired[hour];
        }
        assert_true(given_up < HOURS / 4);  // it is down an eighth of the time
    }
}

static void
databases_are_spread_evenly_and_always_the_same(void **state)
{
    (void)state;
    enum { DATABASES = 4000, PARTS = 8 };
    int parts[PARTS] = {0};
    CLEAN(database_destroy) struct database *database = database_new();
    record_set(&database->provider, "aws:main");
    for (int index = 0; index < DATABASES; index++) {
        char id[32];
        snprintf(id, sizeof id, "db-%d", index);
        record_set(&database->resource_id, id);
        int64_t delay_ms = schedule_delay(database, HOUR);
        assert_in_range(delay_ms, 0, HOUR - 1);
        assert_int_equal(schedule_delay(database, HOUR), delay_ms);
        parts[delay_ms * PARTS / HOUR]++;
    }
    for (int part = 0; part < PARTS; part++)
        assert_in_range(parts[part], DATABASES / PARTS * 8 / 10, DATABASES / PARTS * 12 / 10);
    assert_int_equal(schedule_delay(database, 0), 0);
}

static void
a_database_is_due_since_the_first_firing_that_left_it(void **state)
{
    (void)state;
    struct schedule schedule = {.timetable = nightly};
    int64_t planned_ms = midnight_ms + 2 * HOUR;
    CLEAN(database_destroy) struct database *database = database_new();
    database->first_seen_ms = midnight_ms + HOUR;
    assert_int_equal(schedule_due(&schedule, database, planned_ms), planned_ms);
    database->first_seen_ms = midnight_ms - 4 * DAY;  // and no set ever since
    assert_int_equal(schedule_due(&schedule, database, planned_ms), planned_ms - 4 * DAY);
    database->standing.good_ms = planned_ms - 2 * DAY + HOUR;
    assert_int_equal(schedule_due(&schedule, database, planned_ms), planned_ms - DAY);
    database->standing.tried_ms = planned_ms - DAY + HOUR;  // and failed
    assert_int_equal(schedule_due(&schedule, database, planned_ms), planned_ms);
    database->standing.tried_ms = 0;
    database->standing.good_ms = planned_ms - HOUR;
    assert_int_equal(schedule_due(&schedule, database, planned_ms), planned_ms);
    database->standing.good_ms = planned_ms + HOUR;  // of a firing that is made up for
    assert_int_equal(schedule_due(&schedule, database, planned_ms), planned_ms);
}

static void
the_next_firings_of_all_policies_are_listed_in_order(void **state)
{
    (void)state;
    struct schedule schedules[] = {{.timetable = nightly}, {.timetable = hourly}};
    struct schedule_entry entries[5];
    assert_int_equal(schedule_list(schedules, 2, midnight_ms + 30 * MINUTE, entries, 5), 5);
    static const size_t order[] = {1, 0, 1, 1, 1};
    static const int hours[] = {1, 2, 2, 3, 4};
    for (size_t index = 0; index < 5; index++) {
        assert_int_equal(entries[index].index, order[index]);
        assert_int_equal(entries[index].planned_ms, midnight_ms + hours[index] * HOUR);
    }
    assert_int_equal(schedule_list(schedules, 0, midnight_ms, entries, 5), 0);
    assert_int_equal(schedule_list(schedules, 2, INT64_MAX - 1, entries, 5), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_policy_fires_from_then_on),
        cmocka_unit_test(a_restart_within_the_window_fires_with_what_is_left_of_it),
        cmocka_unit_test(after_three_days_skip_fires_nothing_and_tells),
        cmocka_unit_test(after_three_days_once_fires_once_with_a_whole_window),
        cmocka_unit_test(a_window_ends_at_the_latest_with_the_next_firing),
        cmocka_unit_test(without_a_window_a_firing_is_missed_after_an_hour),
        cmocka_unit_test(a_small_step_back_fires_nothing_twice),
        cmocka_unit_test(what_a_step_forward_called_missed_fires_when_its_time_comes_again),
        cmocka_unit_test(what_skip_gave_up_fires_when_its_time_comes_again),
        cmocka_unit_test(a_large_step_back_fires_again_what_comes_again),
        cmocka_unit_test(many_missed_firings_are_not_counted_to_their_end),
        cmocka_unit_test(no_firing_is_doubled_or_lost_whatever_the_clock_does),
        cmocka_unit_test(databases_are_spread_evenly_and_always_the_same),
        cmocka_unit_test(a_database_is_due_since_the_first_firing_that_left_it),
        cmocka_unit_test(the_next_firings_of_all_policies_are_listed_in_order),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
