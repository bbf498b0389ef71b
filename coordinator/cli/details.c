// One run, one job or one set with what belongs to it; and the coordinator's state.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"
#include "coordinator/cli/cell.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/print.h"
#include "coordinator/cli/terms.h"

enum { PARTS_MAX = 1000 };

static const char *const attempt_columns[] = {"attempt", "worker", "outcome", "class", "size",
                                              "started", "ended",  "message", NULL};
static const char *const skipped_columns[] = {"name", "reason", NULL};
static const char *const job_columns[] = {"id",   "name",  "state",   "attempt", "worker",
                                          "size", "ended", "message", NULL};

// A row of `query` found by the number `key`, and the lists of its parts.
struct part {
    const char *query;
    const char *const *columns;
};

static const struct subject {
    const char *command, *what, *query, *key;
    struct part parts[3];
} subjects[] = {
    {"job", "job", "job", "job", {{"attempts", attempt_columns}}},
    {"jobs", "job", "job", "job", {{"attempts", attempt_columns}}},
    {"runs", "run", "run", "run", {{"skipped", skipped_columns}, {"jobs", job_columns}}},
    {"backups", "set", "backups", "set", {{0}}},
    {0}};

static int
list_part(struct session *self, const char *name, const struct client_terms *terms, table_t **table,
          struct error *error)
{
    CLEAN(memory_free) char *cursor = NULL;
    struct client_query query = {.name = name, .terms = terms, .limit = PARTS_MAX};
    if (client_list(self->client, &query, table, &cursor, error))
        return -1;
    if (cursor)
        fprintf(stderr, "dbhaul: there are more %s than are shown\n", name);
    return 0;
}

static int
print_part(struct session *self, const struct part *part, const struct client_terms *terms,
           json_t *object, struct error *error)
{
    CLEAN(table_destroy) table_t *table = NULL;
    if (list_part(self, part->query, terms, &table, error))
        return -1;
    if (object) {
        json_object_set_new(object, part->query, print_objects(table));
        return 0;
    }
    if (table_rows(table) == 0)
        return 0;
    printf("\n%s:\n", part->query);
    CLEAN(printer_destroy) printer_t *printer = printer_new(stdout, PRINT_TABLE, part->columns);
    printer_fit(printer);
    printer_add(printer, table);
    return 0;
}

static void
print_pretty(const json_t *json)
{
    CLEAN(memory_free) char *text = json_print_pretty(json);
    puts(text);
}

int
details_status_run(struct session *self, struct error *error)
{
    CLEAN(table_destroy) table_t *table = NULL;
    if (command_expect(self, 0, 0, error) || list_part(self, "status", NULL, &table, error))
        return -1;
    CLEAN(json_destroy) json_t *objects = self->is_json ? print_objects(table) : NULL;
    if (objects)
        print_pretty(objects);
    else if (table_rows(table) > 0)
        print_record(stdout, table, 0);
    return STATUS_WELL;
}

int
details_run(struct session *self, struct error *error)
{
    const struct subject *subject = subjects;
    while (subject->command && strcmp(subject->command, self->command->name) != 0)
        subject++;
    if (!subject->command)
        return error_set(error, ERROR_CONFIG, "write key=pattern, as in name=shop-*");
    uint64_t number = 0;
    CLEAN(terms_clear) struct client_terms terms = {0};
    if (command_expect(self, 1, 1, error) ||
        terms_number(options_argument(self->options, 0), subject->what, &number, error))
        return -1;
    terms_of_number(&terms, subject->key, number);
    CLEAN(table_destroy) table_t *table = NULL;
    if (list_part(self, subject->query, &terms, &table, error))
        return -1;
    if (table_rows(table) == 0)
        return error_set(error, ERROR_NOT_FOUND, "there is no %s %" PRIu64, subject->what, number);
    CLEAN(json_destroy) json_t *objects = self->is_json ? print_objects(table) : NULL;
    if (!objects)
        print_record(stdout, table, 0);
    for (const struct part *part = subject->parts; part->query; part++)
        if (print_part(self, part, &terms, json_array_get(objects, 0), error))
            return -1;
    if (objects)
        print_pretty(objects);
    return STATUS_WELL;
}
