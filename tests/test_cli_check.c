// `dbhaul check`: what it asks, and what it makes of the answers.

#include <locale.h>

#include "common/json.h"
#include "coordinator/cli/cli.h"
#include "coordinator/cli/command.h"
#include "tests/answerer.h"
#include "tests/capture.h"

struct scene {
    const char *run_state;
    int64_t jobs;
    struct {
        const char *name, *state, *message;
    } rows[4];
    const char *skipped;  // why 'asleep' is; NULL: it is not
};

static table_t *
table_of(const char *const *names)
{
    table_t *table = table_new();
    for (; *names; names++)
        table_add_column(table, *names, TABLE_TEXT);
    return table;
}

static table_t *
run_table(const struct scene *scene)
{
    static const char *const names[] = {"state", "jobs", NULL};
    table_t *table = table_of(names);
    table_add_row(table);
    table_set(table, "state", scene->run_state);
    table_set_integer(table, "jobs", scene->jobs);
    return table;
}

static table_t *
job_table(const struct scene *scene)
{
    static const char *const names[] = {"id",    "name",    "engine",  "database", "worker",
                                        "state", "attempt", "message", NULL};
    table_t *table = table_of(names);
    for (int i = 0; i < scene->jobs; i++) {
        table_add_row(table);
        table_set_integer(table, "id", 31 + i);
        table_set(table, "name", scene->rows[i].name);
        table_set(table, "engine", "mysql");
        table_set_integer(table, "database", 5 + i);
        table_set(table, "worker", "w1");
        table_set(table, "state", scene->rows[i].state);
        table_set(table, "attempt", "1");
        table_set(table, "message", scene->rows[i].message);
    }
    return table;
}

static table_t *
skipped_table(const struct scene *scene)
{
    static const char *const names[] = {"name", "engine", "database", "reason", NULL};
    table_t *table = table_of(names);
    if (scene->skipped) {
        table_add_row(table);
        table_set(table, "name", "asleep");
        table_set(table, "engine", "oracle");
        table_set(table, "database", "4");
        table_set(table, "reason", scene->skipped);
    }
    return table;
}

static struct reply
answer(void *context, const Wire__Ask *ask)
{
    const struct scene *scene = context;
    if (ask->what_case == WIRE__ASK__WHAT_SUBMIT)
        return (struct reply){.run_id = 12};
    if (strcmp(ask->query->name, "run") == 0)
        return (struct reply){.table = run_table(scene)};
    if (strcmp(ask->query->name, "skipped") == 0)
        return (struct reply){.table = skipped_table(scene)};
    return (struct reply){.table = job_table(scene)};
}

// Runs `dbhaul check` with one more argument (may be NULL).
static int
check(struct scene *scene, const char *option, char **out)
{
    struct answerer answerer;
    answerer_start(&answerer, answer, scene);
    setenv("DBHAUL_CONNECT", answerer.endpoint, 1);
    char program[] = "dbhaul", command[] = "check";
    CLEAN(memory_free) char *copy = memory_copy_text(option);
    char *words[] = {program, command, copy, NULL};
    struct capture capture = capture_begin(stdout);
    int status = cli_run(option ? 3 : 2, words);
    *out = capture_end(&capture, stdout);
    answerer_stop(&answerer);
    return status;
}

static struct scene
mixed_scene(void)
{
    return (struct scene){
        .run_state = "partial",
        .jobs = 4,
        .rows = {{"shop", "failed",
                  "tls: not trusted\nmount: gone\nnote room: tight\nnote content: 3 tables"},
                 {"crm", "succeeded", "note content: 1 table"},
                 {"lost", "failed", "its worker was not heard of any more"},
                 {"stopped", "cancelled", "cancelled by uid:0"}},
        .skipped = "it is stopped"};
}

static void
each_reason_has_a_line(void **state)
{
    (void)state;
    struct scene scene = mixed_scene();
    CLEAN(memory_free) char *out = NULL;
    assert_int_equal(check(&scene, NULL, &out), STATUS_PARTIAL);
    assert_string_equal(out,
                        "NAME     ENGINE  VERDICT      WORKER  CLASS  REASON\n"
                        "asleep   oracle  skipped              state  it is stopped\n"
                        "crm      mysql   well         w1\n"
                        "lost     mysql   not checked  w1             its worker was not heard "
                        "of any more\n"
                        "shop     mysql   would fail   w1      tls    not trusted\n"
                        "                                      mount  gone\n"
                        "                                      room   note: tight\n"
                        "stopped  mysql   not checked  w1             cancelled by uid:0\n"
                        "\n"
                        "1 well, 1 would fail, 1 skipped, 2 not checked\n");
}

