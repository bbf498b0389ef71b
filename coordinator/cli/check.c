// `dbhaul check`: what would fail tonight, database by database.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/findings.h"
#include "common/memory.h"
#include "coordinator/cli/cell.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/follow.h"
#include "coordinator/cli/print.h"
#include "coordinator/cli/terms.h"

enum { PAGE_ROWS = 500 };

// clang-format off
const struct option_row check_rows[] = {
    {"no-wait", NULL, "only start the run; `dbhaul jobs run=NUMBER` shows what it finds"},
    {"notes", NULL, "also what is worth knowing of databases that are well"},
    {"wait", NULL, "as without: a check waits anyway"},
    {0}};
// clang-format on

enum verdict { WELL, WOULD_FAIL, SKIPPED, NOT_CHECKED, VERDICTS };

static const char *const verdicts[VERDICTS] = {"well", "would fail", "skipped", "not checked"};

struct item {
    enum verdict verdict;
    char *name, *engine, *worker;
    char *message;  // findings as text
    int64_t database, job;
};

struct report {
    struct item *items;
    size_t count;
    size_t counts[VERDICTS];
};

static void
report_clear(struct report *self)
{
    for (size_t i = 0; i < self->count; i++) {
        memory_free(&self->items[i].name);
        memory_free(&self->items[i].engine);
        memory_free(&self->items[i].worker);
        memory_free(&self->items[i].message);
    }
    memory_free(&self->items);
    self->count = 0;
}

// ---- gathering

// A job may fail without a finding: its worker was lost, or its time was over.
static enum verdict
verdict_of(const char *state, const char *message)
{
    if (strcmp(state, "succeeded") == 0)
        return WELL;
    if (strcmp(state, "failed") != 0)
        return NOT_CHECKED;
    CLEAN(findings_destroy) findings_t *findings = findings_read(message);
    for (size_t i = 0; i < findings_count(findings); i++) {
        const struct finding *finding = findings_item(findings, i);
        if (finding->fatal && finding->about != ABOUT_NOTHING)
            return WOULD_FAIL;
    }
    return NOT_CHECKED;
}

static struct item *
add_item(struct report *self, const table_t *table, size_t row, enum verdict verdict)
{
    self->items = memory_resize(self->items, (self->count + 1) * sizeof *self->items);
    struct item *item = &self->items[self->count++];
    *item = (struct item){.verdict = verdict,
                          .name = memory_copy_text(cell_find(table, row, "name")),
                          .engine = memory_copy_text(cell_find(table, row, "engine")),
                          .database = cell_find_integer(table, row, "database")};
    self->counts[verdict]++;
    return item;
}

static void
add_job(struct report *self, const table_t *table, size_t row)
{
    const char *message = cell_find(table, row, "message");
    struct item *item =
        add_item(self, table, row, verdict_of(cell_find(table, row, "state"), message));
    item->worker = memory_copy_text(cell_find(table, row, "worker"));
    item->message = memory_copy_text(message);
    item->job = cell_find_integer(table, row, "id");
}

static void
add_skipped(struct report *self, const table_t *table, size_t row)
{
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    struct item *item = add_item(self, table, row, SKIPPED);
    findings_add(findings, ABOUT_STATE, 1, "%s", cell_find(table, row, "reason"));
    item->worker = memory_copy_text("");
    item->message = findings_print(findings, WIRE_MESSAGE_MAX);
}

static int
gather(struct session *self, const char *list, uint64_t run_id,
       void (*add)(struct report *report, const table_t *table, size_t row), struct report *report,
       struct error *error)
{
    CLEAN(terms_clear) struct client_terms terms = {0};
    CLEAN(memory_free) char *cursor = NULL;
    terms_of_number(&terms, "run", run_id);
    do {
        CLEAN(table_destroy) table_t *page = NULL;
        char *next = NULL;
        struct client_query query = {
            .name = list, .terms = &terms, .cursor = cursor, .limit = PAGE_ROWS};
        if (client_list(self->client, &query, &page, &next, error))
            return -1;
        memory_free(&cursor);
        cursor = next;
        for (size_t row = 0; row < table_rows(page); row++)
            add(report, page, row);
    } while (cursor);
    return 0;
}

static int
by_name(const void *left, const void *right)
{
    const struct item *one = left, *other = right;
    int order = strcmp(one->name, other->name);
    return order ? order : (one->database > other->database) - (one->database < other->database);
}

// ---- for people

