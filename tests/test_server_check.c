// Checks as the coordinator deals with them: somebody waits for the answer.

#include <string.h>

#include "tests/server_scene.h"

static const char *
message_of(struct scene *scene, uint64_t run_id, const char *state)
{
    const Wire__Answer *answer = operator_list(&scene->people, "jobs", "run", run_id);
    assert_string_equal(answer_cell(answer, 0, "state"), state);
    return answer_cell(answer, 0, "message");
}

static void
report(struct speaker *worker, const Wire__Envelope *run, Wire__Outcome outcome, const char *text)
{
    Wire__Done done = WIRE__DONE__INIT;
    done.outcome = outcome;
    done.failure_class = WIRE__FAILURE_CLASS__FAILURE_TRY_AGAIN;
    done.message = (char *)(uintptr_t)text;
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    message.job_id = run->job_id;
    message.attempt = run->attempt;
    message.body_case = WIRE__ENVELOPE__BODY_DONE;
    message.done = &done;
    speaker_say(worker, WIRE_FROM_WORKER, &message);
    assert_true(worker_acked(worker));
}

static void
a_check_says_where_sets_would_go(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = operator_check(&scene->people, "a");
    const Wire__Envelope *run = worker_run(&scene->worker);
    assert_int_equal(run->run->task_case, WIRE__RUN__TASK_CHECK);
    assert_string_equal(run->run->check->store, "directory:1");
    assert_int_equal(strncmp(run->run->check->path, "dbhaul/", 7), 0);
    assert_non_null(strstr(run->run->check->path, "/d1"));
    assert_true(run->run->time_limit_ms <= 600000);
    report(&scene->worker, run, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "note content: all there");
    assert_string_equal(message_of(scene, run_id, "succeeded"),
                        "note content: all there\n"
                        "note placement: worker 'worker-1' can take its backup");
}

static void
a_check_that_failed_is_not_tried_again(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = operator_check(&scene->people, "a");
    report(&scene->worker, worker_run(&scene->worker), WIRE__OUTCOME__OUTCOME_FAILED,
           "reach: away");
    assert_string_equal(message_of(scene, run_id, "failed"), "reach: away");
}

static void
a_check_that_no_worker_fits_goes_to_one_all_the_same(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = operator_check(&scene->people, "pg");
    report(&scene->worker, worker_run(&scene->worker), WIRE__OUTCOME__OUTCOME_FAILED,
           "grants: denied");
    assert_string_equal(message_of(scene, run_id, "failed"),
                        "placement: worker 'worker-1': it has no pg_dump 15 or newer\n"
                        "grants: denied");
}

static void
what_the_worker_finds_well_may_fail_for_its_place(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = operator_check(&scene->people, "pg");
    report(&scene->worker, worker_run(&scene->worker), WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
    assert_string_equal(message_of(scene, run_id, "failed"),
                        "placement: worker 'worker-1': it has no pg_dump 15 or newer");
}

static int
set_up_alone(void **state)
{
    struct scene *scene = memory_get(sizeof *scene);
    coordinator_make(&scene->coordinator, scene_inventory, "10m");
    speaker_open(&scene->people, &scene->coordinator, "operator");
    *state = scene;
    return 0;
}

static void
without_a_worker_a_check_ends_soon(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = operator_check(&scene->people, "a");
    await_run_state(&scene->people, run_id, "failed");
    assert_string_equal(message_of(scene, run_id, "failed"), "placement: no worker is connected");
}

int
main(void)
{
    sock_prepare(1);
    const struct CMUnitTest tests[] = {
        TEST(a_check_says_where_sets_would_go),
        TEST(a_check_that_failed_is_not_tried_again),
        TEST(a_check_that_no_worker_fits_goes_to_one_all_the_same),
        TEST(what_the_worker_finds_well_may_fail_for_its_place),
        cmocka_unit_test_setup_teardown(without_a_worker_a_check_ends_soon, set_up_alone,
                                        scene_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
