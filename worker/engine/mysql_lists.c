#include "worker/engine/mysql_lists.h"

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_column.h"
#include "worker/engine/mysql_long.h"

#define THE_SERVERS "('information_schema', 'performance_schema', 'mysql', 'sys', 'ndbinfo')"

// The lists are by table, so most often it is the one before.
static struct mysql_table *
find_next(struct mysql_listing *self, const char *schema, const char *name)
{
    if (!self->last || strcmp(self->last->schema, schema) != 0 ||
        strcmp(self->last->name, name) != 0)
        self->last = mysql_tables_find(self->tables, schema, name);
    return self->last;
}

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
    struct mysql_listing *self = context;
    struct mysql_table *table = find_next(self, cells[SCHEMA], cells[TABLE]);
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
    struct mysql_table *table = find_next(context, cells[SCHEMA], cells[TABLE]);
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
    "AND table_schema NOT IN " THE_SERVERS "%s ORDER BY table_schema, table_name, index_name, " \
    "seq_in_index"

int
mysql_lists_have_parts(const mysql_session_t *session)
{
    return mysql_session_is_mariadb(session) || mysql_session_major(session) < 8;
}

// " AND ..." for a part, or ""; the caller's.
static char *
condition_of(const struct mysql_listing *self)
{
    return self->parts > 1
               ? memory_format(" AND CRC32(table_name) %% %zu = %zu", self->parts, self->part)
               : memory_copy_text("");
}

int
mysql_lists_read_columns(struct mysql_listing *self, mysql_session_t *session, struct error *error)
{
    CLEAN(memory_free) char *condition = condition_of(self);
    CLEAN(memory_free)
    char *list = memory_format(COLUMNS_LIST "%s%s", condition,
                               mysql_lists_have_parts(session) ? "" : COLUMNS_ORDER);
    self->last = NULL;
    if (mysql_session_query(session, list, keep_column, self, error))
        return error_wrap(error, "cannot list the tables' columns");
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

int
mysql_lists_read_keys(struct mysql_listing *self, mysql_session_t *session, struct error *error)
{
    CLEAN(memory_free) char *condition = condition_of(self);
    CLEAN(memory_free) char *list = memory_format(KEYS_LIST, used_indexes(session), condition);
    self->last = NULL;
    if (mysql_session_query(session, list, keep_key, self, error))
        return error_wrap(error, "cannot list the keys");
    return 0;
}

static void
set_unsized(struct mysql_table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        table->columns[i].is_unsized = table->columns[i].kind == MYSQL_COLUMN_JSON;
}

void
mysql_lists_complete(mysql_tables_t *tables, const mysql_session_t *session)
{
    int is_sized = mysql_session_is_mariadb(session) ||
                   mysql_long_has_json_size(mysql_session_version(session));
    for (size_t i = 0; i < mysql_tables_count(tables); i++) {
        struct mysql_table *table = mysql_tables_at(tables, i);
        if (!is_sized)
            set_unsized(table);
        if (table->key_count == 0)
            drop_key(table);
    }
}
