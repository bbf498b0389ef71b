// timeout: 120
// Policies in the coordinator as a whole: they decide how a database is backed up, and are read
// anew while it runs. Reasons and lists are those that an operator gets.

#include <signal.h>

#include "tests/server_scene.h"

static const char *const inventory =
    "databases:\n"
    "  - {id: a, name: a, engine: mysql, version: 8.0.36, host: a.example, secret: s}\n"
    "  - {id: b, name: b, engine: mysql, version: 8.0.36, host: b.example, secret: s,\n"
    "     tags: {env: prod}}\n"
    "  - {id: out, name: out, engine: mysql, version: 8.0.36, host: c.example, secret: s,\n"
    "     tags: {env: prod, 'dbhaul:policy': none}}\n"
    "  - {id: pg, name: pg, engine: postgres, version: '15.4', host: p.example, secret: s}\n";

static const char *const policies =
    "policies:\n"
    "  prod: {select: {tag: {env: prod}}, tool: mysqldump, store: 'directory:1',\n"
    "         password_hashes: true, time_limit: 2h, connections: 3, range_size: 2MiB}\n"
    "  odd: {select: {name: [a]}, tool: pg_dump}\n";

static void
write_policies(struct scene *scene, const char *text)
{
    CLEAN(memory_free)
    char *whole = memory_format("catalog: sqlite:%s/catalog.db\n"
                                "providers:\n"
                                "  - {kind: file, name: lab, path: %s/inventory.yaml}\n"
                                "limits: {server: 8}\n"
                                "timers: {lease: 1500ms, beat: 200ms, worker_lost: 900ms}\n"
                                "%s",
                                scene->coordinator.folder, scene->coordinator.folder, text);
    CLEAN(memory_free)
    char *path = folder_write(scene->coordinator.folder, "coordinator.yaml", 0600, whole);
    process_signal(scene->coordinator.process, SIGHUP);
}

static int
has_policies(struct scene *scene, size_t count)
{
    return operator_list(&scene->people, "policies", NULL, 0)->table->n_rows == count;
}

static int
open_policies(void **state)
{
    struct scene *scene = memory_get(sizeof *scene);
    coordinator_make(&scene->coordinator, inventory, "10m");
    worker_open(&scene->worker, &scene->coordinator, "worker-1", 4);
    speaker_open(&scene->people, &scene->coordinator, "operator");
    write_policies(scene, policies);
    WAIT_UNTIL(has_policies(scene, 2));
    WAIT_UNTIL(strcmp(answer_cell(operator_list(&scene->people, "status", NULL, 0), 0, "databases"),
                      "4") == 0);
    *state = scene;
    return 0;
}

static const char *
run_cell(struct scene *scene, uint64_t run, const char *column)
{
    return answer_cell(operator_list(&scene->people, "run", "run", run), 0, column);
}

static void
a_policy_decides_how_its_databases_are_backed_up(void **state)
{
    struct scene *scene = *state;
    uint64_t id = operator_backup(&scene->people, "b");
    const Wire__Envelope *run = worker_run(&scene->worker);
    assert_string_equal(run->run->backup->store, "directory:1");
    assert_string_equal(run->run->backup->tool, "mysqldump");
    assert_true(run->run->backup->password_hashes);
    assert_int_equal(run->run->backup->connections, 3);
    assert_int_equal(run->run->backup->range_bytes, 2 << 20);
    assert_int_equal(run->run->time_limit_ms, 2 * 3600000);
    assert_non_null(strstr(run->run->backup->run_label, ", policy prod"));
    report_success(&scene->worker, run);
    await_run_state(&scene->people, id, "succeeded");
    assert_string_equal(run_cell(scene, id, "label"), "prod");
    CLEAN(memory_free) char *digest = memory_copy_text(run_cell(scene, id, "policy_digest"));
    assert_int_equal(strlen(digest), 64);
    const Wire__Answer *list = operator_list(&scene->people, "policies", NULL, 0);
    assert_string_equal(answer_cell(list, 0, "name"), "prod");
    assert_string_equal(answer_cell(list, 0, "databases"), "1");
    assert_string_equal(answer_cell(list, 0, "digest"), digest);
    assert_string_equal(answer_cell(list, 1, "tool"), "pg_dump");
}

static void
without_a_policy_all_is_as_the_settings_say(void **state)
{
    struct scene *scene = *state;
    write_policies(scene, "");
    WAIT_UNTIL(has_policies(scene, 0));
    uint64_t id = operator_backup(&scene->people, "out");
    const Wire__Envelope *run = worker_run(&scene->worker);
    assert_string_equal(run->run->backup->tool, "");
    assert_false(run->run->backup->password_hashes);
    assert_int_equal(run->run->time_limit_ms, 12 * 3600000);
    assert_string_equal(run_cell(scene, id, "label"), "manual");
    assert_string_equal(run_cell(scene, id, "policy_digest"), "");
}

static void
a_run_of_several_policies_belongs_to_none(void **state)
{
    struct scene *scene = *state;
    uint64_t id = operator_backup(&scene->people, "[ab]");
    assert_non_null(strstr(worker_run(&scene->worker)->run->backup->run_label, "policy prod"));
    assert_string_equal(run_cell(scene, id, "label"), "manual");
    assert_string_equal(run_cell(scene, id, "policy_digest"), "");
    // Each of its jobs does.
    const Wire__Answer *jobs = operator_list(&scene->people, "jobs", "run", id);
    assert_string_equal(answer_cell(jobs, 0, "name"), "b");
    assert_string_equal(answer_cell(jobs, 0, "policy"), "prod");
    assert_int_equal(strlen(answer_cell(jobs, 0, "policy_digest")), 64);
    operator_cancel(&scene->people, 0, id);
}

