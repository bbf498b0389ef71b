// timeout: 120
// Which policy each database has, and what that promises, in the coordinator as a whole: told once,
// whatever is read anew or restarted.

#include <signal.h>

#include "tests/server_scene.h"

#define DATABASE(id, rest) \
    "  - {id: " id ", name: " id ", engine: mysql, version: 8.0.36, host: " id \
    ".example, secret: s" rest "}\n"
#define TAG(value) ", tags: {'dbhaul:policy': " value "}"

static const char *const inventory = "databases:\n" DATABASE("gilded", TAG("gold"))
    DATABASE("out", TAG("none")) DATABASE("plain", "") DATABASE("wrong", TAG("silver"));

static const char *const policies =
    "policies:\n"
    "  all: {select: {name: [gilded, out, plain, wrong]}, promise: {good: 26h}}\n"
    "  gold: {selectable: true, promise: {good: 5h, offsite: 48h}}\n";

static void
write_policies(struct scene *scene, const char *text)
{
    const char *folder = scene->coordinator.folder;
    CLEAN(memory_free)
    char *whole = memory_format("catalog: sqlite:%s/catalog.db\n"
                                "providers:\n"
                                "  - {kind: file, name: lab, path: %s/inventory.yaml}\n"
                                "timers: {lease: 1500ms, beat: 200ms, worker_lost: 900ms}\n"
                                "%s",
                                folder, folder, text);
    CLEAN(memory_free) char *path = folder_write(folder, "coordinator.yaml", 0600, whole);
    process_signal(scene->coordinator.process, SIGHUP);
}

static void
write_inventory(struct scene *scene, const char *text)
{
    CLEAN(memory_free)
    char *path = folder_write(scene->coordinator.folder, "inventory.yaml", 0600, text);
    Wire__Discover discover = WIRE__DISCOVER__INIT;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_DISCOVER;
    ask.discover = &discover;
    operator_ask(&scene->people, &ask);
}

static const Wire__Answer *
databases(struct scene *scene, const char *filter, const char *value)
{
    Wire__Term term = WIRE__TERM__INIT;
    Wire__Term *terms[] = {&term};
    term.key = (char *)(uintptr_t)filter;
    term.pattern = (char *)(uintptr_t)value;
    Wire__Query query = WIRE__QUERY__INIT;
    query.name = (char *)(uintptr_t) "databases";
    query.n_terms = *filter != '\0';
    query.terms = terms;
    query.limit = 100;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_QUERY;
    ask.query = &query;
    return operator_ask(&scene->people, &ask);
}

// The column of all rows: "a|b|c|".
static char *
column(const Wire__Answer *answer, const char *name)
{
    char *text = memory_copy_text("");
    for (size_t row = 0; row < answer->table->n_rows; row++) {
        char *longer = memory_format("%s%s|", text, answer_cell(answer, row, name));
        free(text);
        text = longer;
    }
    return text;
}

static int
is_column(const Wire__Answer *answer, const char *name, const char *expected)
{
    CLEAN(memory_free) char *text = column(answer, name);
    return strcmp(text, expected) == 0;
}

static void
check_column(const Wire__Answer *answer, const char *name, const char *expected)
{
    CLEAN(memory_free) char *text = column(answer, name);
    assert_string_equal(text, expected);
}

// Events of policies, newest first: "kind name|"; those of discovery are left out.
static char *
events(struct scene *scene)
{
    const Wire__Answer *answer = operator_list(&scene->people, "events", NULL, 0);
    char *text = memory_copy_text("");
    for (size_t row = 0; row < answer->table->n_rows; row++) {
        const char *kind = answer_cell(answer, row, "kind");
        if (strcmp(kind, "appeared") == 0 || strcmp(kind, "changed") == 0 ||
            strncmp(kind, "scope", 5) == 0)
            continue;
        char *longer = memory_format("%s%s %s|", text, kind, answer_cell(answer, row, "name"));
        free(text);
        text = longer;
    }
    return text;
}

static void
check_events(struct scene *scene, const char *expected)
{
    CLEAN(memory_free) char *text = events(scene);
    assert_string_equal(text, expected);
}

