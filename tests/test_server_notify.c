// timeout: 120
// Who is told by the coordinator as a whole: a program that notes what it gets, one that hangs, one
// that fails; targets that come and go while it runs.

#include <dirent.h>

#include "tests/server_scene.h"

static const char *const inventory =
    "databases:\n"
    "  - {id: a, name: alpha, engine: mysql, version: 8.0.36, host: a.example, secret: s}\n"
    "  - {id: b, name: beta, engine: mysql, version: 8.0.36, host: b.example, secret: s,\n"
    "     tags: {env: prod}}\n"
    "  - {id: out, name: outside, engine: mysql, version: 8.0.36, host: c.example, secret: s,\n"
    "     tags: {env: prod, 'dbhaul:policy': none}}\n"
    "  - {id: pg, name: policy, engine: postgres, version: '15.4', host: p.example, secret: s}\n";

static const char prod[] = "policies: {prod: {select: {tag: {env: prod}}}}\n";
static const char all[] = "policies: {prod: {select: {tag: {env: prod}}}, rest: {select: {}}}\n";

// NAME: a program of the folder; the message becomes EVENT.DELIVERY in its folder NAME.d.
static void
write_program(struct scene *scene, const char *name, const char *text)
{
    CLEAN(memory_free) char *path = folder_write(scene->coordinator.folder, name, 0700, text);
    CLEAN(memory_free) char *folder = memory_format("%s.d", path);
    mkdir(folder, 0700);
}

static const char noting[] = "#!/bin/sh\ncat >\"$0.d/.new\"\n"
                             "mv \"$0.d/.new\" \"$0.d/$DBHAUL_EVENT.$DBHAUL_DELIVERY\"\n";

// Prints the text with the folder's path in place of each DIR.
static void
print_filled(FILE *stream, const char *text, const char *folder)
{
    const char *mark = NULL;
    for (; (mark = strstr(text, "DIR")); text = mark + 3)
        fprintf(stream, "%.*s%s", (int)(mark - text), text, folder);
    fputs(text, stream);
}

// targets: as YAML's flow form has a mapping, with DIR for the folder.
static void
configure(struct scene *scene, const char *policies, const char *targets)
{
    static const char rest[] = "catalog: sqlite:DIR/catalog.db\n"
                               "providers: [{kind: file, name: lab, path: DIR/inventory.yaml}]\n"
                               "limits: {server: 8}\n"
                               "retry: {failures: 2, delay: 10ms, delay_max: 20ms}\n"
                               "timers: {lease: 1500ms, beat: 200ms, worker_lost: 900ms}\n";
    const char *folder = scene->coordinator.folder;
    CLEAN(memory_free) char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    print_filled(stream, rest, folder);
    fprintf(stream, "%snotify: {gather: 100ms, targets: {", policies);
    print_filled(stream, targets, folder);
    fputs("}}\n", stream);
    fclose(stream);
    CLEAN(memory_free) char *path = folder_write(folder, "coordinator.yaml", 0600, text);
    process_signal(scene->coordinator.process, SIGHUP);
}

// How many messages of this event the program got; the last one's text in *text (the caller's).
static size_t
noted(struct scene *scene, const char *name, const char *event, char **text)
{
    CLEAN(memory_free) char *path = memory_format("%s/%s.d", scene->coordinator.folder, name);
    size_t count = 0, length = strlen(event);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strncmp(entry->d_name, event, length) != 0 || entry->d_name[length] != '.')
            continue;
        struct error error = {0};
        size_t size = 0;
        count++;
        if (!text)
            continue;
        memory_free(text);
        assert_int_equal(fd_read_file(dirfd(folder), entry->d_name, 1 << 20, text, &size, &error),
                         0);
    }
    closedir(folder);
    return count;
}

static const char *
target_cell(struct scene *scene, const char *column)
{
    return answer_cell(operator_list(&scene->people, "targets", NULL, 0), 0, column);
}

static size_t
count_outages(struct scene *scene)
{
    return operator_list(&scene->people, "outages", NULL, 0)->table->n_rows;
}

static int
open_notify(void **state)
{
    struct scene *scene = memory_get(sizeof *scene);
    coordinator_make(&scene->coordinator, inventory, "10m");
    worker_open(&scene->worker, &scene->coordinator, "worker-1", 4);
    speaker_open(&scene->people, &scene->coordinator, "operator");
    write_program(scene, "tell", noting);
    write_program(scene, "other", noting);
    *state = scene;
    return 0;
}

static void
fail_jobs(struct scene *scene, const char *name, int count)
{
    worker_ready(&scene->worker, "worker-1", "boot-1", 4, NULL, 0);
    uint64_t id = operator_backup(&scene->people, name);
    for (int index = 0; index < count; index++)
        report_failure(&scene->worker, worker_run(&scene->worker),
                       WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT);
    await_run_state(&scene->people, id, "failed");
}

static void
what_no_policy_has_is_told_once_and_when_it_is_over(void **state)
{
    struct scene *scene = *state;
    CLEAN(memory_free) char *text = NULL;
    configure(scene, prod, "mail: {kind: command, command: [DIR/tell]}");
    WAIT_UNTIL(noted(scene, "tell", "unprotected", &text) == 1);
    assert_non_null(strstr(text, "dbhaul: 2 databases have no policy: no policy selects it\n"));
    assert_non_null(strstr(text, "\n  alpha\n  policy\n"));
    assert_null(strstr(text, "outside"));
    configure(scene, all,
              "mail: {kind: command, command: [DIR/tell], on: [unprotected, recovered]}");
    WAIT_UNTIL(noted(scene, "tell", "recovered", NULL) == 1);
    WAIT_UNTIL(count_outages(scene) == 0);
    assert_int_equal(noted(scene, "tell", "unprotected", NULL), 1);
}

