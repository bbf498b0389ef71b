#include "worker/engine/mysql_column.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_errands.h"
#include "worker/engine/mysql_innodb.h"
#include "worker/engine/mysql_lists.h"
#include "worker/engine/mysql_sizes.h"

struct mysql_tables {
    mysql_inventory_t *inventory;
    struct mysql_table *items;
    size_t count;
    mysql_charsets_t *charsets;
    char end_of_time[40];
};

// ---- a table

void
mysql_tables_destroy(mysql_tables_t **self_p)
{
    if (!*self_p)
        return;
    for (size_t i = 0; i < (*self_p)->count; i++) {
        struct mysql_table *table = &(*self_p)->items[i];
        for (size_t column = 0; column < table->column_count; column++) {
            memory_free(&table->columns[column].name);
            memory_free(&table->columns[column].charset);
            memory_free(&table->columns[column].collation);
        }
        for (size_t key = 0; key < table->key_count; key++)
            memory_free(&table->keys[key]);
        memory_free(&table->columns);
        memory_free(&table->keys);
        memory_free(&table->index);
        memory_free(&table->quoted);
        memory_free(&table->definition);
    }
    mysql_charsets_destroy(&(*self_p)->charsets);
    memory_free(&(*self_p)->items);
    memory_free(self_p);
}

size_t
mysql_tables_count(const mysql_tables_t *self)
{
    return self->count;
}

struct mysql_table *
mysql_tables_at(mysql_tables_t *self, size_t index)
{
    return &self->items[index];
}

static int
compare(const struct mysql_table *table, const char *schema, const char *name)
{
    int order = strcmp(table->schema, schema);
    return order ? order : strcmp(table->name, name);
}

struct mysql_table *
mysql_tables_find(mysql_tables_t *self, const char *schema, const char *name)
{
    size_t low = 0, high = self->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(&self->items[middle], schema, name);
        if (order == 0)
            return &self->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

// A period's columns have names only if somebody gave them.
static void
set_history(struct mysql_table *table, int with_history, const char *end_of_time)
{
    static const char *const names[] = {"ROW_START", "ROW_END"};
    int has_named = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        struct mysql_column *column = &table->columns[i];
        if (column->kind != MYSQL_COLUMN_PERIOD)
            continue;
        has_named = 1;
        column->is_generated = !with_history;
        column->end_of_time = end_of_time;
    }
    if (!with_history)
        return;
    table->has_history = 1;
    table->key_kind = MYSQL_KEY_NONE;  // no ranges
    table->key_column = table->second = NULL;
    for (size_t i = 0; i < 2 && !has_named; i++) {
        table->columns =
            memory_resize(table->columns, (table->column_count + 1) * sizeof *table->columns);
        table->columns[table->column_count++] =
            (struct mysql_column){.name = memory_copy_text(names[i]),
                                  .kind = MYSQL_COLUMN_PERIOD,
                                  .end_of_time = end_of_time};
    }
    const char *last = "ROW_END";
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].kind == MYSQL_COLUMN_PERIOD)
            last = table->columns[i].name;
    }
    table->keys = memory_resize(table->keys, (table->key_count + 1) * sizeof *table->keys);
    table->keys[table->key_count++] = memory_copy_text(last);
}

static int
keep_end_of_time(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    mysql_tables_t *self = context;
    snprintf(self->end_of_time, sizeof self->end_of_time, "%s", cells[0] ? cells[0] : "");
    return 0;
}

int
mysql_tables_set_history(mysql_tables_t *self, mysql_session_t *session, int with_history,
                         struct error *error)
{
    if (with_history && mysql_session_query(session, "SELECT " MYSQL_TABLES_END_OF_TIME,
                                            keep_end_of_time, self, error))
        return -1;
    for (size_t i = 0; i < self->count; i++) {
        if (self->items[i].is_versioned)
            set_history(&self->items[i], with_history, self->end_of_time);
    }
    return 0;
}

static int
compare_tables(const void *one, const void *other)
{
    const struct mysql_table *a = one, *b = other;
    return compare(a, b->schema, b->name);
}

static mysql_tables_t *
tables_of(mysql_inventory_t *inventory)
{
    mysql_tables_t *self = memory_get(sizeof *self);
    self->inventory = inventory;
    self->charsets = mysql_charsets_new();
    self->items = memory_get((mysql_inventory_objects(inventory) + 1) * sizeof *self->items);
    for (size_t i = 0; i < mysql_inventory_objects(inventory); i++) {
        const struct mysql_object *object = mysql_inventory_object(inventory, i);
        if (object->kind != MYSQL_TABLE)
            continue;
        struct mysql_table *table = &self->items[self->count++];
        table->schema = mysql_inventory_schema(inventory, object->schema)->name;
        table->name = object->name;
        table->rows_kind = object->rows;
        table->is_versioned = object->is_versioned;
        table->is_without_rows = object->is_without_rows || object->rows == MYSQL_ROWS_ELSEWHERE;
        CLEAN(memory_free) char *schema = mysql_session_name(table->schema);
        CLEAN(memory_free) char *name = mysql_session_name(table->name);
        table->quoted = memory_format("%s.%s", schema, name);
    }
    if (self->count > 0)
        qsort(self->items, self->count, sizeof *self->items, compare_tables);
    return self;
}