static int
has_events(struct scene *scene, const char *expected)
{
    CLEAN(memory_free) char *text = events(scene);
    return strcmp(text, expected) == 0;
}

static int
open_promise(void **state)
{
    struct scene *scene = memory_get(sizeof *scene);
    coordinator_make(&scene->coordinator, "databases: []\n", "10m");
    speaker_open(&scene->people, &scene->coordinator, "operator");
    write_policies(scene, policies);
    WAIT_UNTIL(operator_list(&scene->people, "policies", NULL, 0)->table->n_rows == 2);
    write_inventory(scene, inventory);
    *state = scene;
    return 0;
}

#define FIRST_EVENTS "tag refused wrong|opted out out|"

static void
each_database_has_its_policy_and_promise(void **state)
{
    struct scene *scene = *state;
    const Wire__Answer *all = databases(scene, "", "");
    check_column(all, "name", "gilded|out|plain|wrong|");
    check_column(all, "policy", "gold|all|all|all|");
    check_column(all, "policy_outcome", "tagged|opted out|selected|selected|");
    check_column(all, "promise", "waiting|opted out|waiting|waiting|");
    check_column(all, "promised_age", "18000||93600|93600|");
    check_column(all, "promised_offsite_age", "172800||||");
    check_column(all, "policy_tag", "gold|none||silver|");
    check_column(databases(scene, "opted_out", "yes"), "name", "out|");
    check_column(databases(scene, "overdue", "yes"), "name", "");
    check_column(databases(scene, "unmatched", "yes"), "name", "");
    check_events(scene, FIRST_EVENTS);
    const Wire__Answer *list = operator_list(&scene->people, "policies", NULL, 0);
    check_column(list, "promised_age", "93600|18000|");
    check_column(list, "promised_offsite_age", "|172800|");
}

static void
what_an_owner_changes_is_told_once(void **state)
{
    struct scene *scene = *state;
    static const char *const changed =
        "databases:\n" DATABASE("gilded", "") DATABASE("out", TAG("gold"))
            DATABASE("plain", TAG("none")) DATABASE("wrong", TAG("silver"));
    write_inventory(scene, changed);
    static const char told[] = "opted out plain|opted in out|tag lost gilded|" FIRST_EVENTS;
    check_events(scene, told);
    const Wire__Answer *list = operator_list(&scene->people, "events", NULL, 0);
    size_t row = 0;
    while (strcmp(answer_cell(list, row, "kind"), "tag lost") != 0)
        row++;
    assert_string_equal(answer_cell(list, row, "message"), "'gold' -> 'all': 'all' selects it");
    const Wire__Answer *all = databases(scene, "", "");
    check_column(all, "policy", "all|gold|all|all|");
    check_column(all, "lost_policy", "gold||||");
    check_column(databases(scene, "tag_lost", "60000"), "name", "gilded|");
    write_inventory(scene, changed);
    scene_restart(scene);
    write_inventory(scene, changed);
    check_events(scene, told);
    check_column(databases(scene, "", ""), "lost_policy", "gold||||");
    write_inventory(scene, inventory);
    check_column(databases(scene, "", ""), "lost_policy", "||||");
}

static void
what_another_configuration_changes_is_told_with_the_reason(void **state)
{
    struct scene *scene = *state;
    write_policies(scene, "policies:\n"
                          "  few: {select: {name: [gilded, out, wrong]}, promise: {good: 30h}}\n"
                          "  gold: {select: {name: [nothing]}}\n");
    static const char told[] =
        "tag lost gilded|policy changed wrong|policy lost plain|" FIRST_EVENTS;
    WAIT_UNTIL(is_column(databases(scene, "", ""), "policy", "few|few||few|"));
    CLEAN(memory_free) char *found = events(scene);
    assert_int_equal(strlen(found), strlen(told));  // in whatever order
    assert_non_null(strstr(found, "tag lost gilded|"));
    assert_non_null(strstr(found, "policy changed wrong|"));
    assert_non_null(strstr(found, "policy lost plain|"));
    const Wire__Answer *list = operator_list(&scene->people, "events", NULL, 0);
    for (size_t row = 0; row < 3; row++)
        assert_non_null(
            strstr(answer_cell(list, row, "message"), "; the configuration was read anew"));
    const Wire__Answer *all = databases(scene, "", "");
    check_column(all, "promise", "waiting|opted out|unmatched|waiting|");
    check_column(all, "promised_age", "108000|||108000|");
    check_column(all, "lost_policy", "gold||||");
    check_column(databases(scene, "unmatched", "yes"), "name", "plain|");
    scene_restart(scene);
    WAIT_UNTIL(has_events(scene, found));
}

