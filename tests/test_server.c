// timeout: 240
// The coordinator as a whole: the real program, against which the tests play workers and
// operators over its own sockets.

#include "coordinator/record.h"
#include "tests/coordinator_program.h"

static const char *const inventory =
    "databases:\n"
    "  - {id: a, name: a, engine: mysql, version: 8.0.36, host: a.example, secret: s}\n"
    "  - {id: b, name: b, engine: mysql, version: 8.0.36, host: b.example, secret: s}\n"
    "  - {id: c, name: c, engine: mysql, version: 8.0.36, host: c.example, secret: s}\n"
    "  - {id: old, name: old, engine: oracle}\n"
    "  - {id: pg, name: pg, engine: postgres, version: '15.4', host: p.example, secret: s}\n";

struct scene {
    struct coordinator coordinator;
    struct speaker worker, second, people;
};

static int
set_up(void **state)
{
    struct scene *scene = memory_get(sizeof *scene);
    coordinator_make(&scene->coordinator, inventory, "10m");
    worker_open(&scene->worker, &scene->coordinator, "worker-1", 4);
    speaker_open(&scene->people, &scene->coordinator, "operator");
    *state = scene;
    return 0;
}

static int
tear_down(void **state)
{
    struct scene *scene = *state;
    speaker_close(&scene->worker);
    speaker_close(&scene->second);
    speaker_close(&scene->people);
    coordinator_destroy(&scene->coordinator);
    memory_free(&scene);
    return 0;
}

static void
report_success(struct speaker *worker, const Wire__Envelope *run)
{
    worker_done(worker, run->job_id, run->attempt, WIRE__OUTCOME__OUTCOME_SUCCEEDED,
                WIRE__FAILURE_CLASS__FAILURE_UNSPECIFIED, run->run->backup->path);
}

static void
report_failure(struct speaker *worker, const Wire__Envelope *run, Wire__FailureClass class)
{
    worker_done(worker, run->job_id, run->attempt, WIRE__OUTCOME__OUTCOME_FAILED, class, NULL);
}

static void
restart(struct scene *scene)
{
    coordinator_kill(&scene->coordinator);
    coordinator_start(&scene->coordinator);
    speaker_close(&scene->people);
    memset(&scene->people, 0, sizeof scene->people);
    speaker_open(&scene->people, &scene->coordinator, "operator");
}

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
    assert_int_equal(run->attempt, 2);
    report_failure(&scene->worker, run, WIRE__FAILURE_CLASS__FAILURE_TRY_AGAIN);
    await_run_state(&scene->people, run_id, "failed");
    const Wire__Answer *answer = operator_list(&scene->people, "jobs", "run", run_id);
    assert_string_equal(answer_cell(answer, 0, "message"), "it broke");
    assert_string_equal(answer_cell(answer, 0, "failures"), "2");
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

// ---- restarts

static void
a_worker_started_anew_is_never_sent_an_attempt_it_had_before(void **state)
{
    struct scene *scene = *state;
    operator_backup(&scene->people, "a");
    uint64_t job_id = worker_run(&scene->worker)->job_id;
    speaker_close(&scene->worker);
    memset(&scene->worker, 0, sizeof scene->worker);
    speaker_open(&scene->worker, &scene->coordinator, "workers");
    const Wire__Envelope *run = NULL;
    struct error error = {0};
    for (long end = now_ms() + PATIENCE_MS; !run && now_ms() < end; poll(NULL, 0, 50)) {
        CLEAN(memory_free) uint8_t *data = NULL;
        size_t size = 0;
        const Wire__Envelope *message = NULL;
        worker_beat(&scene->worker, 0, 0);
        while (!run && sock_receive(scene->worker.sock, NULL, &data, &size, &error) == 0) {
            assert_int_equal(wire_unpack(scene->worker.decoder, data, size, WIRE_FROM_COORDINATOR,
                                         &message, &error),
                             0);
            if (message->body_case == WIRE__ENVELOPE__BODY_BYE)
                worker_ready(&scene->worker, "worker-1", "boot-2", 4, NULL, 0);
            if (message->body_case == WIRE__ENVELOPE__BODY_RUN)
                run = message;
            memory_free(&data);
        }
    }
    assert_non_null(run);
    assert_int_equal(run->job_id, job_id);
    assert_int_equal(run->attempt, 2);
}

