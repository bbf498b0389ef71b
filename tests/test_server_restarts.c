// timeout: 240
// The coordinator as a whole: restarts of either side, sweeps, cancel, drain, twins and strangers.

#include "coordinator/record.h"
#include "tests/server_scene.h"

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
    scene_restart(scene);
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
    scene_restart(scene);
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
    scene_restart(scene);
    worker_ready(&scene->worker, "worker-1", "boot-2", 4, NULL, 0);
    worker_done(&scene->worker, job_id, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED,
                WIRE__FAILURE_CLASS__FAILURE_UNSPECIFIED, path);
    assert_true(worker_acked(&scene->worker));
    await_run_state(&scene->people, run_id, "succeeded");
}

// ---- sweeps

static uint64_t
submit_sweep(struct scene *scene, Wire__SubmitSweep *sweep)
{
    Wire__Submit submit = WIRE__SUBMIT__INIT;
    submit.what_case = WIRE__SUBMIT__WHAT_SWEEP;
    submit.sweep = sweep;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_SUBMIT;
    ask.submit = &submit;
    const Wire__Answer *answer = operator_ask(&scene->people, &ask);
    return *answer->message ? 0 : answer->run_id;
}

// Of what was told to be done, all but one.
static void
tell_results(struct scene *scene, const Wire__Envelope *run)
{
    const char *folder = run->run->sweep->path;
    CLEAN(memory_free)
    char *results = memory_format("removed %s/d1/j1-a7.partial\nlocked %s/d1/j1-a9.partial\n"
                                  "removed %s/d1/j1-a8\n",
                                  folder, folder, folder);
    assert_string_equal(worker_fetch(&scene->worker, run, 7, "findings", "", results)->text,
                        "noted\nnoted\nnoted\n");
}

// What came of it stands in the list, not what was wanted.
static void
check_outcomes(struct scene *scene, const Wire__Envelope *run)
{
    static const char *const outcomes[] = {
        "removed", "", "marked missing", "", "not removed: locked", "to be removed"};
    const Wire__Answer *strays = operator_list(&scene->people, "strays", "job", run->job_id);
    assert_int_equal(strays->table->n_rows, sizeof outcomes / sizeof *outcomes);
    for (size_t row = 0; row < strays->table->n_rows; row++)
        assert_string_equal(strays->table->rows[row]->cells[4], outcomes[row]);
}