// Each reason has a line; what the one above says too is left out.
static void
add_lines(table_t *table, const struct item *item, int with_notes)
{
    CLEAN(findings_destroy) findings_t *findings = findings_read(item->message);
    table_add_row(table);
    table_set(table, "name", item->name);
    table_set(table, "engine", item->engine);
    table_set(table, "verdict", verdicts[item->verdict]);
    table_set(table, "worker", item->worker);
    int is_first = 1;
    for (size_t i = 0; i < findings_count(findings); i++) {
        const struct finding *finding = findings_item(findings, i);
        int is_usual = finding->about == ABOUT_CONTENT || finding->about == ABOUT_PLACEMENT;
        if (!finding->fatal && is_usual && !with_notes)
            continue;
        CLEAN(memory_free)
        char *reason = memory_format("%s%s", finding->fatal ? "" : "note: ", finding->text);
        if (!is_first)
            table_add_row(table);
        is_first = 0;
        table_set(table, "class", findings_word(finding->about));
        table_set(table, "reason", reason);
    }
}

static void
print_table(const struct report *report, int with_notes)
{
    static const char *const columns[] = {"name", "engine", "verdict", "worker", "class", "reason"};
    CLEAN(table_destroy) table_t *table = table_new();
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        table_add_column(table, columns[i], TABLE_TEXT);
    for (size_t i = 0; i < report->count; i++)
        add_lines(table, &report->items[i], with_notes);
    CLEAN(printer_destroy) printer_t *printer = printer_new(stdout, PRINT_TABLE, NULL);
    printer_fit(printer);
    printer_add(printer, table);
    printer_end(printer);
    printf("\n%zu well, %zu would fail, %zu skipped, %zu not checked\n", report->counts[WELL],
           report->counts[WOULD_FAIL], report->counts[SKIPPED], report->counts[NOT_CHECKED]);
}

// ---- for programs

static json_t *
reasons_of(const struct item *item)
{
    CLEAN(findings_destroy) findings_t *findings = findings_read(item->message);
    json_t *array = json_array();
    for (size_t i = 0; i < findings_count(findings); i++) {
        const struct finding *finding = findings_item(findings, i);
        json_t *object = json_object();
        json_object_set_new(object, "class", json_string(findings_word(finding->about)));
        json_object_set_new(object, "fatal", json_boolean(finding->fatal));
        json_object_set_new(object, "text", json_text(finding->text));
        json_array_append_new(array, object);
    }
    return array;
}

static void
print_json(const struct report *report, uint64_t run_id)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct item *item = &report->items[i];
        CLEAN(json_destroy) json_t *object = json_object();
        json_object_set_new(object, "name", json_text(item->name));
        json_object_set_new(object, "engine", json_text(item->engine));
        json_object_set_new(object, "database", json_integer(item->database));
        json_object_set_new(object, "verdict", json_string(verdicts[item->verdict]));
        json_object_set_new(object, "worker", json_text(item->worker));
        json_object_set_new(object, "run", json_integer((json_int_t)run_id));
        json_object_set_new(object, "job", item->job ? json_integer(item->job) : json_null());
        json_object_set_new(object, "reasons", reasons_of(item));
        CLEAN(memory_free) char *text = json_print(object);
        printf("%s%s", i ? ",\n " : "[", text);
    }
    puts(report->count ? "]" : "[]");
}

// ---- the command

static int
wait_and_print(struct session *self, uint64_t run_id, struct error *error)
{
    struct follow follow = {.client = self->client, .run_id = run_id, .out = stderr, .is_brief = 1};
    CLEAN(table_destroy) table_t *run = NULL;
    CLEAN(report_clear) struct report report = {0};
    if (command_seconds(self, "patience", FOLLOW_PATIENCE_MS, &follow.patience_ms, error))
        return -1;
    int status = follow_run(&follow, &run, error);
    if (status < 0 || gather(self, "jobs", run_id, add_job, &report, error) ||
        gather(self, "skipped", run_id, add_skipped, &report, error))
        return -1;
    if (report.count > 0)
        qsort(report.items, report.count, sizeof *report.items, by_name);
    if (self->is_json)
        print_json(&report, run_id);
    else
        print_table(&report, options_has(self->options, "notes"));
    const char *note = cell_find(run, 0, "note");
    if (*note)
        fprintf(stderr, "dbhaul: not all is known: %s\n", note);
    return status;
}

int
check_run(struct session *self, struct error *error)
{
    CLEAN(terms_clear) struct client_terms terms = {0};
    uint64_t run_id = 0;
    if (terms_parse(&terms, self->options, 0, error))
        return -1;
    Wire__SubmitCheck check = WIRE__SUBMIT_CHECK__INIT;
    check.selector = terms.terms;
    check.n_selector = terms.count;
    Wire__Submit what = WIRE__SUBMIT__INIT;
    what.what_case = WIRE__SUBMIT__WHAT_CHECK;
    what.check = &check;
    if (submit_start(self, &what, &run_id, error))
        return -1;
    if (!options_has(self->options, "no-wait"))
        return wait_and_print(self, run_id, error);
    submit_say(self, run_id);
    return STATUS_WELL;
}
