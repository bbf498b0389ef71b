// timeout: 240
// The coordinator as a whole: the real program, against which the tests play workers and
// operators over its own sockets. The plain way, messages twice and from the past, failures.

#include "common/clock.h"
#include "coordinator/record.h"
#include "tests/server_scene.h"

// ---- the plain way

static void
a_backup_is_run_acknowledged_and_listed(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = operator_backup(&scene->people, "a");
    const Wire__Envelope *run = worker_run(&scene->worker);
    assert_true(run->epoch > 0);
    assert_int_equal(run->attempt, 1);
    assert_string_equal(run->run->backup->source->secret, "s");
    assert_string_equal(run->run->backup->store, "directory:1");
    report_success(&scene->worker, run);
    assert_true(worker_acked(&scene->worker));
    const Wire__Answer *answer = operator_list(&scene->people, "run", "run", run_id);
    assert_string_equal(answer_cell(answer, 0, "state"), "succeeded");
    answer = operator_list(&scene->people, "backups", NULL, 0);
    assert_int_equal(answer->table->n_rows, 1);
    assert_string_equal(answer_cell(answer, 0, "state"), "good");
    assert_string_equal(answer_cell(answer, 0, "size"), "5000");
}

static void
what_cannot_be_backed_up_is_skipped_with_a_reason(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = operator_backup(&scene->people, "old");
    const Wire__Answer *answer = operator_list(&scene->people, "run", "run", run_id);
    assert_string_equal(answer_cell(answer, 0, "skipped"), "1");
    assert_string_equal(answer_cell(answer, 0, "state"), "succeeded");
    answer = operator_list(&scene->people, "skipped", "run", run_id);
    assert_string_equal(answer_cell(answer, 0, "reason"), "the engine 'oracle' is not supported");
}

// ---- every message twice, and from the past

static void
a_report_that_comes_twice_counts_once(void **state)
{
    struct scene *scene = *state;
    operator_backup(&scene->people, "a");
    const Wire__Envelope *run = worker_run(&scene->worker);
    uint64_t job_id = run->job_id;
    CLEAN(memory_free) char *path = memory_copy_text(run->run->backup->path);
    for (int count = 0; count < 3; count++)
        worker_done(&scene->worker, job_id, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED,
                    WIRE__FAILURE_CLASS__FAILURE_UNSPECIFIED, path);
    for (int count = 0; count < 3; count++)
        worker_acked(&scene->worker);
    assert_int_equal(operator_list(&scene->people, "backups", NULL, 0)->table->n_rows, 1);
}

static void
an_old_token_is_refused(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = operator_backup(&scene->people, "a");
    uint64_t job_id = worker_run(&scene->worker)->job_id;
    worker_done(&scene->worker, job_id, 7, WIRE__OUTCOME__OUTCOME_SUCCEEDED,
                WIRE__FAILURE_CLASS__FAILURE_UNSPECIFIED, "x");
    assert_false(worker_acked(&scene->worker));
    worker_beat(&scene->worker, job_id, 7);
    const Wire__Envelope *cancel =
        speaker_hear(&scene->worker, WIRE_FROM_COORDINATOR, WIRE__ENVELOPE__BODY_CANCEL);
    assert_int_equal(cancel->attempt, 7);
    const Wire__Answer *answer = operator_list(&scene->people, "run", "run", run_id);
    assert_string_equal(answer_cell(answer, 0, "state"), "running");
}

static void
only_who_holds_an_attempt_may_report_it(void **state)
{
    struct scene *scene = *state;
    operator_backup(&scene->people, "a");
    const Wire__Envelope *run = worker_run(&scene->worker);
    worker_open(&scene->second, &scene->coordinator, "worker-2", 1);
    report_success(&scene->second, run);
    assert_false(worker_acked(&scene->second));
    assert_int_equal(operator_list(&scene->people, "backups", NULL, 0)->table->n_rows, 0);
}

static void
a_set_that_was_not_asked_for_is_refused(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = operator_backup(&scene->people, "a");
    const Wire__Envelope *run = worker_run(&scene->worker);
    worker_done(&scene->worker, run->job_id, run->attempt, WIRE__OUTCOME__OUTCOME_SUCCEEDED,
                WIRE__FAILURE_CLASS__FAILURE_UNSPECIFIED, "somewhere/else");
    await_run_state(&scene->people, run_id, "failed");
    assert_int_equal(operator_list(&scene->people, "backups", NULL, 0)->table->n_rows, 0);
}

