#include "common/clean.h"
#include "coordinator/fleet.h"
#include "tests/check.h"
#include "tests/fleet_builder.h"

enum { PATIENCE = 1000 };

static void
a_worker_is_found_by_instance_peer_and_name(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    struct worker *a = join(fleet, "a", 2, 0);
    struct worker *b = join(fleet, "b", 2, 0);
    struct sock_peer peer = build_peer("b");
    assert_ptr_equal(fleet_by_instance(fleet, "a"), a);
    assert_ptr_equal(fleet_by_name(fleet, "b"), b);
    assert_ptr_equal(fleet_by_peer(fleet, 0, &peer), b);
    assert_null(fleet_by_peer(fleet, 1, &peer));
    assert_null(fleet_by_instance(fleet, "c"));
}

static void
joining_again_keeps_one_worker_with_nothing_booked(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    struct worker *worker = join(fleet, "a", 2, 0);
    worker->booked = 2;
    assert_int_equal(fleet_free(fleet), 0);
    join(fleet, "a", 3, 1);
    assert_int_equal(fleet_count(fleet), 1);
    assert_int_equal(fleet_free(fleet), 3);
}

static void
a_worker_that_reconnects_is_not_found_at_its_old_peer(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    struct worker *worker = join(fleet, "a", 1, 0);
    struct sock_peer old = worker->peer;
    struct sock_peer new = build_peer("elsewhere");
    fleet_join(fleet, worker->hello, 1, &new, 5);
    assert_null(fleet_by_peer(fleet, 0, &old));
    assert_ptr_equal(fleet_by_peer(fleet, 1, &new), fleet_by_instance(fleet, "a"));
}

static void
only_a_silent_worker_is_lost(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    struct worker *a = join(fleet, "a", 1, 0);
    struct worker *b = join(fleet, "b", 1, 0);
    b->heard_ms = 500;
    assert_null(fleet_silent(fleet, PATIENCE));
    assert_ptr_equal(fleet_silent(fleet, PATIENCE + 1), a);
    a->gone = 1;
    assert_null(fleet_silent(fleet, PATIENCE + 1));
}

static void
a_worker_that_is_gone_or_drains_has_no_room(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    struct worker *a = join(fleet, "a", 1, 0);
    struct worker *b = join(fleet, "b", 2, 0);
    a->gone = 1;
    b->draining = 1;
    assert_int_equal(fleet_free(fleet), 0);
    b->draining = 0;
    assert_int_equal(fleet_free(fleet), 2);
}

static void
burying_removes_just_those_that_are_gone(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    struct worker *a = join(fleet, "a", 1, 0);
    join(fleet, "b", 1, 0);
    struct sock_peer peer = a->peer;
    a->gone = 1;
    fleet_bury(fleet);
    assert_int_equal(fleet_count(fleet), 1);
    assert_null(fleet_by_instance(fleet, "a"));
    assert_null(fleet_by_peer(fleet, 0, &peer));
    assert_non_null(fleet_by_instance(fleet, "b"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_is_found_by_instance_peer_and_name),
        cmocka_unit_test(joining_again_keeps_one_worker_with_nothing_booked),
        cmocka_unit_test(a_worker_that_reconnects_is_not_found_at_its_old_peer),
        cmocka_unit_test(only_a_silent_worker_is_lost),
        cmocka_unit_test(a_worker_that_is_gone_or_drains_has_no_room),
        cmocka_unit_test(burying_removes_just_those_that_are_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
