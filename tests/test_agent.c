// timeout: 240

#include "tests/agent_world.h"
#include "worker/agent.h"

static void
a_worker_says_what_it_is_and_has(void **state)
{
    struct world *world = *state;
    say_bye(world);
    const Wire__Ready *ready = hear(world, WIRE__ENVELOPE__BODY_READY)->ready;
    assert_int_equal(strlen(ready->instance_id), 36);
    assert_int_equal(strlen(ready->boot_id), 36);
    assert_string_equal(ready->name, "tester");
    assert_string_equal(ready->program_version, DBHAUL_VERSION);
    assert_int_equal(ready->slots, 2);
    assert_int_equal(ready->n_labels, 1);
    assert_string_equal(ready->labels[0]->value, "here");
    assert_int_equal(ready->n_tools, 1);
    assert_string_equal(ready->tools[0]->name, "mysqldump");
    assert_int_equal(ready->n_stores, 1);
    assert_string_equal(ready->stores[0]->identity, FAKE_STORE);
    assert_int_equal(ready->n_running, 0);
}

static void
beats_list_what_runs(void **state)
{
    struct world *world = *state;
    say_run(world, 7, 2, "hang");
    check_accepted(world, 7, 2);
    const Wire__Beat *beat = hear(world, WIRE__ENVELOPE__BODY_BEAT)->beat;
    assert_int_equal(beat->n_running, 1);
    assert_int_equal(beat->running[0]->job_id, 7);
    assert_int_equal(beat->running[0]->number, 2);
}