static void
a_run_that_was_lost_on_its_way_is_sent_again(void **state)
{
    struct scene *scene = *state;
    operator_backup(&scene->people, "a");
    uint64_t job_id = worker_run(&scene->worker)->job_id;
    const Wire__Envelope *again = NULL;
    struct error error = {0};
    for (long end = now_ms() + PATIENCE_MS; !again && now_ms() < end; poll(NULL, 0, 50)) {
        CLEAN(memory_free) uint8_t *data = NULL;
        size_t size = 0;
        const Wire__Envelope *message = NULL;
        worker_beat(&scene->worker, 0, 0);
        while (!again && sock_receive(scene->worker.sock, NULL, &data, &size, &error) == 0) {
            assert_int_equal(wire_unpack(scene->worker.decoder, data, size, WIRE_FROM_COORDINATOR,
                                         &message, &error),
                             0);
            if (message->body_case == WIRE__ENVELOPE__BODY_RUN)
                again = message;
            memory_free(&data);
        }
    }
    assert_non_null(again);
    assert_int_equal(again->job_id, job_id);
    assert_int_equal(again->attempt, 1);
}

// ---- failures

static void
a_passing_failure_is_tried_again_under_a_new_token(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = operator_backup(&scene->people, "a");
    report_failure(&scene->worker, worker_run(&scene->worker),
                   WIRE__FAILURE_CLASS__FAILURE_TRY_AGAIN);
    const Wire__Envelope *run = worker_run(&scene->worker);
    uint64_t job_id = run->job_id;
    assert_int_equal(run->attempt, 2);
    report_failure(&scene->worker, run, WIRE__FAILURE_CLASS__FAILURE_TRY_AGAIN);
    await_run_state(&scene->people, run_id, "failed");
    const Wire__Answer *answer = operator_list(&scene->people, "jobs", "run", run_id);
    assert_string_equal(answer_cell(answer, 0, "message"), "it broke");
    assert_string_equal(answer_cell(answer, 0, "failures"), "2");
    // The job began when its newest attempt did.
    CLEAN(memory_free) char *started = memory_copy_text(answer_cell(answer, 0, "started"));
    answer = operator_list(&scene->people, "attempts", "job", job_id);
    assert_string_equal(answer_cell(answer, 0, "attempt"), "2");
    assert_string_equal(answer_cell(answer, 0, "started"), started);
    assert_string_not_equal(answer_cell(answer, 1, "started"), started);
}

static void
what_somebody_must_mend_fails_at_once(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = operator_backup(&scene->people, "a");
    report_failure(&scene->worker, worker_run(&scene->worker),
                   WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT);
    await_run_state(&scene->people, run_id, "failed");
    const Wire__Answer *answer = operator_list(&scene->people, "jobs", "run", run_id);
    assert_string_equal(answer_cell(answer, 0, "attempt"), "1");
}

static void
a_job_whose_worker_falls_silent_goes_to_another(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = operator_backup(&scene->people, "a");
    uint64_t job_id = worker_run(&scene->worker)->job_id;
    worker_open(&scene->second, &scene->coordinator, "worker-2", 1);
    const Wire__Envelope *run = NULL;
    struct error error = {0};
    for (long end = now_ms() + PATIENCE_MS; !run && now_ms() < end; poll(NULL, 0, 20)) {
        CLEAN(memory_free) uint8_t *data = NULL;
        size_t size = 0;
        const Wire__Envelope *message = NULL;
        worker_beat(&scene->second, 0, 0);
        if (sock_receive(scene->second.sock, NULL, &data, &size, &error))
            continue;
        assert_int_equal(
            wire_unpack(scene->second.decoder, data, size, WIRE_FROM_COORDINATOR, &message, &error),
            0);
        if (message->body_case == WIRE__ENVELOPE__BODY_RUN)
            run = message;
    }
    assert_non_null(run);
    assert_int_equal(run->job_id, job_id);
    assert_int_equal(run->attempt, 2);
    report_success(&scene->second, run);
    assert_true(worker_acked(&scene->second));

    // The first one comes back from the dead.
    worker_ready(&scene->worker, "worker-1", "boot-1", 4, NULL, 0);
    worker_done(&scene->worker, job_id, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED,
                WIRE__FAILURE_CLASS__FAILURE_UNSPECIFIED, "x");
    assert_false(worker_acked(&scene->worker));
    await_run_state(&scene->people, run_id, "succeeded");
    assert_int_equal(operator_list(&scene->people, "backups", NULL, 0)->table->n_rows, 1);
}