static void
a_target_is_told_of_its_policies_and_events_alone(void **state)
{
    struct scene *scene = *state;
    CLEAN(memory_free) char *text = NULL;
    configure(scene, all,
              "mail: {kind: command, command: [DIR/tell], policies: [p*]}, "
              "boss: {kind: command, command: [DIR/other], on: [overdue]}");
    WAIT_UNTIL(operator_list(&scene->people, "targets", NULL, 0)->table->n_rows == 2);
    fail_jobs(scene, "[ab]*", 2);
    WAIT_UNTIL(noted(scene, "tell", "failure", &text) == 1);
    assert_non_null(strstr(text, "dbhaul: 1 database fails: "));
    assert_non_null(strstr(text, "\n  beta (policy prod)\n"));
    assert_null(strstr(text, "alpha"));
    assert_string_equal(
        answer_cell(operator_list(&scene->people, "outages", NULL, 0), 0, "affected"), "2");
    assert_int_equal(noted(scene, "other", "failure", NULL), 0);
}

static void
a_target_whose_databases_join_later_is_told_then(void **state)
{
    struct scene *scene = *state;
    configure(scene, all,
              "one: {kind: command, command: [DIR/tell], policies: [rest]}, "
              "two: {kind: command, command: [DIR/other], policies: [prod]}");
    WAIT_UNTIL(operator_list(&scene->people, "targets", NULL, 0)->table->n_rows == 2);
    fail_jobs(scene, "alpha", 1);
    WAIT_UNTIL(noted(scene, "tell", "failure", NULL) == 1);
    assert_int_equal(noted(scene, "other", "failure", NULL), 0);
    fail_jobs(scene, "beta", 1);
    WAIT_UNTIL(noted(scene, "other", "failure", NULL) == 1);
    assert_int_equal(count_outages(scene), 1);
    assert_int_equal(noted(scene, "tell", "failure", NULL), 1);
}

static void
a_target_that_hangs_holds_up_nothing_and_may_be_replaced(void **state)
{
    struct scene *scene = *state;
    configure(scene, all, "mail: {kind: command, command: [/bin/sleep, '1000'], time_limit: 10m}");
    WAIT_UNTIL(operator_list(&scene->people, "targets", NULL, 0)->table->n_rows == 1);
    fail_jobs(scene, "alpha", 1);
    WAIT_UNTIL(strcmp(target_cell(scene, "waiting"), "1") == 0);
    worker_ready(&scene->worker, "worker-1", "boot-1", 4, NULL, 0);
    uint64_t id = operator_backup(&scene->people, "beta");
    report_success(&scene->worker, worker_run(&scene->worker));
    await_run_state(&scene->people, id, "succeeded");
    configure(scene, all, "mail: {kind: command, command: [DIR/tell]}");
    WAIT_UNTIL(noted(scene, "tell", "failure", NULL) == 1);
    WAIT_UNTIL(strcmp(target_cell(scene, "waiting"), "0") == 0);
    assert_string_equal(target_cell(scene, "given_up"), "0");
}

static void
what_is_given_up_is_shown(void **state)
{
    struct scene *scene = *state;
    write_program(scene, "broken", "#!/bin/sh\necho 'no relay' >&2\nexit 75\n");
    configure(scene, all, "mail: {kind: command, command: [DIR/broken], give_up: 1s}");
    WAIT_UNTIL(operator_list(&scene->people, "targets", NULL, 0)->table->n_rows == 1);
    fail_jobs(scene, "alpha", 1);
    WAIT_UNTIL(strstr(target_cell(scene, "message"), "exit status 75: no relay"));
    WAIT_UNTIL(strcmp(target_cell(scene, "given_up"), "1") == 0);
    assert_string_equal(target_cell(scene, "waiting"), "0");
    const Wire__Answer *status = operator_list(&scene->people, "status", NULL, 0);
    assert_string_equal(answer_cell(status, 0, "notices_given_up"), "1");
    assert_string_equal(answer_cell(status, 0, "outages"), "1");
}

static void
without_targets_nothing_is_kept(void **state)
{
    struct scene *scene = *state;
    configure(scene, all, "mail: {kind: command, command: [/bin/sleep, '1000'], time_limit: 10m}");
    WAIT_UNTIL(operator_list(&scene->people, "targets", NULL, 0)->table->n_rows == 1);
    fail_jobs(scene, "alpha", 1);
    WAIT_UNTIL(strcmp(target_cell(scene, "waiting"), "1") == 0);
    configure(scene, all, "");
    WAIT_UNTIL(operator_list(&scene->people, "targets", NULL, 0)->table->n_rows == 0);
    assert_int_equal(count_outages(scene), 0);
    WAIT_UNTIL(
        strcmp(answer_cell(operator_list(&scene->people, "status", NULL, 0), 0, "notices_waiting"),
               "0") == 0);
    fail_jobs(scene, "alpha", 1);
    assert_int_equal(count_outages(scene), 0);
    scene_restart(scene);
    assert_int_equal(count_outages(scene), 0);
    assert_string_equal(
        answer_cell(operator_list(&scene->people, "status", NULL, 0), 0, "notices_waiting"), "0");
}

#define NOTIFY(name) cmocka_unit_test_setup_teardown(name, open_notify, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        NOTIFY(what_no_policy_has_is_told_once_and_when_it_is_over),
        NOTIFY(a_target_is_told_of_its_policies_and_events_alone),
        NOTIFY(a_target_whose_databases_join_later_is_told_then),
        NOTIFY(a_target_that_hangs_holds_up_nothing_and_may_be_replaced),
        NOTIFY(what_is_given_up_is_shown),
        NOTIFY(without_targets_nothing_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
