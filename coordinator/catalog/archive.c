#include "coordinator/catalog/archive.h"

#include <inttypes.h>
#include <string.h>

#include "common/clean.h"
#include "common/digest.h"
#include "common/memory.h"
#include "coordinator/catalog/archive_columns.h"

enum { TABLE_NAME_MAX = 32 };

#define NUMBER(column) {#column, TABLE_INTEGER, SHOW_PLAIN, "t." #column},
#define TEXT(column) {#column, TABLE_TEXT, SHOW_PLAIN, "t." #column},
#define DIGEST(column) {#column, TABLE_BYTES, SHOW_PLAIN, "t." #column},
#define COLUMNS(first, columns) \
    { \
        {first, TABLE_INTEGER, SHOW_PLAIN, "t." first}, columns(NUMBER, TEXT, DIGEST) \
        { \
            NULL, TABLE_TEXT, SHOW_PLAIN, NULL \
        } \
    }

// TABLE_BYTES stands for a digest here: no other column is shown as an amount.
static const struct list_column database_columns[] = COLUMNS("id", ARCHIVE_DATABASES);
static const struct list_column run_columns[] = COLUMNS("id", ARCHIVE_RUNS);
static const struct list_column job_columns[] = COLUMNS("id", ARCHIVE_JOBS);
static const struct list_column attempt_columns[] = COLUMNS("job_id", ARCHIVE_ATTEMPTS);
static const struct list_column protection_columns[] = COLUMNS("id", ARCHIVE_PROTECTIONS);
static const struct list_column set_columns[] = COLUMNS("id", ARCHIVE_SETS);

static const struct list_column place_columns[] = {
    {"id", TABLE_INTEGER, SHOW_PLAIN, "t.id"},    {"state", TABLE_TEXT, SHOW_PLAIN, "t.state"},
    {"store", TABLE_TEXT, SHOW_PLAIN, "t.store"}, {"path", TABLE_TEXT, SHOW_PLAIN, "t.path"},
    {NULL, TABLE_TEXT, SHOW_PLAIN, NULL},
};

static const struct list_column rebuild_columns[] = {
    {"id", TABLE_INTEGER, SHOW_PLAIN, "t.id"},
    {"source", TABLE_TEXT, SHOW_PLAIN, "t.source"},
    {"began", TABLE_TIME, SHOW_PLAIN, "t.began_ms"},
    {"ended", TABLE_TIME, SHOW_PLAIN, "nullif(t.ended_ms, 0)"},
    {NULL, TABLE_TEXT, SHOW_PLAIN, NULL},
};

enum { DATABASES, RUNS, JOBS, ATTEMPTS, PROTECTIONS, SETS };

// Of jobs, those that made a set: others are history, which a rebuild can do without. A run that
// goes on is there for its jobs; a rebuild ends it.
const struct list archive_lists[] = {
    [DATABASES] = {.name = "archive_databases",
                   .columns = database_columns,
                   .from = "known_databases t",
                   .keys = {"t.id", NULL}},
    [RUNS] = {.name = "archive_runs",
              .columns = run_columns,
              .from = "runs t",
              .where = "(t.ended_ms > 0 OR EXISTS (SELECT 1 FROM jobs j JOIN sets s"
                       " ON s.job_id = j.id WHERE j.run_id = t.id AND j.ended_ms > 0))",
              .keys = {"t.id", NULL}},
    [JOBS] = {.name = "archive_jobs",
              .columns = job_columns,
              .from = "jobs t",
              .where = "t.ended_ms > 0 AND EXISTS (SELECT 1 FROM sets s WHERE s.job_id = t.id)",
              .keys = {"t.id", NULL}},
    [ATTEMPTS] = {.name = "archive_attempts",
                  .columns = attempt_columns,
                  .from = "attempts t",
                  .where = "t.ended_ms > 0 AND EXISTS (SELECT 1 FROM sets s"
                           " WHERE s.job_id = t.job_id)",
                  .keys = {"t.job_id", "t.number"}},
    [PROTECTIONS] = {.name = "archive_protections",
                     .columns = protection_columns,
                     .from = "protections t",
                     .keys = {"t.id", NULL}},
    [SETS] = {.name = "archive_sets",
              .columns = set_columns,
              .from = "sets t",
              .keys = {"t.id", NULL}},
    {.name = "set_places", .columns = place_columns, .from = "sets t", .keys = {"t.id", NULL}},
    {.name = "rebuilds", .columns = rebuild_columns, .from = "rebuilds t", .keys = {"t.id", NULL}},
    {.name = NULL},
};