static void
notes_are_shown_when_asked_for(void **state)
{
    (void)state;
    struct scene scene = mixed_scene();
    CLEAN(memory_free) char *out = NULL;
    check(&scene, "--notes", &out);
    assert_non_null(strstr(out, "content  note: 3 tables\n"));
    assert_non_null(strstr(out, "content  note: 1 table\n"));
}

static void
programs_get_all_of_it(void **state)
{
    (void)state;
    struct scene scene = mixed_scene();
    CLEAN(memory_free) char *out = NULL;
    assert_int_equal(check(&scene, "--json", &out), STATUS_PARTIAL);
    struct error error = {0};
    CLEAN(json_destroy) json_t *rows = NULL;
    assert_int_equal(json_parse(out, strlen(out), 100000, &rows, &error), 0);
    assert_int_equal(json_array_size(rows), 5);
    CLEAN(memory_free) char *skipped = json_print(json_array_get(rows, 0));
    assert_string_equal(
        skipped,
        "{\"database\":4,\"engine\":\"oracle\",\"job\":null,\"name\":\"asleep\",\"reasons\":"
        "[{\"class\":\"state\",\"fatal\":true,\"text\":\"it is stopped\"}],\"run\":12,"
        "\"verdict\":\"skipped\",\"worker\":\"\"}");
    CLEAN(memory_free) char *failed = json_print(json_array_get(rows, 3));
    assert_string_equal(
        failed, "{\"database\":5,\"engine\":\"mysql\",\"job\":31,\"name\":\"shop\",\"reasons\":"
                "[{\"class\":\"tls\",\"fatal\":true,\"text\":\"not trusted\"},"
                "{\"class\":\"mount\",\"fatal\":true,\"text\":\"gone\"},"
                "{\"class\":\"room\",\"fatal\":false,\"text\":\"tight\"},"
                "{\"class\":\"content\",\"fatal\":false,\"text\":\"3 tables\"}],\"run\":12,"
                "\"verdict\":\"would fail\",\"worker\":\"w1\"}");
}

static void
the_status_tells_whether_anything_would_fail(void **state)
{
    (void)state;
    CLEAN(memory_free) char *well = NULL;
    CLEAN(memory_free) char *none = NULL;
    CLEAN(memory_free) char *begun = NULL;
    struct scene scene = {.run_state = "succeeded",
                          .jobs = 1,
                          .rows = {{"shop", "succeeded", ""}},
                          .skipped = "it is stopped"};
    assert_int_equal(check(&scene, "--wait", &well), STATUS_WELL);
    assert_non_null(strstr(well, "\n1 well, 0 would fail, 1 skipped, 0 not checked\n"));
    assert_int_equal(check(&scene, "--no-wait", &begun), STATUS_WELL);
    assert_string_equal(begun, "run 12 has begun; `dbhaul runs 12` shows it\n");
    scene.jobs = 0;
    assert_int_equal(check(&scene, NULL, &none), STATUS_REFUSED);
}

static void
escapes_in_reasons_are_harmless(void **state)
{
    (void)state;
    struct scene scene = {.run_state = "failed",
                          .jobs = 1,
                          .rows = {{"shop", "failed", "grants: \x1b[2Jdenied\rtls: forged"}}};
    CLEAN(memory_free) char *out = NULL;
    assert_int_equal(check(&scene, NULL, &out), STATUS_PARTIAL);
    assert_non_null(strstr(out, "  grants  ?[2Jdenied?tls: forged\n"));
}

int
main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reason_has_a_line),
        cmocka_unit_test(notes_are_shown_when_asked_for),
        cmocka_unit_test(programs_get_all_of_it),
        cmocka_unit_test(the_status_tells_whether_anything_would_fail),
        cmocka_unit_test(escapes_in_reasons_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