// While the coordinator was down.
static void
a_configuration_that_changed_meanwhile_is_told_at_the_start(void **state)
{
    struct scene *scene = *state;
    coordinator_kill(&scene->coordinator);
    CLEAN(memory_free)
    char *path = memory_format("%s/coordinator.yaml", scene->coordinator.folder);
    CLEAN(memory_free)
    char *command =
        memory_format("sed -i 's/gilded, out, plain, wrong/gilded, out, wrong/' '%s'", path);
    assert_int_equal(system(command), 0);
    coordinator_start(&scene->coordinator);
    speaker_close(&scene->people);
    memset(&scene->people, 0, sizeof scene->people);
    speaker_open(&scene->people, &scene->coordinator, "operator");
    WAIT_UNTIL(has_events(scene, "policy lost plain|" FIRST_EVENTS));
    assert_string_equal(answer_cell(operator_list(&scene->people, "events", NULL, 0), 0, "message"),
                        "'all' -> nothing: no policy selects it; found at the coordinator's start");
}

// Whatever an owner writes reaches nobody's terminal, and picks nothing.
static void
a_hostile_tag_is_told_and_picks_nothing(void **state)
{
    struct scene *scene = *state;
    write_inventory(scene, "databases:\n" DATABASE(
                               "gilded", TAG("\"gold\\e[2J\\u202e'; DROP TABLE events; --\"")));
    const Wire__Answer *all = databases(scene, "name", "gilded");
    check_column(all, "policy", "all|");
    check_column(all, "policy_outcome", "selected|");
    check_column(all, "policy_tag", "gold?[2J?'; DROP TABLE events; --|");
    check_column(all, "lost_policy", "gold|");
    check_column(databases(scene, "gone", "yes"), "name", "out|plain|wrong|");
    const Wire__Answer *list = operator_list(&scene->people, "events", NULL, 0);
    for (size_t row = 0; row < list->table->n_rows; row++)
        for (const char *at = answer_cell(list, row, "message"); *at; at++)
            assert_true((unsigned char)*at >= ' ');
}

static void
a_good_set_keeps_the_promise(void **state)
{
    struct scene *scene = *state;
    worker_open(&scene->worker, &scene->coordinator, "worker-1", 4);
    uint64_t run = operator_backup(&scene->people, "plain");
    report_success(&scene->worker, worker_run(&scene->worker));
    await_run_state(&scene->people, run, "succeeded");
    const Wire__Answer *all = databases(scene, "", "");
    check_column(all, "promise", "waiting|opted out|kept|waiting|");
    assert_string_not_equal(answer_cell(all, 2, "last_good"), "");
    WAIT_UNTIL(strcmp(answer_cell(operator_list(&scene->people, "status", NULL, 0), 0, "overdue"),
                      "0") == 0);
    const Wire__Answer *status = operator_list(&scene->people, "status", NULL, 0);
    assert_string_equal(answer_cell(status, 0, "lapsed"), "0");
    assert_string_equal(answer_cell(status, 0, "unprotected"), "0");
}

#define PROMISE_TEST(name) cmocka_unit_test_setup_teardown(name, open_promise, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE_TEST(each_database_has_its_policy_and_promise),
        PROMISE_TEST(what_an_owner_changes_is_told_once),
        PROMISE_TEST(what_another_configuration_changes_is_told_with_the_reason),
        PROMISE_TEST(a_configuration_that_changed_meanwhile_is_told_at_the_start),
        PROMISE_TEST(a_hostile_tag_is_told_and_picks_nothing),
        PROMISE_TEST(a_good_set_keeps_the_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