static void
a_restart_in_mid_run_adopts_what_runs(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = operator_backup(&scene->people, "a");
    const Wire__Envelope *run = worker_run(&scene->worker);
    uint64_t job_id = run->job_id, epoch = run->epoch;
    CLEAN(memory_free) char *path = memory_copy_text(run->run->backup->path);
    worker_accept(&scene->worker, run);
    restart(scene);
    Wire__Attempt one = WIRE__ATTEMPT__INIT;
    Wire__Attempt *running[] = {&one};
    one.job_id = job_id;
    one.number = 1;
    worker_ready(&scene->worker, "worker-1", "boot-1", 4, running, 1);
    const Wire__Envelope *beat =
        speaker_hear(&scene->worker, WIRE_FROM_COORDINATOR, WIRE__ENVELOPE__BODY_BEAT);
    assert_true(beat->epoch > epoch);
    const Wire__Answer *answer = operator_list(&scene->people, "job", "job", job_id);
    assert_string_equal(answer_cell(answer, 0, "state"), "running");
    assert_string_equal(answer_cell(answer, 0, "attempt"), "1");
    worker_done(&scene->worker, job_id, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED,
                WIRE__FAILURE_CLASS__FAILURE_UNSPECIFIED, path);
    assert_true(worker_acked(&scene->worker));
    await_run_state(&scene->people, run_id, "succeeded");
}

static void
a_restart_starts_what_was_queued_and_nothing_twice(void **state)
{
    struct scene *scene = *state;
    worker_ready(&scene->worker, "worker-1", "boot-1", 1, NULL, 0);
    uint64_t run_id = operator_backup(&scene->people, "[abc]");
    const Wire__Envelope *run = worker_run(&scene->worker);
    uint64_t first = run->job_id;
    CLEAN(memory_free) char *path = memory_copy_text(run->run->backup->path);
    restart(scene);
    Wire__Attempt one = WIRE__ATTEMPT__INIT;
    Wire__Attempt *running[] = {&one};
    one.job_id = first;
    one.number = 1;
    worker_ready(&scene->worker, "worker-1", "boot-1", 1, running, 1);
    worker_done(&scene->worker, first, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED,
                WIRE__FAILURE_CLASS__FAILURE_UNSPECIFIED, path);
    assert_true(worker_acked(&scene->worker));
    for (int left = 0; left < 2; left++) {
        run = worker_run(&scene->worker);
        assert_int_not_equal(run->job_id, first);
        assert_int_equal(run->attempt, 1);
        report_success(&scene->worker, run);
        assert_true(worker_acked(&scene->worker));
    }
    await_run_state(&scene->people, run_id, "succeeded");
    assert_int_equal(operator_list(&scene->people, "attempts", NULL, 0)->table->n_rows, 3);
}

static void
a_report_that_waited_in_a_spool_is_taken_after_a_restart(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = operator_backup(&scene->people, "a");
    const Wire__Envelope *run = worker_run(&scene->worker);
    uint64_t job_id = run->job_id;
    CLEAN(memory_free) char *path = memory_copy_text(run->run->backup->path);
    restart(scene);
    worker_ready(&scene->worker, "worker-1", "boot-2", 4, NULL, 0);
    worker_done(&scene->worker, job_id, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED,
                WIRE__FAILURE_CLASS__FAILURE_UNSPECIFIED, path);
    assert_true(worker_acked(&scene->worker));
    await_run_state(&scene->people, run_id, "succeeded");
}

// ---- sweeps