static void
a_sweep_is_one_job_a_store_and_does_what_it_was_told(void **state)
{
    struct scene *scene = *state;
    operator_backup(&scene->people, "a");
    report_success(&scene->worker, worker_run(&scene->worker));
    assert_true(worker_acked(&scene->worker));
    operator_backup(&scene->people, "b");
    CLEAN(wire_free) Wire__Envelope *busy = wire_clone(worker_run(&scene->worker));
    worker_accept(&scene->worker, busy);

    Wire__SubmitSweep wish = WIRE__SUBMIT_SWEEP__INIT;
    wish.store = "directory:1";
    wish.remove_partial = 1;
    wish.mark_missing = 1;
    assert_true(submit_sweep(scene, &wish) > 0);
    CLEAN(wire_free) Wire__Envelope *run = wire_clone(worker_run(&scene->worker));
    const Wire__Sweep *sweep = run->run->sweep;
    assert_int_equal(run->run->task_case, WIRE__RUN__TASK_SWEEP);
    assert_true(sweep->remove_partial && !sweep->remove_unknown && !sweep->adopt);
    assert_int_equal(submit_sweep(scene, &wish), 0);  // there is one

    // Findings without a beginning are not believed; the same question gets the same answer.
    CLEAN(memory_free) char *place = memory_format("%s/d1/j1-a1", sweep->path);
    assert_string_not_equal(worker_fetch(&scene->worker, run, 5, "findings", "", "")->trouble, "");
    assert_string_equal(worker_fetch(&scene->worker, run, 1, "begin", "", "")->trouble, "");
    CLEAN(memory_free) char *row = memory_format("1 good %s\n", place);
    assert_string_equal(worker_fetch(&scene->worker, run, 2, "set_places", "", "")->text, row);
    assert_string_not_equal(worker_fetch(&scene->worker, run, 3, "archive_sets", "", "")->trouble,
                            "");

    // What is of a job under way, or of a newer one, is left alone.
    CLEAN(memory_free)
    char *lines = memory_format("partial %s/d2/j%d-a1.partial\npartial %s/d2/j900-a1.partial\n"
                                "partial %s/d1/j1-a7.partial\nunknown %s/d1/j1-a8\n"
                                "missing 1 %s\nstrange %s/x\npartial %s/d1/j1-a9.partial\n"
                                "partial %s/d1/j1-a6.partial\n",
                                sweep->path, (int)busy->job_id, sweep->path, sweep->path,
                                sweep->path, place, sweep->path, sweep->path, sweep->path);
    static const char words[] = "keep\nkeep\nremove\nkeep\nmarked\nkeep\nremove\nremove\n";
    assert_string_equal(worker_fetch(&scene->worker, run, 4, "findings", "", lines)->text, words);
    assert_string_equal(worker_fetch(&scene->worker, run, 4, "findings", "", lines)->text, words);
    assert_string_equal(worker_fetch(&scene->worker, run, 6, "adopt", "", "{}")->text,
                        "refused: it was not to be adopted");
    tell_results(scene, run);
    worker_done(&scene->worker, run->job_id, run->attempt, WIRE__OUTCOME__OUTCOME_SUCCEEDED,
                WIRE__FAILURE_CLASS__FAILURE_UNSPECIFIED, NULL);
    assert_true(worker_acked(&scene->worker));
    check_outcomes(scene, run);
    const Wire__Answer *sets = operator_list(&scene->people, "backups", "set", 1);
    assert_int_equal(sets->table->n_rows, 1);
    assert_string_equal(sets->table->rows[0]->cells[6], "missing");
}

static void
a_sweep_begins_again_after_a_restart_of_the_coordinator(void **state)
{
    struct scene *scene = *state;
    Wire__SubmitSweep wish = WIRE__SUBMIT_SWEEP__INIT;
    wish.store = "directory:1";
    wish.remove_partial = 1;
    assert_true(submit_sweep(scene, &wish) > 0);
    CLEAN(wire_free) Wire__Envelope *run = wire_clone(worker_run(&scene->worker));
    assert_string_equal(worker_fetch(&scene->worker, run, 1, "begin", "", "")->trouble, "");
    scene_restart(scene);
    Wire__Attempt one = WIRE__ATTEMPT__INIT;
    Wire__Attempt *running[] = {&one};
    one.job_id = run->job_id;
    one.number = run->attempt;
    worker_ready(&scene->worker, "worker-1", "boot-1", 4, running, 1);
    CLEAN(memory_free)
    char *lines = memory_format("partial %s/d1/j1-a7.partial\n", run->run->sweep->path);
    assert_non_null(strstr(worker_fetch(&scene->worker, run, 2, "findings", "", lines)->trouble,
                           "has to begin again"));
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

int
main(void)
{
    sock_prepare(1);
    const struct CMUnitTest tests[] = {
        TEST(a_worker_started_anew_is_never_sent_an_attempt_it_had_before),
        TEST(a_restart_in_mid_run_adopts_what_runs),
        TEST(a_restart_starts_what_was_queued_and_nothing_twice),
        TEST(a_report_that_waited_in_a_spool_is_taken_after_a_restart),
        TEST(a_sweep_is_one_job_a_store_and_does_what_it_was_told),
        TEST(a_sweep_begins_again_after_a_restart_of_the_coordinator),
        TEST(a_queued_job_is_cancelled_at_once_and_a_running_one_when_it_stopped),
        TEST(a_worker_that_drains_gets_no_more_jobs),
        TEST(the_second_of_two_live_twins_is_refused),
        TEST(a_restarted_worker_takes_its_own_place),
        TEST(a_stranger_is_told_to_say_ready),
        TEST(malformed_and_misplaced_messages_are_counted_and_do_no_harm),
        TEST(a_question_that_makes_no_sense_is_answered_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