static void
a_worker_that_stops_gives_its_job_back(void **state)
{
    struct scene *scene = *state;
    operator_backup(&scene->people, "a");
    const Wire__Envelope *run = worker_run(&scene->worker);
    worker_open(&scene->second, &scene->coordinator, "worker-2", 1);
    worker_done(&scene->worker, run->job_id, run->attempt, WIRE__OUTCOME__OUTCOME_CANCELLED,
                WIRE__FAILURE_CLASS__FAILURE_UNSPECIFIED, NULL);
    assert_true(worker_acked(&scene->worker));
    const Wire__Answer *answer = operator_list(&scene->people, "progress", NULL, 0);
    assert_string_equal(answer_cell(answer, 0, "state"), "queued");
}

// By the operator's terms.
static void
a_report_is_narrowed_to_a_period(void **state)
{
    struct scene *scene = *state;
    worker_ready(&scene->worker, "worker-1", "boot-1", 4, NULL, 0);
    uint64_t run_id = operator_backup(&scene->people, "a");
    report_success(&scene->worker, worker_run(&scene->worker));
    await_run_state(&scene->people, run_id, "succeeded");
    const uint64_t now_ms = (uint64_t)clock_unix_ms(), hour_ms = 3600000;
    const struct {
        const char *key;
        uint64_t unix_ms;
        size_t rows;
    } rows[] = {{"from", now_ms - hour_ms, 1},
                {"from", now_ms + hour_ms, 0},
                {"until", now_ms + hour_ms, 1},
                {"until", now_ms - hour_ms, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const Wire__Answer *answer =
            operator_list(&scene->people, "report", rows[i].key, rows[i].unix_ms);
        assert_int_equal(answer->table->n_rows, rows[i].rows);
    }
}

// ---- nobody can take it

static int
set_up_impatient(void **state)
{
    struct scene *scene = memory_get(sizeof *scene);
    coordinator_make(&scene->coordinator, scene_inventory, "1s");
    worker_open(&scene->worker, &scene->coordinator, "worker-1", 4);
    speaker_open(&scene->people, &scene->coordinator, "operator");
    *state = scene;
    return 0;
}

static void
a_job_that_nobody_can_take_fails_and_says_why(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = operator_backup(&scene->people, "pg");
    WAIT_UNTIL(({
        worker_beat(&scene->worker, 0, 0);
        const Wire__Answer *answer = operator_list(&scene->people, "run", "run", run_id);
        strcmp(answer_cell(answer, 0, "state"), "failed") == 0;
    }));
    const Wire__Answer *answer = operator_list(&scene->people, "jobs", "run", run_id);
    assert_string_equal(answer_cell(answer, 0, "message"),
                        "no worker can take it: worker 'worker-1': it has no pg_dump 15 or newer");
}

// Reports are of attempts.
static void
a_job_that_nobody_took_has_attempt_0(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = operator_backup(&scene->people, "pg");
    operator_cancel(&scene->people, 0, run_id);
    await_run_state(&scene->people, run_id, "cancelled");
    const Wire__Answer *answer = operator_list(&scene->people, "attempts", NULL, 0);
    assert_int_equal(answer->table->n_rows, 1);
    assert_string_equal(answer_cell(answer, 0, "attempt"), "0");
    assert_string_equal(answer_cell(answer, 0, "outcome"), "cancelled");
    assert_string_equal(answer_cell(answer, 0, "worker"), "");
    assert_non_null(strstr(answer_cell(answer, 0, "message"), "cancelled by "));
    assert_string_not_equal(answer_cell(answer, 0, "ended"), "");

    run_id = operator_backup(&scene->people, "pg");
    WAIT_UNTIL(({
        worker_beat(&scene->worker, 0, 0);
        answer = operator_list(&scene->people, "run", "run", run_id);
        strcmp(answer_cell(answer, 0, "state"), "failed") == 0;
    }));
    answer = operator_list(&scene->people, "attempts", NULL, 0);
    assert_int_equal(answer->table->n_rows, 2);
    assert_string_equal(answer_cell(answer, 0, "attempt"), "0");
    assert_string_equal(answer_cell(answer, 0, "outcome"), "failed");
    assert_string_equal(answer_cell(answer, 0, "class"), "somebody must act");
    assert_non_null(strstr(answer_cell(answer, 0, "message"), "no worker can take it"));
}

static void
a_second_coordinator_on_the_same_catalog_is_refused(void **state)
{
    struct scene *scene = *state;
    struct error error = {0};
    struct process_end end = {0};
    CLEAN(memory_free)
    char *config = memory_format("%s/coordinator.yaml", scene->coordinator.folder);
    CLEAN(folder_destroy) char *elsewhere = folder_new();
    const char *argv[] = {scene->coordinator.program, "--config", config,
                          "--endpoint-folder",        elsewhere,  NULL};
    struct process_options options = {.argv = argv};
    CLEAN(process_destroy) process_t *process = NULL;
    assert_int_equal(process_start(&process, &options, &error), 0);
    assert_int_equal(process_wait(process, PATIENCE_MS, &end, &error), 0);
    assert_int_not_equal(end.exit_code, 0);
    assert_non_null(strstr(end.stderr_text, "catalog"));
}

enum { ESTATE = 100 };

static void
write_estate(const struct scene *scene, int first)
{
    CLEAN(memory_free) char *text = memory_copy_text("databases:\n");
    for (int number = 0; number < ESTATE; number++) {
        char *longer = memory_format("%s  - {id: n%d, name: n%d, engine: mysql, version: 8.0.36, "
                                     "host: n.example, secret: s}\n",
                                     text, first + number, first + number);
        memory_free(&text);
        text = longer;
    }
    CLEAN(memory_free)
    char *path = folder_write(scene->coordinator.folder, "inventory.yaml", 0600, text);
}

static void
say_discover(struct scene *scene, uint64_t request)
{
    Wire__Discover discover = WIRE__DISCOVER__INIT;
    Wire__Ask ask = WIRE__ASK__INIT;
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    ask.what_case = WIRE__ASK__WHAT_DISCOVER;
    ask.discover = &discover;
    ask.request_id = request;
    message.body_case = WIRE__ENVELOPE__BODY_ASK;
    message.ask = &ask;
    speaker_say(&scene->people, WIRE_FROM_OPERATOR, &message);
}

// Not what one that was under way read before.
static void
a_discovery_that_is_asked_for_sees_what_was_changed_before(void **state)
{
    struct scene *scene = *state;
    speaker_open(&scene->second, &scene->coordinator, "operator");
    write_estate(scene, 0);
    for (int round = 1; round <= 3; round++) {
        say_discover(scene, 1);
        operator_list(&scene->second, "status", NULL, 0);  // it is under way
        write_estate(scene, round);
        say_discover(scene, 2);
        for (uint64_t request = 1; request <= 2; request++)
            assert_int_equal(
                speaker_hear(&scene->people, WIRE_TO_OPERATOR, WIRE__ENVELOPE__BODY_ANSWER)
                    ->answer->request_id,
                request);
        CLEAN(memory_free) char *newest = memory_format("n%d", round + ESTATE - 1);
        operator_cancel(&scene->people, 0, operator_backup(&scene->people, newest));
    }
}

int
main(void)
{
    sock_prepare(1);
    const struct CMUnitTest tests[] = {
        TEST(a_backup_is_run_acknowledged_and_listed),
        TEST(what_cannot_be_backed_up_is_skipped_with_a_reason),
        TEST(a_report_that_comes_twice_counts_once),
        TEST(an_old_token_is_refused),
        TEST(only_who_holds_an_attempt_may_report_it),
        TEST(a_set_that_was_not_asked_for_is_refused),
        TEST(a_run_that_was_lost_on_its_way_is_sent_again),
        TEST(a_passing_failure_is_tried_again_under_a_new_token),
        TEST(what_somebody_must_mend_fails_at_once),
        TEST(a_job_whose_worker_falls_silent_goes_to_another),
        TEST(a_worker_that_stops_gives_its_job_back),
        TEST(a_report_is_narrowed_to_a_period),
        TEST(a_discovery_that_is_asked_for_sees_what_was_changed_before),
        cmocka_unit_test_setup_teardown(a_job_that_nobody_can_take_fails_and_says_why,
                                        set_up_impatient, scene_close),
        cmocka_unit_test_setup_teardown(a_job_that_nobody_took_has_attempt_0, set_up_impatient,
                                        scene_close),
        TEST(a_second_coordinator_on_the_same_catalog_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