const struct archive_table archive_tables[] = {
    {"databases", &archive_lists[DATABASES], STATEMENT_ARCHIVE_DATABASE},
    {"runs", &archive_lists[RUNS], STATEMENT_ARCHIVE_RUN},
    {"jobs", &archive_lists[JOBS], STATEMENT_ARCHIVE_JOB},
    {"attempts", &archive_lists[ATTEMPTS], STATEMENT_ARCHIVE_ATTEMPT},
    {"protections", &archive_lists[PROTECTIONS], STATEMENT_ARCHIVE_PROTECTION},
    {"sets", &archive_lists[SETS], STATEMENT_ARCHIVE_SET},
    {0},
};

const struct archive_table *
archive_find(const char *name)
{
    const struct archive_table *table = archive_tables;
    while (table->name && strcmp(table->name, name) != 0)
        table++;
    return table->name ? table : NULL;
}

const struct archive_table *
archive_find_list(const char *list_name)
{
    const struct archive_table *table = archive_tables;
    while (table->name && strcmp(table->list->name, list_name) != 0)
        table++;
    return table->name ? table : NULL;
}

// ---- to lines

// What is below 0 is an order that is under way (PROTECTION_LET_GO): it is not another catalog's.
static json_t *
cell_of(const table_t *page, size_t row, size_t column)
{
    const char *text = table_cell(page, row, column);
    if (table_type(page, column) != TABLE_INTEGER)
        return json_text(text);
    int64_t number = strtoll(text, NULL, 10);
    return json_integer(number > 0 ? number : 0);
}

void
archive_print(const struct archive_table *table, const table_t *page, struct buffer *text)
{
    for (size_t row = 0; row < table_rows(page); row++) {
        CLEAN(json_destroy) json_t *object = json_object();
        json_object_set_new(object, "table", json_string(table->name));
        for (size_t column = 0; column < table_columns(page); column++)
            json_object_set_new(object, table_name(page, column), cell_of(page, row, column));
        CLEAN(memory_free) char *line = json_print(object);
        buffer_text(text, line);
        buffer_text(text, "\n");
    }
}

// ---- and back

int
archive_parse(const char *line, size_t size, json_t **row, const char **table, struct error *error)
{
    CLEAN(json_destroy) json_t *object = NULL;
    if (json_parse(line, size, ARCHIVE_LINE_MAX, &object, error) ||
        json_get_text(object, "table", TABLE_NAME_MAX, table, error))
        return error_wrap(error, "not a line of a catalog");
    *row = STEAL(object);
    return 0;
}

// A negative number has no meaning in any column.
static int
read_number(const json_t *row, const char *name, struct value *value, struct error *error)
{
    *value = (struct value){.type = VALUE_INTEGER};
    return json_object_get(row, name)
               ? json_get_integer(row, name, 0, INT64_MAX, &value->number, error)
               : 0;
}

static int
read_text(const json_t *row, const struct list_column *column, struct value *value,
          uint8_t digest[DIGEST_SIZE], struct error *error)
{
    const char *text = "";
    if (json_object_get(row, column->name) &&
        json_get_text(row, column->name, ARCHIVE_TEXT_MAX, &text, error))
        return -1;
    if (column->type == TABLE_TEXT) {
        *value = (struct value){
            .type = VALUE_TEXT, .data = (char *)(uintptr_t)text, .size = strlen(text)};
        return 0;
    }
    if (digest_from_hex(text, digest))
        return error_set(error, ERROR_INVALID, "'%s' is no digest", column->name);
    *value = (struct value){.type = VALUE_BLOB, .data = (char *)digest, .size = DIGEST_SIZE};
    return 0;
}

int
archive_add(const struct archive_table *table, const json_t *row, batch_t *batch,
            struct error *error)
{
    struct value values[BATCH_VALUES_MAX] = {0};
    uint8_t digest[DIGEST_SIZE];  // no table has two
    size_t count = 0;
    for (const struct list_column *column = table->list->columns; column->name; column++) {
        struct value *value = &values[count++];
        int failed = column->type == TABLE_INTEGER ? read_number(row, column->name, value, error)
                                                   : read_text(row, column, value, digest, error);
        if (failed)
            return error_wrap(error, "a row of '%s'", table->name);
    }
    if (values[0].number == 0)
        return error_set(error, ERROR_INVALID, "a row of '%s' has no number", table->name);
    batch_add_values(batch, table->statement, values, count);
    return 0;
}
