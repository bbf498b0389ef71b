// timeout: 240

#include "tests/agent_world.h"
#include "worker/agent.h"

static void
a_job_is_accepted_reported_and_forgotten_when_acknowledged(void **state)
{
    struct world *world = *state;
    say_run(world, 12, 3, "ok");
    check_accepted(world, 12, 3);
    const Wire__Envelope *progress = hear(world, WIRE__ENVELOPE__BODY_PROGRESS);
    assert_int_equal(progress->job_id, 12);
    assert_int_equal(progress->progress->done_bytes, 1234);
    const Wire__Done *done = check_done(world, 12, 3, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
    assert_non_null(done->set);
    assert_int_equal(done->set->size_bytes, 4096);
    assert_true(done->started_unix_ms > 0 && done->ended_unix_ms >= done->started_unix_ms);
    assert_int_equal(spooled(world), 1);
    say_ack(world, 12, 3, 1);
    assert_null(hear_within(world, WIRE__ENVELOPE__BODY_DONE, 600));
    assert_int_equal(spooled(world), 0);
}

static void
a_result_is_sent_until_it_is_acknowledged_in_either_sense(void **state)
{
    struct world *world = *state;
    say_run(world, 1, 1, "ok");
    for (int count = 0; count < 3; count++)
        check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
    say_ack(world, 1, 2, 1);
    check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
    say_ack(world, 1, 1, 0);
    assert_null(hear_within(world, WIRE__ENVELOPE__BODY_DONE, 600));
}

static void
a_result_survives_the_death_of_the_worker(void **state)
{
    struct world *world = *state;
    say_run(world, 1, 1, "ok");
    check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
    agent_end(world, SIGKILL);
    agent_start(world);
    const Wire__Ready *ready = hear(world, WIRE__ENVELOPE__BODY_READY)->ready;
    assert_int_equal(ready->n_running, 1);
    assert_int_equal(ready->running[0]->job_id, 1);
    check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
    say_ack(world, 1, 1, 1);
    assert_null(hear_within(world, WIRE__ENVELOPE__BODY_DONE, 600));
}

static void
a_worker_that_was_killed_comes_back_the_same_and_gives_its_jobs_up(void **state)
{
    struct world *world = *state;
    say_bye(world);
    const Wire__Ready *ready = hear(world, WIRE__ENVELOPE__BODY_READY)->ready;
    CLEAN(memory_free) char *instance = memory_copy_text(ready->instance_id);
    CLEAN(memory_free) char *boot = memory_copy_text(ready->boot_id);
    say_run(world, 1, 1, "hang");
    hear(world, WIRE__ENVELOPE__BODY_PROGRESS);
    pid_t task = task_pid(world);
    agent_end(world, SIGKILL);
    check_gone(task);
    agent_start(world);
    ready = hear(world, WIRE__ENVELOPE__BODY_READY)->ready;
    assert_string_equal(ready->instance_id, instance);
    assert_string_not_equal(ready->boot_id, boot);
    // It does not begin the attempt again, whatever it is told.
    assert_int_equal(ready->n_running, 1);
    say_run(world, 1, 1, "hang");
    check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_FAILED, "the worker ended");
    say_ack(world, 1, 1, 1);
    say_run(world, 1, 2, "ok");
    check_done(world, 1, 2, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
}

static void
a_job_told_twice_runs_once(void **state)
{
    struct world *world = *state;
    say_run(world, 1, 1, "wait");
    check_accepted(world, 1, 1);
    say_run(world, 1, 1, "wait");
    check_accepted(world, 1, 1);
    make_file(world, "go");
    check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
    // Told again when it has ended: the result is the answer, before it would be due again.
    say_run(world, 1, 1, "wait");
    check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
    say_ack(world, 1, 1, 1);
    assert_null(hear_within(world, WIRE__ENVELOPE__BODY_DONE, 600));
}

static void
an_older_attempt_is_refused_and_a_newer_one_ends_the_old(void **state)
{
    struct world *world = *state;
    say_run(world, 1, 5, "hang");
    check_accepted(world, 1, 5);
    say_run(world, 1, 4, "ok");
    check_refused(world, WIRE__REFUSED__REASON__REASON_BAD_RUN);
    say_run(world, 1, 6, "ok");
    check_refused(world, WIRE__REFUSED__REASON__REASON_NO_SLOT);
    check_done(world, 1, 5, WIRE__OUTCOME__OUTCOME_FAILED, "newer attempt");
    say_run(world, 1, 4, "ok");
    check_refused(world, WIRE__REFUSED__REASON__REASON_BAD_RUN);
    say_run(world, 1, 6, "ok");
    check_accepted(world, 1, 6);
}

static void
no_more_jobs_than_slots_are_taken(void **state)
{
    struct world *world = *state;
    say_run(world, 1, 1, "hang");
    check_accepted(world, 1, 1);
    say_run(world, 2, 1, "hang");
    check_accepted(world, 2, 1);
    say_run(world, 3, 1, "ok");
    check_refused(world, WIRE__REFUSED__REASON__REASON_NO_SLOT);
    say_cancel(world, 1, 1);
    check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_CANCELLED, "");
    say_run(world, 3, 1, "ok");
    check_accepted(world, 3, 1);
}

