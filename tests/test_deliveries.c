#include "coordinator/deliveries.h"

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static const int64_t start_ms = 1767225600000, hour_ms = 3600000, day_ms = 86400000;

// Puts delivery `number` for the target on its way; returns what has to go for it.
static struct delivery *
add(deliveries_t *deliveries, const char *target, int number, const struct delivery **heir)
{
    char id[32];
    struct delivery *delivery = delivery_new(), *dropped = NULL;
    snprintf(id, sizeof id, "%s-%d", target, number);
    record_set(&delivery->id, id);
    record_set(&delivery->target, target);
    delivery->at_ms = start_ms + number;
    delivery->is_written = 1;
    deliveries_add(deliveries, &delivery, &dropped, heir);
    assert_null(delivery);
    return dropped;
}

static const char *
due(deliveries_t *deliveries, const char *target, int64_t at_ms)
{
    struct delivery *delivery = deliveries_due(deliveries, target, at_ms);
    return delivery ? delivery->id : "";
}

static void
the_oldest_that_is_written_goes_first_and_alone(void **state)
{
    (void)state;
    const struct delivery *heir = NULL;
    CLEAN(deliveries_destroy) deliveries_t *deliveries = deliveries_new();
    assert_null(add(deliveries, "mail", 1, &heir));
    assert_null(add(deliveries, "hook", 1, &heir));
    assert_null(add(deliveries, "mail", 2, &heir));
    deliveries_find(deliveries, "mail-1")->is_written = 0;
    assert_string_equal(due(deliveries, "mail", start_ms), "mail-2");
    deliveries_find(deliveries, "mail-1")->is_written = 1;
    assert_string_equal(due(deliveries, "mail", start_ms), "mail-1");
    deliveries_find(deliveries, "mail-1")->is_under_way = 1;
    assert_string_equal(due(deliveries, "mail", start_ms), "");
    assert_string_equal(due(deliveries, "hook", start_ms), "hook-1");
    assert_string_equal(due(deliveries, "nobody", start_ms), "");
    CLEAN(delivery_destroy)
    struct delivery *taken = deliveries_take(deliveries, deliveries_find(deliveries, "mail-1"));
    assert_string_equal(due(deliveries, "mail", start_ms), "mail-2");
    assert_null(deliveries_find(deliveries, "mail-1"));
    assert_int_equal(deliveries_waiting(deliveries, "mail"), 1);
}

static void
one_that_waits_for_its_next_try_holds_up_no_other(void **state)
{
    (void)state;
    const struct delivery *heir = NULL;
    CLEAN(deliveries_destroy) deliveries_t *deliveries = deliveries_new();
    add(deliveries, "mail", 1, &heir);
    add(deliveries, "mail", 2, &heir);
    struct delivery *first = deliveries_due(deliveries, "mail", start_ms);
    first->is_under_way = 1;
    assert_true(deliveries_again(first, start_ms, -1, day_ms, 0));
    assert_string_equal(due(deliveries, "mail", start_ms), "mail-2");
    assert_string_equal(due(deliveries, "mail", start_ms + hour_ms), "mail-1");
}

static void
waits_grow_to_a_limit_with_jitter(void **state)
{
    (void)state;
    static const int64_t least_s[] = {5, 10, 20, 40, 80, 160, 300, 300, 300};
    CLEAN(delivery_destroy) struct delivery *low = delivery_new();
    CLEAN(delivery_destroy) struct delivery *high = delivery_new();
    low->at_ms = high->at_ms = start_ms;
    for (size_t index = 0; index < sizeof least_s / sizeof *least_s; index++) {
        assert_true(deliveries_again(low, start_ms, -1, day_ms, 0));
        assert_true(deliveries_again(high, start_ms, -1, day_ms, (uint64_t)least_s[index] * 1000));
        assert_int_equal(low->next_ms - start_ms, least_s[index] * 1000);
        assert_int_equal(high->next_ms - start_ms, least_s[index] * 2000);
    }
    assert_int_equal(low->tries, sizeof least_s / sizeof *least_s);
}

