#include "coordinator/cli/follow.h"

#include <inttypes.h>

#include "coordinator/cli/command.h"
#include "tests/answerer.h"

// One look at the run: its row and its jobs' rows.
struct view {
    const char *run_state;
    int64_t jobs, succeeded, failed;
    struct {
        const char *state, *message;
        int64_t attempt;
    } rows[2];
};

struct scene {
    struct view views[6];
    size_t current;
    int has_skipped;
    const char *waits;  // for what jobs wait that are queued
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
run_row(const struct view *view)
{
    static const char *const names[] = {"state",  "started",   "ended",   "jobs", "succeeded",
                                        "failed", "cancelled", "skipped", NULL};
    table_t *table = table_of(names);
    table_add_row(table);
    table_set(table, "state", view->run_state);
    table_set(table, "started", "1000");
    table_set(table, "ended", "61000");
    table_set_integer(table, "jobs", view->jobs);
    table_set_integer(table, "succeeded", view->succeeded);
    table_set_integer(table, "failed", view->failed);
    table_set(table, "cancelled", "0");
    table_set(table, "skipped", "0");
    return table;
}

static table_t *
job_rows(const struct view *view)
{
    static const char *const names[] = {"id",      "name",  "state", "attempt", "worker",
                                        "started", "ended", "size",  "message", NULL};
    table_t *table = table_of(names);
    for (int i = 0; i < view->jobs && i < 2; i++) {
        table_add_row(table);
        table_set_integer(table, "id", 31 + i);
        table_set(table, "name", i ? "crm" : "shop");
        table_set(table, "state", view->rows[i].state);
        table_set_integer(table, "attempt", view->rows[i].attempt);
        table_set(table, "worker", "w1");
        table_set(table, "started", "1000");
        table_set(table, "ended", "35000");
        table_set(table, "size", "1536");
        table_set(table, "message", view->rows[i].message);
    }
    return table;
}

static table_t *
progress_rows(const struct view *view, const char *waits)
{
    static const char *const names[] = {"job", "name", "state", "message", NULL};
    table_t *table = table_of(names);
    for (int i = 0; i < view->jobs && i < 2; i++) {
        table_add_row(table);
        table_set_integer(table, "job", 31 + i);
        table_set(table, "name", i ? "crm" : "shop");
        table_set(table, "state", view->rows[i].state);
        table_set(table, "message", waits ? waits : "");
    }
    return table;
}

static table_t *
skipped_rows(int has_skipped)
{
    static const char *const names[] = {"name", "reason", NULL};
    table_t *table = table_of(names);
    if (has_skipped) {
        table_add_row(table);
        table_set(table, "name", "legacy");
        table_set(table, "reason", "it is stopped");
    }
    return table;
}

static struct reply
show_scene(void *context, const Wire__Ask *ask)
{
    struct scene *scene = context;
    const char *name = ask->query->name;
    if (strcmp(name, "skipped") == 0)
        return (struct reply){.table = skipped_rows(scene->has_skipped)};
    if (strcmp(name, "progress") == 0)
        return (struct reply){.table =
                                  progress_rows(&scene->views[scene->current - 1], scene->waits)};
    const struct view *view = &scene->views[scene->current];
    if (strcmp(name, "run") == 0)
        return view->run_state
                   ? (struct reply){.table = run_row(view)}
                   : (struct reply){.table = table_of((const char *const[]){"id", NULL})};
    scene->current++;  // of what a look asks for only the progress comes after the jobs
    return (struct reply){.table = job_rows(view)};
}

static int
no_pause(void *context, int64_t pause_ms, struct error *error)
{
    (void)context, (void)pause_ms, (void)error;
    return 0;
}

static int
follow(struct scene *scene, char **text, struct error *error)
{
    CLEAN(answerer_stop) struct answerer answerer;
    answerer_start(&answerer, show_scene, scene);
    struct client_address address = {.endpoint = answerer.endpoint};
    CLEAN(client_destroy) client_t *client = client_new(&address);
    size_t size = 0;
    FILE *out = open_memstream(text, &size);
    struct follow self = {
        .client = client, .run_id = 12, .out = out, .patience_ms = 60000, .pause = no_pause};
    CLEAN(table_destroy) table_t *run = NULL;
    int status = follow_run(&self, &run, error);
    fclose(out);
    return status;
}

// The text without the time that each line begins with.
static void
assert_said(const char *text, const char *const *lines)
{
    enum { STAMP_SIZE = 21 };  // "2026-11-23 03:00:00Z "
    for (; *lines; lines++) {
        const char *end = strchr(text, '\n');
        assert_non_null(end);
        assert_true(end - text > STAMP_SIZE);
        CLEAN(memory_free)
        char *line = memory_format("%.*s", (int)(end - text - STAMP_SIZE), text + STAMP_SIZE);
        assert_string_equal(line, *lines);
        text = end + 1;
    }
    assert_string_equal(text, "");
}

static void
each_change_has_one_line(void **state)
{
    (void)state;
    struct scene scene = {
        .has_skipped = 1,
        .views = {
            {"running", 2, 0, 0, {{"queued", "", 0}, {"queued", "", 0}}},
            {"running", 2, 0, 0, {{"running", "", 1}, {"queued", "", 0}}},
            {"running", 2, 0, 0, {{"running", "", 1}, {"running", "", 1}}},
            {"running", 2, 1, 0, {{"succeeded", "", 1}, {"queued", "gone away", 1}}},
            {"running", 2, 1, 0, {{"succeeded", "", 1}, {"running", "gone away", 2}}},
            {"partial", 2, 1, 1, {{"succeeded", "", 1}, {"failed", "access denied\nto all", 2}}}}};
    struct error error = {0};
    CLEAN(memory_free) char *text = NULL;
    assert_int_equal(follow(&scene, &text, &error), STATUS_PARTIAL);
    static const char *const lines[] = {
        "'legacy' is skipped: it is stopped",
        "job 31 'shop': runs on w1",
        "job 32 'crm': runs on w1",
        "job 31 'shop': succeeded in 34 s, 1.5 KiB",
        "job 32 'crm': will be tried again: gone away",
        "run 12: 1 of 2 jobs ended, 0 failed",
        "job 32 'crm': runs on w1",
        "job 32 'crm': failed: access denied",
        "job 32 'crm': to all",
        "run 12 partial after 1 min 0 s: 1 succeeded, 1 failed, 0 cancelled, 0 skipped",
        NULL};
    assert_said(text, lines);
}

static void
what_jobs_wait_for_is_said_once_for_all(void **state)
{
    (void)state;
    struct scene scene = {
        .waits = "account '1' has 5 of 5 jobs running",
        .views = {{"running", 2, 0, 0, {{"queued", "", 0}, {"queued", "", 0}}},
                  {"running", 2, 0, 0, {{"queued", "", 0}, {"queued", "", 0}}},
                  {"succeeded", 2, 2, 0, {{"succeeded", "", 1}, {"succeeded", "", 1}}}}};
    struct error error = {0};
    CLEAN(memory_free) char *text = NULL;
    assert_int_equal(follow(&scene, &text, &error), STATUS_WELL);
    static const char *const lines[] = {
        "2 jobs wait: account '1' has 5 of 5 jobs running",
        "job 31 'shop': succeeded in 34 s, 1.5 KiB", "job 32 'crm': succeeded in 34 s, 1.5 KiB",
        "run 12 succeeded after 1 min 0 s: 2 succeeded, 0 failed, 0 cancelled, 0 skipped", NULL};
    assert_said(text, lines);
    CLEAN(memory_free) char *alone = NULL;
    struct scene one = {.waits = "no worker that fits has room",
                        .views = {{"running", 1, 0, 0, {{"queued", "", 0}}},
                                  {"succeeded", 1, 1, 0, {{"succeeded", "", 1}}}}};
    assert_int_equal(follow(&one, &alone, &error), STATUS_WELL);
    assert_non_null(strstr(alone, "job 31 'shop' waits: no worker that fits has room\n"));
}

static void
the_status_is_the_runs_end(void **state)
{
    (void)state;
    const struct {
        const char *run_state;
        int64_t jobs;
        int status;
    } ends[] = {{"succeeded", 1, STATUS_WELL},    {"failed", 1, STATUS_PARTIAL},
                {"partial", 1, STATUS_PARTIAL},   {"cancelled", 1, STATUS_CANCELLED},
                {"succeeded", 0, STATUS_REFUSED}, {"of a newer one", 1, STATUS_PARTIAL}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct scene scene = {
            .views = {{ends[i].run_state, ends[i].jobs, 0, 0, {{"queued", "", 0}}}}};
        struct error error = {0};
        CLEAN(memory_free) char *text = NULL;
        assert_int_equal(follow(&scene, &text, &error), ends[i].status);
    }
}

static void
a_run_that_is_not_there_is_not_found(void **state)
{
    (void)state;
    struct scene scene = {.views = {{0}}};
    struct error error = {0};
    CLEAN(memory_free) char *text = NULL;
    assert_int_equal(follow(&scene, &text, &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_string_equal(error.message, "there is no run 12");
}

static void
escapes_in_messages_are_harmless(void **state)
{
    (void)state;
    struct scene scene = {.views = {{"failed", 1, 0, 1, {{"failed", "a\x1b[2J\rb", 1}}}}};
    struct error error = {0};
    CLEAN(memory_free) char *text = NULL;
    assert_int_equal(follow(&scene, &text, &error), STATUS_PARTIAL);
    assert_non_null(strstr(text, "job 31 'shop': failed: a?[2J?b\n"));
}

// Lets the answerer come up only when the follower has noticed that it is not there.
struct late {
    struct answerer answerer;
    struct scene *scene;
    int has_started;
};

static int
start_late(void *context, int64_t pause_ms, struct error *error)
{
    struct late *late = context;
    (void)pause_ms, (void)error;
    if (!late->has_started)
        answerer_start(&late->answerer, show_scene, late->scene);
    late->has_started = 1;
    return 0;
}

static void
a_coordinator_out_of_reach_is_waited_for(void **state)
{
    (void)state;
    struct scene scene = {.views = {{"succeeded", 1, 1, 0, {{"succeeded", "", 1}}}}};
    struct late late = {.scene = &scene};
    struct error error = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct client_address address = {.endpoint = late.answerer.endpoint};
    // The client borrows the text, which answerer_start then makes that of a place where it is.
    snprintf(late.answerer.endpoint, sizeof late.answerer.endpoint,
             "ipc:///tmp/test_follow_nobody.ipc");
    CLEAN(client_destroy) client_t *client = client_new(&address);
    struct follow self = {.client = client,
                          .run_id = 12,
                          .out = out,
                          .patience_ms = 60000,
                          .pause = start_late,
                          .context = &late};
    CLEAN(table_destroy) table_t *run = NULL;
    assert_int_equal(follow_run(&self, &run, &error), STATUS_WELL);
    fclose(out);
    assert_non_null(strstr(text, "cannot reach the coordinator"));
    assert_non_null(strstr(text, "waiting for it\n"));
    assert_non_null(strstr(text, "run 12 succeeded"));
    free(text);
    answerer_stop(&late.answerer);
}

static void
patience_with_a_silent_coordinator_ends(void **state)
{
    (void)state;
    struct error error = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct client_address address = {.endpoint = "ipc:///tmp/test_follow_nobody.ipc"};
    CLEAN(client_destroy) client_t *client = client_new(&address);
    struct follow self = {
        .client = client, .run_id = 12, .out = out, .patience_ms = 50, .pause = no_pause};
    CLEAN(table_destroy) table_t *run = NULL;
    assert_int_equal(follow_run(&self, &run, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    fclose(out);
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_has_one_line),
        cmocka_unit_test(what_jobs_wait_for_is_said_once_for_all),
        cmocka_unit_test(the_status_is_the_runs_end),
        cmocka_unit_test(a_run_that_is_not_there_is_not_found),
        cmocka_unit_test(escapes_in_messages_are_harmless),
        cmocka_unit_test(a_coordinator_out_of_reach_is_waited_for),
        cmocka_unit_test(patience_with_a_silent_coordinator_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
