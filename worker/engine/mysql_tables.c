#include "worker/engine/mysql_column.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_long.h"
#include "worker/engine/mysql_sizes.h"

#define THE_SERVERS "('information_schema', 'performance_schema', 'mysql', 'sys', 'ndbinfo')"

struct mysql_tables {
    mysql_inventory_t *inventory;
    struct mysql_table *items;
    size_t count;
    struct mysql_table *last;  // that a row of a list was of
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

// The lists are by table, so most often it is the one before.
struct mysql_table *
mysql_tables_find(mysql_tables_t *self, const char *schema, const char *name)
{
    size_t low = 0, high = self->count;
    if (self->last && compare(self->last, schema, name) == 0)
        return self->last;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(&self->items[middle], schema, name);
        if (order == 0)
            return self->last = &self->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

// ---- the lists

// FNV-1a. NULL and "" differ.
static uint64_t
mix(uint64_t hash, const char *text)
{
    static const uint64_t prime = UINT64_C(0x100000001b3);
    hash = (hash ^ (text ? 1 : 2)) * prime;
    for (; text && *text; text++)
        hash = (hash ^ (unsigned char)*text) * prime;
    return hash;
}

static int
keep_column(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    mysql_tables_t *self = context;
    struct mysql_table *table = mysql_tables_find(self, cells[SCHEMA], cells[TABLE]);
    if (!table)
        return 0;
    for (size_t cell = NAME; cell <= NULLABLE; cell++)
        table->fingerprint = mix(table->fingerprint, cells[cell]);
    size_t count = table->column_count;
    if ((count & (count - 1)) == 0)
        table->columns =
            memory_resize(table->columns, (count ? 2 * count : 1) * sizeof *table->columns);
    struct mysql_column *column = &table->columns[table->column_count++];
    *column = mysql_column_of(cells);
    if (column->is_text && cells[CHARSET])
        column->stored_in = mysql_charsets_note(self->charsets, cells[CHARSET]);
    return 0;
}

static void
drop_key(struct mysql_table *table)
{
    for (size_t i = 0; i < table->key_count; i++)
        memory_free(&table->keys[i]);
    table->key_count = 0;
    memory_free(&table->index);
    table->key_kind = MYSQL_KEY_NONE;
    table->second = NULL;
}

static const struct mysql_column *
find_column(const struct mysql_table *table, const char *name)
{
    for (size_t i = 0; name && i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    }
    return NULL;
}

// Indexes come with their columns in order. A primary key is better than any other that is unique
// and has no NULL, as rows lie in its order; one over a part of a column, or over an expression,
// is none, and stays here without columns until all were seen.
static int
keep_key(void *context, const char *const *cells, struct error *error)
{
    enum { INDEX = NAME, COLUMN, PART };
    (void)error;
    mysql_tables_t *self = context;
    struct mysql_table *table = mysql_tables_find(self, cells[SCHEMA], cells[TABLE]);
    if (!table)
        return 0;
    int is_next = table->index && strcmp(table->index, cells[INDEX]) == 0;
    const struct mysql_column *column = find_column(table, cells[COLUMN]);
    int is_good = column && !cells[PART] && !column->is_nullable;
    if (!is_next) {
        if (table->key_count > 0 && strcmp(cells[INDEX], "PRIMARY") != 0)
            return 0;  // there is one already
        drop_key(table);
        table->index = memory_copy_text(cells[INDEX]);
    } else if (table->key_count == 0) {
        return 0;
    }
    if (!is_good) {
        drop_key(table);
        table->index = memory_copy_text(cells[INDEX]);
        return 0;
    }
    if (table->key_count == 0) {
        table->key_kind = column->key_kind;
        table->key_is_unsigned = column->is_unsigned;
        table->key_column = column;
    } else if (table->key_count == 1) {
        table->second = column->key_kind == MYSQL_KEY_NONE ? NULL : column;
    }
    table->keys = memory_resize(table->keys, (table->key_count + 1) * sizeof *table->keys);
    table->keys[table->key_count++] = memory_copy_text(cells[COLUMN]);
    return 0;
}

#define COLUMNS_LIST \
    "SELECT table_schema, table_name, column_name, data_type, character_set_name, " \
    "collation_name, extra, " \
    "generation_expression, column_type, is_nullable FROM information_schema.columns " \
    "WHERE table_schema NOT IN " THE_SERVERS
#define COLUMNS_ORDER " ORDER BY table_schema, table_name, ordinal_position"
// Not how many values there are: for that the server would open each table.
#define KEYS_LIST \
    "SELECT table_schema, table_name, index_name, column_name, sub_part " \
    "FROM information_schema.statistics WHERE non_unique = 0 %s" \
    "AND table_schema NOT IN " THE_SERVERS " ORDER BY table_schema, table_name, index_name, " \
    "seq_in_index"

static void
set_unsized(mysql_tables_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        struct mysql_table *table = &self->items[i];
        for (size_t k = 0; k < table->column_count; k++)
            table->columns[k].is_unsized = table->columns[k].kind == MYSQL_COLUMN_JSON;
    }
}

static int
read_columns(mysql_tables_t *self, mysql_session_t *session, struct error *error)
{
    self->last = NULL;
    // Servers with tables of definitions give them in any order; others go from table to table.
    int is_by_table = mysql_session_is_mariadb(session) || mysql_session_major(session) < 8;
    if (mysql_session_query(session, is_by_table ? COLUMNS_LIST : COLUMNS_LIST COLUMNS_ORDER,
                            keep_column, self, error))
        return error_wrap(error, "cannot list the tables' columns");
    if (!mysql_session_is_mariadb(session) &&
        !mysql_long_has_json_size(mysql_session_version(session)))
        set_unsized(self);
    return 0;
}

// Those that the server itself may use: it refuses to hear of others.
static const char *
used_indexes(const mysql_session_t *session)
{
    unsigned major = mysql_session_major(session), minor = mysql_session_minor(session);
    if (!mysql_session_is_mariadb(session))
        return major >= 8 ? "AND is_visible = 'YES' " : "";
    return major > 10 || (major == 10 && minor >= 6) ? "AND ignored = 'NO' " : "";
}

static int
read_keys(mysql_tables_t *self, mysql_session_t *session, struct error *error)
{
    CLEAN(memory_free) char *list = memory_format(KEYS_LIST, used_indexes(session));
    self->last = NULL;
    if (mysql_session_query(session, list, keep_key, self, error))
        return error_wrap(error, "cannot list the keys");
    for (size_t i = 0; i < self->count; i++) {
        if (self->items[i].key_count == 0)
            drop_key(&self->items[i]);
    }
    return 0;
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

int
mysql_tables_open(mysql_tables_t **self_p, mysql_session_t *session, mysql_inventory_t *inventory,
                  uint64_t exact_bytes, struct error *error)
{
    CLEAN(mysql_tables_destroy) mysql_tables_t *self = tables_of(inventory);
    if (read_columns(self, session, error) || mysql_charsets_ask(self->charsets, session, error) ||
        mysql_sizes_read(self, session, exact_bytes, error) || read_keys(self, session, error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

int
mysql_tables_compare(const mysql_tables_t *self, mysql_session_t *session, struct error *error)
{
    CLEAN(mysql_tables_destroy) mysql_tables_t *now = tables_of(self->inventory);
    for (size_t i = 0; i < self->count; i++)
        now->items[i].is_numbered = self->items[i].is_numbered;
    if (read_columns(now, session, error) || mysql_sizes_read_made(now, session, error))
        return -1;
    for (size_t i = 0; i < self->count; i++) {
        const struct mysql_table *table = &self->items[i], *again = &now->items[i];
        if (again->fingerprint != table->fingerprint || again->made != table->made)
            return error_set(error, ERROR_UNAVAILABLE,
                             "the table %s was altered, emptied or dropped while it was read: "
                             "its rows may be of two times. Keep DDL out of the backup's hours",
                             table->quoted);
    }
    return 0;
}