// ---- all lists

struct sizing {
    mysql_tables_t *tables;
    uint64_t exact_bytes;
};

static int
run_columns_and_keys(void *context, mysql_session_t *session, struct error *error)
{
    return mysql_lists_read_columns(context, session, error) ||
                   mysql_lists_read_keys(context, session, error)
               ? -1
               : 0;
}

static int
run_sizes(void *context, mysql_session_t *session, struct error *error)
{
    const struct sizing *sizing = context;
    return mysql_sizes_read(sizing->tables, session, sizing->exact_bytes, error);
}

static int
has_longs(const struct mysql_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].may_be_long)
            return 1;
    }
    return 0;
}

// A table that is small by the server's statistics, which may be old, though its file is not,
// shares no script if it may have values that no statement carries: it is read into lines.
static int
heed_files(mysql_tables_t *self, mysql_session_t *session, uint64_t exact_bytes,
           struct error *error)
{
    size_t doubtful = 0;
    for (size_t i = 0; i < self->count; i++)
        doubtful += (size_t)(self->items[i].bytes < exact_bytes && has_longs(&self->items[i]));
    if (doubtful > 0 && !mysql_innodb_has_lists(session) &&
        mysql_innodb_read_files(self, session, error))
        return error_wrap(error, "cannot list the tables' files");
    for (size_t i = 0; doubtful > 0 && i < self->count; i++) {
        struct mysql_table *table = &self->items[i];
        if (table->bytes < exact_bytes && table->file_bytes >= exact_bytes && has_longs(table))
            table->bytes = exact_bytes;
    }
    return 0;
}

// InnoDB's numbers come first: what happens from then on is seen by them.
int
mysql_tables_open_by(mysql_tables_t **self_p, mysql_session_t *const *sessions, size_t count,
                     mysql_inventory_t *inventory, uint64_t exact_bytes, struct error *error)
{
    CLEAN(mysql_tables_destroy) mysql_tables_t *self = tables_of(inventory);
    struct sizing sizing = {.tables = self, .exact_bytes = exact_bytes};
    struct mysql_listing listings[MYSQL_ERRANDS_SESSIONS_MAX];
    struct mysql_errand errands[MYSQL_ERRANDS_SESSIONS_MAX + 1];
    size_t parts = mysql_lists_have_parts(sessions[0]) ? count : 1;
    if (parts > MYSQL_ERRANDS_SESSIONS_MAX)
        parts = MYSQL_ERRANDS_SESSIONS_MAX;
    for (size_t i = 0; i < parts; i++) {
        listings[i] = (struct mysql_listing){
            .tables = self, .charsets = self->charsets, .part = i, .parts = parts};
        errands[i + 1] = (struct mysql_errand){.run = run_columns_and_keys, .self = &listings[i]};
    }
    errands[0] = (struct mysql_errand){.run = run_sizes, .self = &sizing};
    if (mysql_innodb_read(self, sessions[0], error) ||
        mysql_errands_run(sessions, count, errands, parts + 1, error))
        return -1;
    mysql_lists_complete(self, sessions[0]);
    if (heed_files(self, sessions[0], exact_bytes, error) ||
        mysql_charsets_ask(self->charsets, sessions[0], error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

int
mysql_tables_open(mysql_tables_t **self_p, mysql_session_t *session, mysql_inventory_t *inventory,
                  uint64_t exact_bytes, struct error *error)
{
    return mysql_tables_open_by(self_p, &session, 1, inventory, exact_bytes, error);
}

// Those that InnoDB's lists have are not looked for in the long ones.
static int
read_columns_again(mysql_tables_t *now, mysql_session_t *session, struct error *error)
{
    struct mysql_listing listing = {.tables = now, .charsets = now->charsets, .parts = 1};
    for (size_t i = 0; i < now->count; i++) {
        if (!now->items[i].is_numbered)
            return mysql_lists_read_columns(&listing, session, error);
    }
    return 0;
}

static int
is_same(const struct mysql_table *self, const struct mysql_table *again)
{
    return again->made == self->made &&
           (self->is_numbered || again->fingerprint == self->fingerprint);
}

int
mysql_tables_compare(const mysql_tables_t *self, mysql_session_t *session, struct error *error)
{
    CLEAN(mysql_tables_destroy) mysql_tables_t *now = tables_of(self->inventory);
    for (size_t i = 0; i < self->count; i++)
        now->items[i].is_numbered = self->items[i].is_numbered;
    if (read_columns_again(now, session, error) || mysql_sizes_read_made(now, session, error))
        return -1;
    for (size_t i = 0; i < self->count; i++) {
        if (!is_same(&self->items[i], &now->items[i]))
            return error_set(error, ERROR_UNAVAILABLE,
                             "the table %s was altered, emptied or dropped while it was read: "
                             "its rows may be of two times. Keep DDL out of the backup's hours",
                             self->items[i].quoted);
    }
    return 0;
}
