#include "coordinator/retry.h"
#include "tests/check.h"

static const struct retry_rules rules = {
    .failures_max = 3,
    .delay_ms = 1000,
    .delay_max_ms = 3000,
    .defer_ms = 600,
    .defers_max = 2,
};

static void
a_passing_failure_is_tried_again_until_the_budget_is_spent(void **state)
{
    (void)state;
    int64_t delay_ms = -1;
    assert_int_equal(retry_decide(&rules, FAILURE_AGAIN, 1, 0, &delay_ms), 1);
    assert_int_equal(retry_decide(&rules, FAILURE_AGAIN, 2, 0, &delay_ms), 1);
    assert_int_equal(retry_decide(&rules, FAILURE_AGAIN, 3, 0, &delay_ms), 0);
}

static void
the_wait_grows_and_is_jittered_over_its_whole_span(void **state)
{
    (void)state;
    int64_t delay_ms = -1;
    retry_decide(&rules, FAILURE_AGAIN, 1, 1000, &delay_ms);
    assert_int_equal(delay_ms, 1000);
    retry_decide(&rules, FAILURE_AGAIN, 1, 1001, &delay_ms);
    assert_int_equal(delay_ms, 0);
    retry_decide(&rules, FAILURE_AGAIN, 2, 2000, &delay_ms);
    assert_int_equal(delay_ms, 2000);
    for (uint64_t random = 0; random < 100000; random += 7) {
        struct retry_rules many = rules;
        many.failures_max = 100;
        retry_decide(&many, FAILURE_AGAIN, 90, random, &delay_ms);
        assert_in_range(delay_ms, 0, rules.delay_max_ms);
    }
}

static void
what_somebody_must_mend_is_not_tried_again(void **state)
{
    (void)state;
    int64_t delay_ms = -1;
    assert_int_equal(retry_decide(&rules, FAILURE_ACT, 1, 0, &delay_ms), 0);
    assert_int_equal(delay_ms, -1);
}

static void
a_deferred_job_waits_at_least_its_fixed_time(void **state)
{
    (void)state;
    int64_t delay_ms = -1;
    for (uint64_t random = 0; random < 1000; random++) {
        assert_int_equal(retry_decide(&rules, FAILURE_LATER, 1, random, &delay_ms), 1);
        assert_in_range(delay_ms, 600, 660);
    }
    assert_int_equal(retry_decide(&rules, FAILURE_LATER, 2, 0, &delay_ms), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_passing_failure_is_tried_again_until_the_budget_is_spent),
        cmocka_unit_test(the_wait_grows_and_is_jittered_over_its_whole_span),
        cmocka_unit_test(what_somebody_must_mend_is_not_tried_again),
        cmocka_unit_test(a_deferred_job_waits_at_least_its_fixed_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