static void
a_sweep_is_told_what_to_keep_of_its_database(void **state)
{
    struct scene *scene = *state;
    operator_backup(&scene->people, "a");
    report_success(&scene->worker, worker_run(&scene->worker));
    assert_true(worker_acked(&scene->worker));
    Wire__Term term = WIRE__TERM__INIT;
    Wire__Term *terms[] = {&term};
    term.key = "name";
    term.pattern = "a";
    Wire__SubmitSweep sweep = WIRE__SUBMIT_SWEEP__INIT;
    sweep.store = "directory:1";
    sweep.selector = terms;
    sweep.n_selector = 1;
    Wire__Submit submit = WIRE__SUBMIT__INIT;
    submit.what_case = WIRE__SUBMIT__WHAT_SWEEP;
    submit.sweep = &sweep;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_SUBMIT;
    ask.submit = &submit;
    assert_string_equal(operator_ask(&scene->people, &ask)->message, "");
    const Wire__Envelope *run = worker_run(&scene->worker);
    assert_int_equal(run->run->task_case, WIRE__RUN__TASK_SWEEP);
    assert_string_equal(strrchr(run->run->sweep->path, '/'), "/d1");
    assert_int_equal(run->run->sweep->n_keep, 1);
    assert_string_equal(run->run->sweep->keep[0], "j1-a1");
    assert_false(run->run->sweep->remove);
}

// ---- cancel, drain, twins, strangers

static void
a_queued_job_is_cancelled_at_once_and_a_running_one_when_it_stopped(void **state)
{
    struct scene *scene = *state;
    worker_ready(&scene->worker, "worker-1", "boot-1", 1, NULL, 0);
    uint64_t run_id = operator_backup(&scene->people, "[ab]");
    uint64_t job_id = worker_run(&scene->worker)->job_id;
    operator_cancel(&scene->people, 0, run_id);
    const Wire__Envelope *cancel =
        speaker_hear(&scene->worker, WIRE_FROM_COORDINATOR, WIRE__ENVELOPE__BODY_CANCEL);
    assert_int_equal(cancel->job_id, job_id);
    const Wire__Answer *answer = operator_list(&scene->people, "job", "job", job_id);
    assert_string_equal(answer_cell(answer, 0, "state"), "cancelling");
    worker_done(&scene->worker, job_id, 1, WIRE__OUTCOME__OUTCOME_CANCELLED,
                WIRE__FAILURE_CLASS__FAILURE_UNSPECIFIED, NULL);
    assert_true(worker_acked(&scene->worker));
    await_run_state(&scene->people, run_id, "cancelled");
}

static void
a_worker_that_drains_gets_no_more_jobs(void **state)
{
    struct scene *scene = *state;
    Wire__DrainWorker drain = WIRE__DRAIN_WORKER__INIT;
    drain.name = "worker-1";
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_DRAIN;
    ask.drain = &drain;
    assert_string_equal(operator_ask(&scene->people, &ask)->message, "");
    operator_backup(&scene->people, "a");
    worker_open(&scene->second, &scene->coordinator, "worker-2", 1);
    assert_int_equal(worker_run(&scene->second)->attempt, 1);
}

static void
the_second_of_two_live_twins_is_refused(void **state)
{
    struct scene *scene = *state;
    speaker_open(&scene->second, &scene->coordinator, "workers");
    worker_ready(&scene->second, "worker-1", "another-boot", 1, NULL, 0);
    const Wire__Envelope *bye =
        speaker_hear(&scene->second, WIRE_FROM_COORDINATOR, WIRE__ENVELOPE__BODY_BYE);
    assert_non_null(strstr(bye->bye->reason, "state folder"));
}

static void
a_restarted_worker_takes_its_own_place(void **state)
{
    struct scene *scene = *state;
    speaker_close(&scene->worker);
    memset(&scene->worker, 0, sizeof scene->worker);
    speaker_open(&scene->worker, &scene->coordinator, "workers");
    // Until the coordinator has seen the old connection end, this may be answered with bye.
    WAIT_UNTIL(({
        worker_ready(&scene->worker, "worker-1", "another-boot", 2, NULL, 0);
        const Wire__Answer *answer = operator_list(&scene->people, "workers", NULL, 0);
        strcmp(answer_cell(answer, 0, "slots"), "2") == 0;
    }));
    assert_int_equal(operator_list(&scene->people, "workers", NULL, 0)->table->n_rows, 1);
}

