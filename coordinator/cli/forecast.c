#include "coordinator/cli/forecast.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"
#include "coordinator/cli/cell.h"
#include "coordinator/cli/print.h"
#include "coordinator/cli/terms.h"

enum { PAGE_ROWS = 500, ROWS_SHOWN = 500 };

static const char *const policy_columns[] = {"policy", "planned", "closes", "ends",
                                             "jobs",   "well",    "late",   "left",
                                             "never",  "skipped", NULL};
static const char *const database_columns[] = {"name",   "policy",  "due",   "begins", "ends",
                                               "closes", "verdict", "limit", NULL};

static const struct part {
    const char *list, *name, *title;
    const char *const *columns;
} parts[] = {
    {"forecast_policies", "policies", "policies", policy_columns},
    {"forecast_workers", "workers", "workers", NULL},
    {"forecast_databases", "databases", "what will miss its window", database_columns},
};
enum { PARTS = sizeof parts / sizeof *parts };

// Takes a page; returns whether it wants more.
typedef int take_fn(void *context, const table_t *page);

static int
read_list(struct session *self, const char *list, const struct client_terms *terms, take_fn *take,
          void *context, struct error *error)
{
    CLEAN(memory_free) char *cursor = NULL;
    int wants_more = 1;
    do {
        CLEAN(table_destroy) table_t *page = NULL;
        char *next = NULL;
        struct client_query query = {
            .name = list, .terms = terms, .cursor = cursor, .limit = PAGE_ROWS};
        if (client_list(self->client, &query, &page, &next, error))
            return -1;
        memory_free(&cursor);
        cursor = next;
        wants_more = take(context, page);
    } while (cursor && wants_more);
    return 0;
}

// ---- as JSON and CSV

static int
take_objects(void *context, const table_t *page)
{
    json_t *objects = print_objects(page);
    json_array_extend(context, objects);
    json_decref(objects);
    return 1;
}

static int
print_json(struct session *self, const table_t *sum, const struct client_terms *terms,
           struct error *error)
{
    CLEAN(json_destroy) json_t *object = json_object();
    json_object_set_new(object, "forecast", print_objects(sum));
    for (size_t index = 0; index < PARTS; index++) {
        json_t *rows = json_array();
        json_object_set_new(object, parts[index].name, rows);
        if (read_list(self, parts[index].list, terms, take_objects, rows, error))
            return -1;
    }
    CLEAN(memory_free) char *text = json_print_pretty(object);
    puts(text);
    return 0;
}

static int
take_rows(void *context, const table_t *page)
{
    printer_add(context, page);
    return 1;
}

static int
print_csv(struct session *self, const struct client_terms *terms, struct error *error)
{
    CLEAN(printer_destroy) printer_t *printer = printer_new(stdout, PRINT_CSV, NULL);
    if (read_list(self, "forecast_databases", terms, take_rows, printer, error))
        return -1;
    printer_end(printer);
    return 0;
}

// ---- for people

struct lines {
    printer_t *printer;
    size_t rows, max_rows;
};

static int
take_lines(void *context, const table_t *page)
{
    struct lines *lines = context;
    lines->rows += table_rows(page);
    printer_add(lines->printer, page);
    return lines->rows < lines->max_rows;
}

static int
print_part(struct session *self, const struct part *part, const struct client_terms *terms,
           struct error *error)
{
    enum print_form form = options_has(self->options, "wide") ? PRINT_WIDE : PRINT_TABLE;
    CLEAN(printer_destroy) printer_t *printer = printer_new(stdout, form, part->columns);
    struct lines lines = {printer, 0, options_has(self->options, "all") ? SIZE_MAX : ROWS_SHOWN};
    printf("\n%s:\n", part->title);
    if (read_list(self, part->list, terms, take_lines, &lines, error))
        return -1;
    printer_end(printer);
    return 0;
}

static void
print_sum(const table_t *sum)
{
    CLEAN(memory_free) char *from = cell_show(TABLE_TIME, cell_find(sum, 0, "from"));
    CLEAN(memory_free) char *until = cell_show(TABLE_TIME, cell_find(sum, 0, "until"));
    printf("from %s to %s: %s firings, %s jobs, %s workers with %s slots\n", from, until,
           cell_find(sum, 0, "firings"), cell_find(sum, 0, "jobs"), cell_find(sum, 0, "workers"),
           cell_find(sum, 0, "slots"));
    printf("%s will be well; %s will end after their window, %s will not begin in it, %s can be "
           "taken by no worker\n",
           cell_find(sum, 0, "well"), cell_find(sum, 0, "late"), cell_find(sum, 0, "left"),
           cell_find(sum, 0, "never"));
    printf("of %s databases %s are estimated by what they took, %s without a history by their "
           "size, %s by a guess of 10 minutes\n",
           cell_find(sum, 0, "databases"), cell_find(sum, 0, "by_history"),
           cell_find(sum, 0, "by_size"), cell_find(sum, 0, "guessed"));
}

static int
print_tables(struct session *self, const table_t *sum, const struct client_terms *terms,
             struct error *error)
{
    print_sum(sum);
    for (size_t index = 0; index < PARTS; index++) {
        if (print_part(self, &parts[index], terms, error))
            return -1;
    }
    return 0;
}

// ---- asking

static int
ask(struct session *self, table_t **sum, struct error *error)
{
    uint64_t hours = 0;
    CLEAN(terms_clear) struct client_terms terms = {0};
    CLEAN(memory_free) char *cursor = NULL;
    const char *text = options_value(self->options, "hours", NULL);
    if (text && terms_number(text, "hour", &hours, error))
        return -1;
    if (text)
        terms_add(&terms, "hours", text);
    struct client_query query = {.name = "forecast", .terms = &terms};
    if (client_list(self->client, &query, sum, &cursor, error))
        return -1;
    return table_rows(*sum) ? 0 : error_set(error, ERROR_INTERNAL, "the forecast is empty");
}

int
forecast_run(struct session *self, struct error *error)
{
    CLEAN(table_destroy) table_t *sum = NULL;
    CLEAN(terms_clear) struct client_terms terms = {0};
    int is_csv = options_has(self->options, "csv");
    if (is_csv && self->is_json)
        return error_set(error, ERROR_CONFIG, "--csv and --json exclude each other");
    if (command_expect(self, 0, 0, error) || ask(self, &sum, error))
        return -1;
    terms_add(&terms, "number", cell_find(sum, 0, "number"));
    if (is_csv || self->is_json)
        terms_add(&terms, "all", "1");
    int rc = is_csv          ? print_csv(self, &terms, error)
             : self->is_json ? print_json(self, sum, &terms, error)
                             : print_tables(self, sum, &terms, error);
    if (rc)
        return -1;
    int64_t missed = cell_find_integer(sum, 0, "late") + cell_find_integer(sum, 0, "left") +
                     cell_find_integer(sum, 0, "never");
    return missed ? STATUS_PARTIAL : STATUS_WELL;
}
