#include <string.h>

#include "coordinator/job.h"
#include "tests/check.h"

static void
an_assigned_job_runs_under_a_new_token(void **state)
{
    (void)state;
    struct job job = {.state = JOB_QUEUED, .attempt = 4};
    assert_int_equal(job_apply(&job, JOB_ASSIGN), 0);
    assert_int_equal(job.state, JOB_RUNNING);
    assert_int_equal(job.attempt, 5);
}

static void
only_assigning_changes_the_token(void **state)
{
    (void)state;
    struct job job = {.state = JOB_RUNNING, .attempt = 1};
    assert_int_equal(job_apply(&job, JOB_AGAIN), 0);
    assert_int_equal(job.state, JOB_QUEUED);
    assert_int_equal(job.attempt, 1);
}

static void
an_ended_job_takes_no_event(void **state)
{
    (void)state;
    for (int ended = JOB_SUCCEEDED; ended <= JOB_DEFERRED; ended++) {
        for (int event = 0; event < JOB_EVENTS; event++) {
            struct job job = {.state = (enum job_state)ended, .attempt = 3};
            assert_int_equal(job_apply(&job, (enum job_event)event), -1);
            assert_int_equal(job.state, ended);
            assert_int_equal(job.attempt, 3);
        }
    }
}

static void
only_what_has_not_begun_is_deferred(void **state)
{
    (void)state;
    for (int before = 0; before < JOB_STATES; before++) {
        struct job job = {.state = (enum job_state)before};
        assert_int_equal(job_apply(&job, JOB_DEFER), before == JOB_QUEUED ? 0 : -1);
        assert_int_equal(job.state, before == JOB_QUEUED ? JOB_DEFERRED : before);
    }
}

static void
a_cancelled_job_is_never_queued_again(void **state)
{
    (void)state;
    for (int event = 0; event < JOB_EVENTS; event++) {
        struct job job = {.state = JOB_CANCELLING};
        job_apply(&job, (enum job_event)event);
        assert_int_not_equal(job.state, JOB_QUEUED);
        assert_int_not_equal(job.state, JOB_RUNNING);
    }
}

static void
a_result_that_was_faster_than_the_cancel_counts(void **state)
{
    (void)state;
    struct job job = {.state = JOB_CANCELLING};
    assert_int_equal(job_apply(&job, JOB_DONE), 0);
    assert_int_equal(job.state, JOB_SUCCEEDED);
}

static void
an_attempt_stopped_by_its_worker_goes_back(void **state)
{
    (void)state;
    struct job job = {.state = JOB_RUNNING};
    assert_int_equal(job_apply(&job, JOB_STOPPED), 0);
    assert_int_equal(job.state, JOB_QUEUED);
}

static void
a_queued_job_cannot_be_reported_done(void **state)
{
    (void)state;
    struct job job = {.state = JOB_QUEUED};
    assert_int_equal(job_apply(&job, JOB_DONE), -1);
    assert_int_equal(job_apply(&job, JOB_STOPPED), -1);
    assert_int_equal(job_apply(&job, JOB_AGAIN), -1);
    assert_int_equal(job.state, JOB_QUEUED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_assigned_job_runs_under_a_new_token),
        cmocka_unit_test(only_assigning_changes_the_token),
        cmocka_unit_test(an_ended_job_takes_no_event),
        cmocka_unit_test(only_what_has_not_begun_is_deferred),
        cmocka_unit_test(a_cancelled_job_is_never_queued_again),
        cmocka_unit_test(a_result_that_was_faster_than_the_cancel_counts),
        cmocka_unit_test(an_attempt_stopped_by_its_worker_goes_back),
        cmocka_unit_test(a_queued_job_cannot_be_reported_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
