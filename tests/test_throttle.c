// A throttle slows down on signals, lets go when they are low, and never stops.

#include "worker/engine/throttle.h"

#include <string.h>

#include "tests/check.h"

enum { SECOND = 1000 };

static const struct throttle_limits limits = {
    .at_most = {[THROTTLE_RUNNING] = 20, [THROTTLE_LAG] = 30 * SECOND},
    .pause_limit_ms = 60 * SECOND,
};

// Gives one value each second, from *now_ms on; returns the last answer.
static struct throttle_answer
take_for(struct throttle *throttle, enum throttle_signal signal, int64_t value, int seconds,
         int64_t *now_ms)
{
    struct throttle_answer answer = {0};
    struct throttle_sample sample = throttle_unknown();
    sample.values[signal] = value;
    for (int i = 0; i < seconds; i++) {
        answer = *throttle_take(throttle, &sample, *now_ms);
        assert_true(answer.connections >= 1);
        assert_true(answer.pause_ms <= THROTTLE_PAUSE_MS);
        *now_ms += SECOND;
    }
    return answer;
}

static void
below_its_limits_nothing_is_slowed(void **state)
{
    (void)state;
    char text[THROTTLE_TEXT_SIZE];
    int64_t now_ms = 5000;
    struct throttle throttle = throttle_at(&limits, 8);
    struct throttle_answer answer = take_for(&throttle, THROTTLE_RUNNING, 20, 100, &now_ms);
    assert_int_equal(answer.connections, 8);
    assert_int_equal(answer.pause_ms, 0);
    assert_int_equal(throttle_tell(&throttle, text), 0);
    assert_string_equal(text, "");
}

static void
a_signal_above_its_limit_halves_and_then_rests(void **state)
{
    (void)state;
    int64_t now_ms = 0;
    struct throttle throttle = throttle_at(&limits, 8);
    // At once, and then only after what was done could show.
    assert_int_equal(take_for(&throttle, THROTTLE_LAG, 30001, 1, &now_ms).connections, 4);
    assert_int_equal(take_for(&throttle, THROTTLE_LAG, 30001, 1, &now_ms).connections, 4);
    assert_int_equal(take_for(&throttle, THROTTLE_LAG, 30001, 1, &now_ms).connections, 2);
    struct throttle_answer answer = take_for(&throttle, THROTTLE_LAG, 30001, 2, &now_ms);
    assert_int_equal(answer.connections, 1);
    assert_int_equal(answer.pause_ms, 0);
    answer = take_for(&throttle, THROTTLE_LAG, 30001, 2, &now_ms);
    assert_int_equal(answer.connections, 1);
    assert_int_equal(answer.pause_ms, 100);
    answer = take_for(&throttle, THROTTLE_LAG, 30001, 20, &now_ms);
    assert_int_equal(answer.pause_ms, THROTTLE_PAUSE_MS);
}

static void
between_low_and_high_all_stays(void **state)
{
    (void)state;
    int64_t now_ms = 0;
    struct throttle throttle = throttle_at(&limits, 4);
    take_for(&throttle, THROTTLE_RUNNING, 21, 1, &now_ms);
    assert_int_equal(take_for(&throttle, THROTTLE_RUNNING, 16, 300, &now_ms).connections, 2);
    assert_int_equal(take_for(&throttle, THROTTLE_RUNNING, 20, 300, &now_ms).connections, 2);
    // Three quarters: one more now, and one more only after a while.
    assert_int_equal(take_for(&throttle, THROTTLE_RUNNING, 15, 1, &now_ms).connections, 3);
    assert_int_equal(take_for(&throttle, THROTTLE_RUNNING, 15, 4, &now_ms).connections, 3);
    assert_int_equal(take_for(&throttle, THROTTLE_RUNNING, 15, 1, &now_ms).connections, 4);
    assert_int_equal(take_for(&throttle, THROTTLE_RUNNING, 0, 50, &now_ms).connections, 4);
}

static void
rests_end_before_connections_come_back(void **state)
{
    (void)state;
    int64_t now_ms = 0;
    struct throttle throttle = throttle_at(&limits, 2);
    struct throttle_answer answer = take_for(&throttle, THROTTLE_RUNNING, 50, 7, &now_ms);
    assert_int_equal(answer.pause_ms, 400);
    answer = take_for(&throttle, THROTTLE_RUNNING, 1, 14, &now_ms);
    assert_int_equal(answer.connections, 1);
    assert_int_equal(answer.pause_ms, 100);
    answer = take_for(&throttle, THROTTLE_RUNNING, 1, 10, &now_ms);
    assert_int_equal(answer.connections, 2);
    assert_int_equal(answer.pause_ms, 0);
}

static void
a_limit_of_one_can_be_low(void **state)
{
    (void)state;
    const struct throttle_limits one = {.at_most = {[THROTTLE_LONG] = 1}};
    int64_t now_ms = 0;
    struct throttle throttle = throttle_at(&one, 2);
    assert_int_equal(take_for(&throttle, THROTTLE_LONG, 2, 1, &now_ms).connections, 1);
    assert_int_equal(take_for(&throttle, THROTTLE_LONG, 1, 60, &now_ms).connections, 1);
    assert_int_equal(take_for(&throttle, THROTTLE_LONG, 0, 1, &now_ms).connections, 2);
}