static void
an_owner_who_opted_out_is_told_of(void **state)
{
    struct scene *scene = *state;
    uint64_t id = operator_backup(&scene->people, "out");
    assert_string_equal(run_cell(scene, id, "skipped"), "1");
    const Wire__Answer *skipped = operator_list(&scene->people, "skipped", "run", id);
    assert_string_equal(answer_cell(skipped, 0, "reason"),
                        "its owner opted out by the tag dbhaul:policy of 'prod'");
    const Wire__Answer *list = operator_list(&scene->people, "unmatched", NULL, 0);
    assert_int_equal(list->table->n_rows, 2);
    assert_string_equal(answer_cell(list, 0, "name"), "out");
    assert_string_equal(answer_cell(list, 0, "outcome"), "opted out");
    assert_string_equal(answer_cell(list, 1, "name"), "pg");
    assert_string_equal(answer_cell(list, 1, "outcome"), "unmatched");
}

static void
a_tool_that_cannot_read_the_engine_is_said_at_once(void **state)
{
    struct scene *scene = *state;
    uint64_t id = operator_backup(&scene->people, "a");
    WAIT_UNTIL(strstr(answer_cell(operator_list(&scene->people, "progress", NULL, 0), 0, "message"),
                      "the tool 'pg_dump' does not read the engine 'mysql'"));
    operator_cancel(&scene->people, 0, id);
}

static const Wire__Answer *
list_with_limit(struct scene *scene, const char *name, const char *cursor, uint32_t limit)
{
    Wire__Query query = WIRE__QUERY__INIT;
    query.name = (char *)(uintptr_t)name;
    query.cursor = (char *)(uintptr_t)cursor;
    query.limit = limit;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_QUERY;
    ask.query = &query;
    return operator_ask(&scene->people, &ask);
}

static void
lists_come_page_by_page(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *list, *first, *second;
    } cases[] = {{"policies", "prod", "odd"}, {"unmatched", "out", "pg"}};
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        const Wire__Answer *page = list_with_limit(scene, cases[index].list, "", 1);
        assert_int_equal(page->table->n_rows, 1);
        assert_string_equal(answer_cell(page, 0, "name"), cases[index].first);
        assert_string_not_equal(page->cursor, "");
        CLEAN(memory_free) char *cursor = memory_copy_text(page->cursor);
        page = list_with_limit(scene, cases[index].list, cursor, 1);
        assert_int_equal(page->table->n_rows, 1);
        assert_string_equal(answer_cell(page, 0, "name"), cases[index].second);
        assert_string_equal(page->cursor, "");
    }
}

static void
a_database_s_policy_is_explained_if_it_is_one_database(void **state)
{
    struct scene *scene = *state;
    const Wire__Answer *answer = operator_list(&scene->people, "policy", "database", 2);
    assert_int_equal(answer->table->n_rows, 3);
    assert_string_equal(answer_cell(answer, 0, "policy"), "prod");
    assert_string_equal(answer_cell(answer, 0, "verdict"), "selected");
    assert_string_equal(answer_cell(answer, 2, "worker"), "worker-1");
    assert_string_equal(answer_cell(answer, 2, "verdict"), "can take it");
    assert_string_equal(answer_cell(answer, 1, "policy"), "odd");
    assert_string_equal(answer_cell(answer, 1, "verdict"), "no");
    assert_non_null(strstr(answer_cell(answer, 1, "reason"), "its name is 'b'"));
    answer = list_with_limit(scene, "policy", "", 100);
    assert_non_null(strstr(answer->message, "4 databases match"));
}

static void
a_broken_file_changes_nothing(void **state)
{
    struct scene *scene = *state;
    static const char *const broken[] = {"policies: {a: {select: {}}, b: {select: {}}}\n",
                                         "policies: {a: {selct: {}}}\n", "retry: {delay: soon}\n"};
    for (size_t index = 0; index < sizeof broken / sizeof *broken; index++) {
        write_policies(scene, broken[index]);
        // The signal is heard before what came after it.
        const Wire__Answer *list = operator_list(&scene->people, "policies", NULL, 0);
        assert_string_equal(answer_cell(list, 0, "name"), "prod");
    }
    write_policies(scene, "policies: {a: {select: {}}}\n");
    WAIT_UNTIL(has_policies(scene, 1));
}

#define POLICIES_TEST(name) cmocka_unit_test_setup_teardown(name, open_policies, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        POLICIES_TEST(a_policy_decides_how_its_databases_are_backed_up),
        POLICIES_TEST(without_a_policy_all_is_as_the_settings_say),
        POLICIES_TEST(a_run_of_several_policies_belongs_to_none),
        POLICIES_TEST(an_owner_who_opted_out_is_told_of),
        POLICIES_TEST(a_tool_that_cannot_read_the_engine_is_said_at_once),
        POLICIES_TEST(lists_come_page_by_page),
        POLICIES_TEST(a_database_s_policy_is_explained_if_it_is_one_database),
        POLICIES_TEST(a_broken_file_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