static void
a_stranger_is_told_to_say_ready(void **state)
{
    struct scene *scene = *state;
    speaker_open(&scene->second, &scene->coordinator, "workers");
    worker_beat(&scene->second, 1, 1);
    const Wire__Envelope *bye =
        speaker_hear(&scene->second, WIRE_FROM_COORDINATOR, WIRE__ENVELOPE__BODY_BYE);
    assert_non_null(strstr(bye->bye->reason, "ready"));
}

static void
malformed_and_misplaced_messages_are_counted_and_do_no_harm(void **state)
{
    struct scene *scene = *state;
    struct error error = {0};
    static const char *const bad[] = {"", "\xff\xff\xff\xff", "\x08\x01", "\x08\x63\x8a\x01\x00"};
    speaker_open(&scene->second, &scene->coordinator, "workers");
    for (size_t index = 0; index < sizeof bad / sizeof *bad; index++)
        WAIT_UNTIL(sock_send(scene->second.sock, NULL, bad[index], strlen(bad[index]), &error) ==
                   0);
    Wire__Query query = WIRE__QUERY__INIT;
    query.name = "workers";
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_QUERY;
    ask.query = &query;
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    message.body_case = WIRE__ENVELOPE__BODY_ASK;
    message.ask = &ask;
    speaker_say(&scene->second, WIRE_FROM_OPERATOR, &message);  // on the workers' endpoint
    WAIT_UNTIL(atoi(answer_cell(operator_list(&scene->people, "status", NULL, 0), 0,
                                "refused_messages")) >= 4);
    assert_int_equal(operator_list(&scene->people, "workers", NULL, 0)->table->n_rows, 1);
}

static void
a_question_that_makes_no_sense_is_answered_with_a_sentence(void **state)
{
    struct scene *scene = *state;
    Wire__Query query = WIRE__QUERY__INIT;
    query.name = "nonsense";
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_QUERY;
    ask.query = &query;
    const Wire__Answer *answer = operator_ask(&scene->people, &ask);
    assert_int_not_equal(answer->code, 0);
    assert_string_not_equal(answer->message, "");
    Wire__CancelJobs cancel = WIRE__CANCEL_JOBS__INIT;
    cancel.job_id = 4711;
    ask.what_case = WIRE__ASK__WHAT_CANCEL;
    ask.cancel = &cancel;
    answer = operator_ask(&scene->people, &ask);
    assert_int_equal(answer->code, ERROR_NOT_FOUND);
}

// ---- nobody can take it

static int
set_up_impatient(void **state)
{
    struct scene *scene = memory_get(sizeof *scene);
    coordinator_make(&scene->coordinator, inventory, "1s");
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
        TEST(a_worker_started_anew_is_never_sent_an_attempt_it_had_before),
        TEST(a_restart_in_mid_run_adopts_what_runs),
        TEST(a_restart_starts_what_was_queued_and_nothing_twice),
        TEST(a_report_that_waited_in_a_spool_is_taken_after_a_restart),
        TEST(a_sweep_is_told_what_to_keep_of_its_database),
        TEST(a_queued_job_is_cancelled_at_once_and_a_running_one_when_it_stopped),
        TEST(a_worker_that_drains_gets_no_more_jobs),
        TEST(the_second_of_two_live_twins_is_refused),
        TEST(a_restarted_worker_takes_its_own_place),
        TEST(a_stranger_is_told_to_say_ready),
        TEST(malformed_and_misplaced_messages_are_counted_and_do_no_harm),
        TEST(a_question_that_makes_no_sense_is_answered_with_a_sentence),
        cmocka_unit_test_setup_teardown(a_job_that_nobody_can_take_fails_and_says_why,
                                        set_up_impatient, tear_down),
        TEST(a_second_coordinator_on_the_same_catalog_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