static void
a_cancelled_job_ends_whether_it_wants_or_not(void **state)
{
    struct world *world = *state;
    static const char *const kinds[] = {"hang", "stubborn", "polite"};
    for (uint64_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
        say_run(world, index + 1, 1, kinds[index]);
        hear(world, WIRE__ENVELOPE__BODY_PROGRESS);
        pid_t task = task_pid(world);
        say_cancel(world, index + 1, 1);
        say_cancel(world, index + 1, 1);
        check_done(world, index + 1, 1, WIRE__OUTCOME__OUTCOME_CANCELLED, "");
        say_ack(world, index + 1, 1, 1);
        check_gone(task);
    }
}

static void
a_job_that_takes_too_long_is_ended_and_may_be_tried_again(void **state)
{
    struct world *world = *state;
    say_run(world, 1, 1, "hang for long");
    check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_FAILED, "time limit of 1 s");
}

static void
a_process_that_ends_without_a_result_has_failed(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *what, *word;
    } rows[] = {
        {"crash", "signal 9"}, {"silent", "exit status 5"}, {"garbage", "without a result"},
        {"flood", "frame of"}, {"liar", "spoke of job"},
    };
    for (uint64_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        say_run(world, index + 1, 1, rows[index].what);
        check_done(world, index + 1, 1, WIRE__OUTCOME__OUTCOME_FAILED, rows[index].word);
        say_ack(world, index + 1, 1, 1);
    }
}

static void
a_job_told_to_stop_by_somebody_else_may_be_tried_again(void **state)
{
    struct world *world = *state;
    say_run(world, 1, 1, "polite");
    hear(world, WIRE__ENVELOPE__BODY_PROGRESS);
    kill(task_pid(world), SIGTERM);
    check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_FAILED, "somebody else");
}

static void
a_result_counts_even_if_the_process_ends_badly_after_it(void **state)
{
    struct world *world = *state;
    say_run(world, 1, 1, "bad end");
    check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
}

static void
a_result_that_the_disk_has_spoilt_is_not_sent(void **state)
{
    struct world *world = *state;
    say_run(world, 1, 1, "ok");
    check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
    agent_end(world, SIGKILL);
    CLEAN(memory_free) char *path = memory_format("%s/state/spool/1-1.done", world->folder);
    assert_int_equal(truncate(path, 5), 0);
    agent_start(world);
    hear(world, WIRE__ENVELOPE__BODY_READY);
    assert_null(hear_within(world, WIRE__ENVELOPE__BODY_DONE, 600));
    assert_int_equal(spooled(world), 0);
    say_run(world, 2, 1, "ok");
    check_done(world, 2, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
}

int
main(int argc, char **argv)
{
    int status = 0;
    if (world_role(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_job_is_accepted_reported_and_forgotten_when_acknowledged),
        WORLD_TEST(a_result_is_sent_until_it_is_acknowledged_in_either_sense),
        WORLD_TEST(a_result_survives_the_death_of_the_worker),
        WORLD_TEST(a_worker_that_was_killed_comes_back_the_same_and_gives_its_jobs_up),
        WORLD_TEST(a_job_told_twice_runs_once),
        WORLD_TEST(an_older_attempt_is_refused_and_a_newer_one_ends_the_old),
        WORLD_TEST(no_more_jobs_than_slots_are_taken),
        WORLD_TEST(a_cancelled_job_ends_whether_it_wants_or_not),
        WORLD_TEST(a_job_that_takes_too_long_is_ended_and_may_be_tried_again),
        WORLD_TEST(a_process_that_ends_without_a_result_has_failed),
        WORLD_TEST(a_job_told_to_stop_by_somebody_else_may_be_tried_again),
        WORLD_TEST(a_result_counts_even_if_the_process_ends_badly_after_it),
        WORLD_TEST(a_result_that_the_disk_has_spoilt_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
