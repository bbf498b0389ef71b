// timeout: 120
// Limits, priorities and shares in the coordinator as a whole: they hold whatever comes and goes,
// are read anew while it runs, and each job says what it waits for.

#include <signal.h>

#include "tests/server_scene.h"

static const char *const inventory = "databases:\n"
                                     "  - {id: a, name: a, engine: mysql, version: 8.0.36, host: "
                                     "a.example, secret: s, account: '1'}\n"
                                     "  - {id: b, name: b, engine: mysql, version: 8.0.36, host: "
                                     "b.example, secret: s, account: '1'}\n"
                                     "  - {id: c, name: c, engine: mysql, version: 8.0.36, host: "
                                     "c.example, secret: s, account: '2'}\n"
                                     "  - {id: d, name: d, engine: mysql, version: 8.0.36, host: "
                                     "d.example, secret: s, account: '1',\n"
                                     "     tags: {tier: gold}}\n";

static void
write_limits(struct scene *scene, const char *text)
{
    CLEAN(memory_free)
    char *whole = memory_format("catalog: sqlite:%s/catalog.db\n"
                                "providers:\n"
                                "  - {kind: file, name: lab, path: %s/inventory.yaml}\n"
                                "timers: {lease: 2500ms, beat: 200ms, worker_lost: 5s}\n"
                                "%s",
                                scene->coordinator.folder, scene->coordinator.folder, text);
    CLEAN(memory_free)
    char *path = folder_write(scene->coordinator.folder, "coordinator.yaml", 0600, whole);
    process_signal(scene->coordinator.process, SIGHUP);
    operator_list(&scene->people, "status", NULL, 0);  // the signal is heard before it
}

static int
open_limits(void **state)
{
    struct scene *scene = memory_get(sizeof *scene);
    coordinator_make(&scene->coordinator, inventory, "10m");
    speaker_open(&scene->people, &scene->coordinator, "operator");
    *state = scene;
    return 0;
}

static long
count_state(struct scene *scene, const char *state)
{
    return strtol(answer_cell(operator_list(&scene->people, "status", NULL, 0), 0, state), NULL,
                  10);
}

static const char *
progress_of(struct scene *scene, const char *name, const char *column)
{
    const Wire__Answer *progress = operator_list(&scene->people, "progress", NULL, 0);
    for (size_t row = 0; row < progress->table->n_rows; row++) {
        if (strcmp(answer_cell(progress, row, "name"), name) == 0)
            return answer_cell(progress, row, column);
    }
    return "";
}

static const char *
wait_reason(struct scene *scene, const char *name)
{
    return progress_of(scene, name, "message");
}

// Waits with a worker that goes on saying that it lives.
static void
await_running(struct scene *scene, struct speaker *worker, uint64_t job, const char *name)
{
    WAIT_UNTIL(
        (worker_beat(worker, job, 1), strcmp(progress_of(scene, name, "state"), "running") == 0));
}

static void
a_limit_holds_until_it_is_raised(void **state)
{
    struct scene *scene = *state;
    write_limits(scene, "limits: {account: 1}\n");
    worker_open(&scene->worker, &scene->coordinator, "worker-1", 4);
    uint64_t id = operator_backup(&scene->people, "[abc]");
    WAIT_UNTIL(count_state(scene, "running") == 2);
    assert_int_equal(count_state(scene, "queued"), 1);
    assert_string_equal(wait_reason(scene, "b"), "account '1' has 1 of 1 jobs running");
    write_limits(scene, "limits: {account: 1, named: [{of: account, name: '1', jobs: 2}]}\n");
    WAIT_UNTIL(count_state(scene, "running") == 3);
    operator_cancel(&scene->people, 0, id);
}

static void
a_limit_that_was_named_is_gone_when_the_file_has_it_no_more(void **state)
{
    struct scene *scene = *state;
    write_limits(scene, "limits: {named: [{of: account, name: '1', jobs: 1}]}\n");
    write_limits(scene, "");
    worker_open(&scene->worker, &scene->coordinator, "worker-1", 4);
    uint64_t id = operator_backup(&scene->people, "[ab]");
    WAIT_UNTIL(count_state(scene, "running") == 2);
    operator_cancel(&scene->people, 0, id);
}

static void
what_runs_over_a_restart_counts_before_its_worker_is_back(void **state)
{
    struct scene *scene = *state;
    write_limits(scene, "limits: {account: 1}\n");
    worker_open(&scene->worker, &scene->coordinator, "worker-1", 4);
    operator_backup(&scene->people, "a");
    await_running(scene, &scene->worker, 0, "a");
    operator_backup(&scene->people, "b");
    scene_restart(scene);
    worker_open(&scene->second, &scene->coordinator, "worker-2", 4);
    operator_backup(&scene->people, "c");
    await_running(scene, &scene->second, 0, "c");
    uint64_t other = worker_run(&scene->second)->job_id;
    assert_int_equal(count_state(scene, "running"), 2);
    WAIT_UNTIL(strcmp(wait_reason(scene, "b"), "account '1' has 1 of 1 jobs running") == 0);
    // Its worker stays away, and its lease ends.
    await_running(scene, &scene->second, other, "b");
    assert_int_equal(count_state(scene, "running"), 2);
}

static void
a_policy_s_limit_and_priority_hold_for_its_jobs(void **state)
{
    struct scene *scene = *state;
    write_limits(scene, "policies:\n"
                        "  gold: {select: {tag: {tier: gold}}, priority: 9}\n"
                        "  rest: {select: {}, jobs: 1}\n");
    operator_backup(&scene->people, "[ab]");
    operator_backup(&scene->people, "d");
    worker_open(&scene->worker, &scene->coordinator, "worker-1", 4);
    assert_int_equal(worker_run(&scene->worker)->run->backup->source->name[0], 'd');
    assert_int_equal(worker_run(&scene->worker)->run->backup->source->name[0], 'a');
    assert_string_equal(wait_reason(scene, "b"), "policy 'rest' has 1 of 1 jobs running");
}

static void
somebody_who_waits_comes_first(void **state)
{
    struct scene *scene = *state;
    operator_backup(&scene->people, "[abd]");
    operator_check(&scene->people, "c");
    worker_open(&scene->worker, &scene->coordinator, "worker-1", 1);
    assert_int_equal(worker_run(&scene->worker)->run->task_case, WIRE__RUN__TASK_CHECK);
}

#define LIMITS_TEST(name) cmocka_unit_test_setup_teardown(name, open_limits, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        LIMITS_TEST(a_limit_holds_until_it_is_raised),
        LIMITS_TEST(a_limit_that_was_named_is_gone_when_the_file_has_it_no_more),
        LIMITS_TEST(what_runs_over_a_restart_counts_before_its_worker_is_back),
        LIMITS_TEST(a_policy_s_limit_and_priority_hold_for_its_jobs),
        LIMITS_TEST(somebody_who_waits_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
