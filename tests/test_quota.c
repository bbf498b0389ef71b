#include "coordinator/quota.h"

#include "common/clean.h"
#include "tests/check.h"

static void
a_name_has_its_own_limit_or_that_of_each(void **state)
{
    (void)state;
    CLEAN(quota_destroy) quota_t *quota = quota_new();
    struct quota_count *early = quota_hold(quota, QUOTA_ACCOUNT, "early");
    quota_set_limit(quota, QUOTA_ACCOUNT, "", 2);
    quota_set_limit(quota, QUOTA_ACCOUNT, "big", 5);
    struct quota_count *big = quota_hold(quota, QUOTA_ACCOUNT, "big");
    struct quota_count *region = quota_hold(quota, QUOTA_REGION, "big");
    assert_int_equal(early->limit, 2);
    assert_int_equal(big->limit, 5);
    assert_int_equal(region->limit, 0);
    quota_set_limit(quota, QUOTA_ACCOUNT, "big", 6);
    quota_set_limit(quota, QUOTA_ACCOUNT, "", 3);
    assert_int_equal(early->limit, 3);
    assert_int_equal(big->limit, 6);
}

static void
there_is_room_until_the_limit_is_taken(void **state)
{
    (void)state;
    CLEAN(quota_destroy) quota_t *quota = quota_new();
    quota_set_limit(quota, QUOTA_SERVER, "", 2);
    assert_true(quota_allows(quota, QUOTA_SERVER, "a"));
    struct quota_count *count = quota_hold(quota, QUOTA_SERVER, "a");
    quota_take(count);
    assert_true(quota_has_room(count));
    quota_take(count);
    assert_false(quota_has_room(count));
    assert_false(quota_allows(quota, QUOTA_SERVER, "a"));
    assert_true(quota_allows(quota, QUOTA_SERVER, "b"));
    assert_int_equal(quota_give(count), 1);
    assert_int_equal(quota_give(count), 0);
    assert_true(quota_has_room(NULL));
}

static void
what_runs_beyond_a_new_limit_goes_on(void **state)
{
    (void)state;
    CLEAN(quota_destroy) quota_t *quota = quota_new();
    struct quota_count *count = quota_hold(quota, QUOTA_STORE, "s");
    for (int taken = 0; taken < 3; taken++)
        quota_take(count);
    quota_set_limit(quota, QUOTA_STORE, "s", 1);
    assert_int_equal(quota_give(count), 0);
    assert_int_equal(quota_give(count), 0);
    assert_false(quota_has_room(count));
    assert_int_equal(quota_give(count), 1);
}

static void
a_count_lives_as_long_as_it_is_held(void **state)
{
    (void)state;
    CLEAN(quota_destroy) quota_t *quota = quota_new();
    struct quota_count *first = quota_hold(quota, QUOTA_SERVER, "a");
    struct quota_count *second = quota_hold(quota, QUOTA_SERVER, "a");
    assert_ptr_equal(first, second);
    quota_drop(quota, &first);
    assert_null(first);
    assert_int_equal(second->holders, 1);
    quota_drop(quota, &second);
    quota_drop(quota, &second);
}

static void
whoever_waits_can_leave_from_any_place(void **state)
{
    (void)state;
    struct quota_line line = {0};
    struct quota_waiter waiters[3] = {0};
    for (int each = 0; each < 3; each++)
        quota_wait(&line, &waiters[each]);
    quota_leave(&waiters[1]);
    quota_leave(&waiters[1]);
    assert_ptr_equal(line.first, &waiters[2]);
    quota_leave(&waiters[2]);
    assert_ptr_equal(line.first, &waiters[0]);
    quota_leave(&waiters[0]);
    assert_null(line.first);
    assert_null(waiters[0].line);
}

static void
limits_are_copied_with_those_of_single_names(void **state)
{
    (void)state;
    CLEAN(quota_destroy) quota_t *from = quota_new();
    CLEAN(quota_destroy) quota_t *quota = quota_new();
    quota_set_limit(from, QUOTA_ACCOUNT, "", 5);
    quota_set_limit(from, QUOTA_ACCOUNT, "12", 9);
    quota_set_limit(quota, QUOTA_ACCOUNT, "13", 1);
    quota_set_limit(quota, QUOTA_STORE, "", 1);
    quota_copy_limits(quota, from);
    assert_int_equal(quota_limit(quota, QUOTA_ACCOUNT, "12"), 9);
    assert_int_equal(quota_limit(quota, QUOTA_ACCOUNT, "13"), 5);
    assert_int_equal(quota_limit(quota, QUOTA_STORE, "x"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_has_its_own_limit_or_that_of_each),
        cmocka_unit_test(there_is_room_until_the_limit_is_taken),
        cmocka_unit_test(what_runs_beyond_a_new_limit_goes_on),
        cmocka_unit_test(a_count_lives_as_long_as_it_is_held),
        cmocka_unit_test(limits_are_copied_with_those_of_single_names),
        cmocka_unit_test(whoever_waits_can_leave_from_any_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