static void
what_the_other_side_asks_for_is_heard_within_limits(void **state)
{
    (void)state;
    CLEAN(delivery_destroy) struct delivery *delivery = delivery_new();
    delivery->at_ms = start_ms;
    deliveries_again(delivery, start_ms, 120000, day_ms, 0);
    assert_int_equal(delivery->next_ms, start_ms + 120000);
    deliveries_again(delivery, start_ms, 10 * day_ms, day_ms, 0);
    assert_int_equal(delivery->next_ms, start_ms + hour_ms);
    deliveries_again(delivery, start_ms, 0, day_ms, 0);
    assert_int_equal(delivery->next_ms, start_ms + 20000);
}

static void
a_message_is_given_up_after_its_time(void **state)
{
    (void)state;
    CLEAN(delivery_destroy) struct delivery *delivery = delivery_new();
    delivery->at_ms = start_ms;
    assert_true(deliveries_again(delivery, start_ms + day_ms - 1, -1, day_ms, 0));
    assert_int_equal(delivery->next_ms, start_ms + day_ms);
    assert_false(deliveries_again(delivery, start_ms + day_ms, -1, day_ms, 0));
}

static void
a_clock_that_goes_back_delays_by_an_hour_at_most(void **state)
{
    (void)state;
    const struct delivery *heir = NULL;
    int64_t back_ms = start_ms - 100 * day_ms;
    CLEAN(deliveries_destroy) deliveries_t *deliveries = deliveries_new();
    add(deliveries, "mail", 1, &heir);
    deliveries_find(deliveries, "mail-1")->next_ms = start_ms;
    assert_string_equal(due(deliveries, "mail", back_ms), "");
    assert_string_equal(due(deliveries, "mail", back_ms + hour_ms), "mail-1");
    struct delivery *delivery = deliveries_find(deliveries, "mail-1");
    assert_true(deliveries_again(delivery, back_ms, -1, day_ms, 0));
    assert_false(deliveries_again(delivery, back_ms + day_ms, -1, day_ms, 0));
}

static void
too_many_are_merged_into_the_next_oldest(void **state)
{
    (void)state;
    const struct delivery *heir = NULL;
    CLEAN(deliveries_destroy) deliveries_t *deliveries = deliveries_new();
    for (int number = 0; number < DELIVERIES_MAX; number++) {
        assert_null(add(deliveries, "mail", number, &heir));
        assert_null(heir);
    }
    assert_null(add(deliveries, "hook", 0, &heir));
    deliveries_find(deliveries, "mail-0")->is_under_way = 1;
    for (int number = 1; number <= 3; number++) {
        char id[32];
        CLEAN(delivery_destroy)
        struct delivery *dropped = add(deliveries, "mail", DELIVERIES_MAX + number, &heir);
        snprintf(id, sizeof id, "mail-%d", number);
        assert_string_equal(dropped->id, id);
        snprintf(id, sizeof id, "mail-%d", number + 1);
        assert_string_equal(heir->id, id);
        assert_int_equal(heir->merged, number);
    }
    assert_int_equal(deliveries_waiting(deliveries, "mail"), DELIVERIES_MAX);
    assert_non_null(deliveries_find(deliveries, "mail-0"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_that_is_written_goes_first_and_alone),
        cmocka_unit_test(one_that_waits_for_its_next_try_holds_up_no_other),
        cmocka_unit_test(waits_grow_to_a_limit_with_jitter),
        cmocka_unit_test(what_the_other_side_asks_for_is_heard_within_limits),
        cmocka_unit_test(a_message_is_given_up_after_its_time),
        cmocka_unit_test(a_clock_that_goes_back_delays_by_an_hour_at_most),
        cmocka_unit_test(too_many_are_merged_into_the_next_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