static void
a_deposed_leader_is_not_obeyed(void **state)
{
    struct world *world = *state;
    say_run(world, 1, 1, "hang");
    check_accepted(world, 1, 1);
    world->epoch = EPOCH - 1;
    say_run(world, 2, 1, "ok");
    check_refused(world, WIRE__REFUSED__REASON__REASON_OLD_EPOCH);
    say_cancel(world, 1, 1);
    assert_null(hear_within(world, WIRE__ENVELOPE__BODY_DONE, 500));

    world->epoch = EPOCH + 2;
    say_run(world, 2, 1, "ok");
    check_done(world, 2, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
    world->epoch = EPOCH;
    say_ack(world, 2, 1, 1);
    check_done(world, 2, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");

    agent_end(world, SIGKILL);
    agent_start(world);
    hear(world, WIRE__ENVELOPE__BODY_READY);
    say_run(world, 3, 1, "ok");
    check_refused(world, WIRE__REFUSED__REASON__REASON_OLD_EPOCH);
    world->epoch = 0;
    say_run(world, 3, 1, "ok");
    check_refused(world, WIRE__REFUSED__REASON__REASON_BAD_RUN);
}

static void
what_a_worker_cannot_do_is_refused(void **state)
{
    struct world *world = *state;
    Wire__Server server = WIRE__SERVER__INIT;
    Wire__Backup backup = WIRE__BACKUP__INIT;
    Wire__Run run = WIRE__RUN__INIT;
    char store[] = FAKE_STORE, other[] = "directory:other", tool[] = "pg_dump", none[] = "";
    fill_run(&run, &backup, &server);
    backup.store = other;
    say_this_run(world, 1, 1, &run);
    check_refused(world, WIRE__REFUSED__REASON__REASON_NO_STORE);
    backup.store = store;
    backup.tool = tool;
    say_this_run(world, 2, 1, &run);
    check_refused(world, WIRE__REFUSED__REASON__REASON_NO_TOOL);
    backup.tool = none;
    server.host = none;
    say_this_run(world, 3, 1, &run);
    check_refused(world, WIRE__REFUSED__REASON__REASON_BAD_RUN);
}

static void
a_draining_worker_ends_its_jobs_takes_none_and_says_bye(void **state)
{
    struct world *world = *state;
    say_run(world, 1, 1, "wait");
    check_accepted(world, 1, 1);
    Wire__Drain drain = WIRE__DRAIN__INIT;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.body_case = WIRE__ENVELOPE__BODY_DRAIN;
    envelope.drain = &drain;
    say(world, &envelope);
    say_run(world, 2, 1, "ok");
    check_refused(world, WIRE__REFUSED__REASON__REASON_DRAINING);
    make_file(world, "go");
    check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
    assert_null(hear_within(world, WIRE__ENVELOPE__BODY_BYE, 100));
    say_ack(world, 1, 1, 1);
    hear(world, WIRE__ENVELOPE__BODY_BYE);
    // It asks again later whether it is wanted.
    hear(world, WIRE__ENVELOPE__BODY_READY);
    say_run(world, 3, 1, "ok");
    check_accepted(world, 3, 1);
}

static void
a_worker_that_is_told_to_end_ends_its_jobs_first(void **state)
{
    struct world *world = *state;
    say_run(world, 1, 1, "hang");
    hear(world, WIRE__ENVELOPE__BODY_PROGRESS);
    say_run(world, 2, 1, "stubborn");
    hear(world, WIRE__ENVELOPE__BODY_PROGRESS);
    kill(world->agent, SIGTERM);
    check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_CANCELLED, "the worker was stopped");
    say_ack(world, 1, 1, 1);
    check_done(world, 2, 1, WIRE__OUTCOME__OUTCOME_CANCELLED, "the worker was stopped");
    hear(world, WIRE__ENVELOPE__BODY_BYE);
    int status = 0;
    assert_int_equal(waitpid(world->agent, &status, 0), world->agent);
    world->agent = 0;
    assert_int_equal(status, 0);
    assert_int_equal(spooled(world), 1);
}

static void
a_worker_that_is_not_known_greets_again(void **state)
{
    struct world *world = *state;
    say_run(world, 1, 1, "hang");
    check_accepted(world, 1, 1);
    say_bye(world);
    const Wire__Ready *ready = hear(world, WIRE__ENVELOPE__BODY_READY)->ready;
    assert_int_equal(ready->n_running, 1);
    assert_int_equal(ready->running[0]->job_id, 1);
}

static void
a_worker_that_is_sent_away_again_and_again_is_in_no_hurry(void **state)
{
    struct world *world = *state;
    int64_t until_ms = clock_monotonic_ms() + 1000;
    unsigned greetings = 0;
    while (clock_monotonic_ms() < until_ms) {
        const Wire__Envelope *message = next(world, until_ms);
        if (!message)
            break;
        greetings += message->body_case == WIRE__ENVELOPE__BODY_READY;
        say_bye(world);
    }
    assert_in_range(greetings, 1, 40);
}

static void
a_coordinator_that_was_restarted_finds_the_job_running(void **state)
{
    struct world *world = *state;
    say_run(world, 1, 1, "wait");
    check_accepted(world, 1, 1);
    bind_to(world, "a.ipc");
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    const Wire__Envelope *message = next(world, until_ms);
    while (message && message->body_case != WIRE__ENVELOPE__BODY_READY) {
        say_bye(world);
        message = next(world, until_ms);
    }
    assert_non_null(message);
    assert_int_equal(message->ready->n_running, 1);
    make_file(world, "go");
    check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
}

static void
a_silent_coordinator_is_left_for_the_next(void **state)
{
    struct world *world = *state;
    say_run(world, 1, 1, "wait");
    check_accepted(world, 1, 1);
    // The old socket stays open: nobody answers there.
    sock_t *silent = STEAL(world->sock);
    bind_to(world, "b.ipc");
    const Wire__Ready *ready = hear(world, WIRE__ENVELOPE__BODY_READY)->ready;
    assert_int_equal(ready->n_running, 1);
    make_file(world, "go");
    check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
    sock_destroy(&silent);
}

static void
nonsense_changes_nothing(void **state)
{
    struct world *world = *state;
    struct error error = {0};
    uint8_t noise[200];
    for (size_t size = 0; size < sizeof noise; size += 3) {
        for (size_t index = 0; index < size; index++)
            noise[index] = (uint8_t)(size * 31 + index * 17);
        assert_int_equal(sock_send(world->sock, &world->peer, noise, size, &error), 0);
    }
    // What only a worker may say.
    Wire__Accepted accepted = WIRE__ACCEPTED__INIT;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.job_id = envelope.attempt = 1;
    envelope.body_case = WIRE__ENVELOPE__BODY_ACCEPTED;
    envelope.accepted = &accepted;
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    assert_int_equal(wire_pack(&envelope, WIRE_FROM_WORKER, &data, &size, &error), 0);
    assert_int_equal(sock_send(world->sock, &world->peer, data, size, &error), 0);
    say_ack(world, 77, 1, 1);
    say_cancel(world, 78, 1);
    say_run(world, 1, 1, "ok");
    check_done(world, 1, 1, WIRE__OUTCOME__OUTCOME_SUCCEEDED, "");
    CLEAN(memory_free) char *path = memory_format("%s/log", world->folder);
    CLEAN(memory_free) char *log = NULL;
    assert_int_equal(fd_read_file(AT_FDCWD, path, 1 << 20, &log, &size, &error), 0);
    const char *first = strstr(log, "messages of the coordinator refused");
    assert_non_null(first);
    assert_null(strstr(first + 1, "messages of the coordinator refused"));
}

static void
a_store_that_comes_or_goes_is_told(void **state)
{
    struct world *world = *state;
    make_file(world, "store is gone");
    const Wire__Ready *ready = hear(world, WIRE__ENVELOPE__BODY_READY)->ready;
    assert_int_equal(ready->n_stores, 0);
    assert_int_equal(ready->n_tools, 1);
    say_run(world, 1, 1, "ok");
    check_refused(world, WIRE__REFUSED__REASON__REASON_NO_STORE);
    CLEAN(memory_free) char *path = memory_format("%s/store is gone", world->folder);
    assert_int_equal(unlink(path), 0);
    ready = hear(world, WIRE__ENVELOPE__BODY_READY)->ready;
    assert_int_equal(ready->n_stores, 1);
}

static void
two_workers_cannot_be_one(void **state)
{
    struct world *world = *state;
    pid_t first = world->agent;
    agent_start(world);
    int status = 0;
    assert_int_equal(waitpid(world->agent, &status, 0), world->agent);
    assert_int_equal(WEXITSTATUS(status), 1);
    world->agent = first;
}

int
main(int argc, char **argv)
{
    int status = 0;
    if (world_role(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_worker_says_what_it_is_and_has),
        WORLD_TEST(beats_list_what_runs),
        WORLD_TEST(a_deposed_leader_is_not_obeyed),
        WORLD_TEST(what_a_worker_cannot_do_is_refused),
        WORLD_TEST(a_draining_worker_ends_its_jobs_takes_none_and_says_bye),
        WORLD_TEST(a_worker_that_is_told_to_end_ends_its_jobs_first),
        WORLD_TEST(a_worker_that_is_not_known_greets_again),
        WORLD_TEST(a_worker_that_is_sent_away_again_and_again_is_in_no_hurry),
        WORLD_TEST(a_coordinator_that_was_restarted_finds_the_job_running),
        WORLD_TEST(a_silent_coordinator_is_left_for_the_next),
        WORLD_TEST(nonsense_changes_nothing),
        WORLD_TEST(a_store_that_comes_or_goes_is_told),
        WORLD_TEST(two_workers_cannot_be_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