static void
all_rests_together_are_bounded(void **state)
{
    (void)state;
    char text[THROTTLE_TEXT_SIZE];
    int64_t now_ms = 0;
    struct throttle throttle = throttle_at(&limits, 2);
    struct throttle_answer answer = take_for(&throttle, THROTTLE_RUNNING, 99, 600, &now_ms);
    assert_int_equal(answer.connections, 1);
    assert_int_equal(answer.pause_ms, 0);
    assert_in_range(throttle.paused_ms, 60 * SECOND, 61 * SECOND);
    assert_int_equal(throttle_tell(&throttle, text), 1);
    assert_string_equal(text, "slowed down for 599 s, resting in 60 s of them (as long as its "
                              "policy allows), because of running (599 s)");
}

static void
without_a_limit_of_rests_it_never_rests(void **state)
{
    (void)state;
    struct throttle_limits restless = limits;
    int64_t now_ms = 0;
    restless.pause_limit_ms = 0;
    struct throttle throttle = throttle_at(&restless, 1);
    assert_int_equal(take_for(&throttle, THROTTLE_RUNNING, 99, 100, &now_ms).pause_ms, 0);
}

static void
what_is_not_known_or_not_limited_decides_nothing(void **state)
{
    (void)state;
    int64_t now_ms = 0;
    struct throttle throttle = throttle_at(&limits, 4);
    assert_int_equal(take_for(&throttle, THROTTLE_LONG, 1000, 20, &now_ms).connections, 4);
    take_for(&throttle, THROTTLE_RUNNING, 21, 1, &now_ms);
    // Nothing is told any more: who cannot see neither slows down nor speeds up.
    assert_int_equal(take_for(&throttle, THROTTLE_RUNNING, -1, 600, &now_ms).connections, 2);
    // The lag is not told, and holds nothing up.
    assert_int_equal(take_for(&throttle, THROTTLE_RUNNING, 2, 30, &now_ms).connections, 4);
}

static void
who_sees_nothing_any_more_goes_on_at_full_speed(void **state)
{
    (void)state;
    char text[THROTTLE_TEXT_SIZE];
    int64_t now_ms = 0;
    struct throttle throttle = throttle_at(&limits, 4);
    assert_true(take_for(&throttle, THROTTLE_RUNNING, 99, 10, &now_ms).pause_ms > 0);
    const struct throttle_answer *answer = throttle_lose(&throttle, now_ms);
    assert_int_equal(answer->connections, 4);
    assert_int_equal(answer->pause_ms, 0);
    // The time without samples was not slow, and a new one slows down again.
    int64_t slowed_ms = throttle.slowed_ms;
    now_ms += 1000 * SECOND;
    assert_int_equal(take_for(&throttle, THROTTLE_RUNNING, 99, 1, &now_ms).connections, 2);
    assert_true(throttle.slowed_ms - slowed_ms < 5 * SECOND);
    assert_int_equal(throttle_tell(&throttle, text), 1);
}

static void
each_cause_is_told_with_its_time(void **state)
{
    (void)state;
    char text[THROTTLE_TEXT_SIZE];
    int64_t now_ms = 0;
    struct throttle throttle = throttle_at(&limits, 2);
    take_for(&throttle, THROTTLE_RUNNING, 30, 3, &now_ms);
    take_for(&throttle, THROTTLE_LAG, 40 * SECOND, 4, &now_ms);
    take_for(&throttle, THROTTLE_LAG, 0, 100, &now_ms);
    assert_int_equal(throttle_tell(&throttle, text), 1);
    assert_non_null(strstr(text, "because of running (3 s), replica_lag ("));
    assert_null(strstr(text, "long_queries"));
}

static void
limits_are_wanted_if_there_is_one(void **state)
{
    (void)state;
    struct throttle_limits none = {.pause_limit_ms = 5};
    assert_false(throttle_is_wanted(&none));
    assert_true(throttle_is_wanted(&limits));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(below_its_limits_nothing_is_slowed),
        cmocka_unit_test(a_signal_above_its_limit_halves_and_then_rests),
        cmocka_unit_test(between_low_and_high_all_stays),
        cmocka_unit_test(rests_end_before_connections_come_back),
        cmocka_unit_test(a_limit_of_one_can_be_low),
        cmocka_unit_test(all_rests_together_are_bounded),
        cmocka_unit_test(without_a_limit_of_rests_it_never_rests),
        cmocka_unit_test(what_is_not_known_or_not_limited_decides_nothing),
        cmocka_unit_test(who_sees_nothing_any_more_goes_on_at_full_speed),
        cmocka_unit_test(each_cause_is_told_with_its_time),
        cmocka_unit_test(limits_are_wanted_if_there_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
