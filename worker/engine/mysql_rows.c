#include "worker/engine/mysql_rows.h"

#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_fields.h"
#include "worker/engine/mysql_long.h"
#include "worker/engine/mysql_text.h"

enum {
    KEY_SHIFT = 10,    // a statement ends where the key crosses a multiple of 1,024
    HASH_MASK = 0xff,  // or, without such a key, after one row of 256, by its hash
    TELL_BYTES = 1 << 20,
    TELL_ROWS = 4096,
};

struct pass {
    const struct mysql_reading *reading;
    const struct mysql_column **columns;  // that are read
    size_t count;
    size_t key_field;  // of the key's first column; count: none
    mysql_fields_t *fields;
    mysql_long_t *longs;  // NULL: no value can be too long
    int64_t last_block;
    uint64_t told_bytes, rows;
};

static void
statement_destroy(MYSQL_STMT **statement_p)
{
    if (*statement_p)
        mysql_stmt_close(*statement_p);
    *statement_p = NULL;
}

static char *
expression_of(const struct mysql_column *column, int may_be_long)
{
    CLEAN(memory_free) char *name = mysql_session_name(column->name);
    if (column->kind == MYSQL_COLUMN_VECTOR)  // a type that the library does not know
        return memory_format("CAST(%s AS BINARY)", name);
    if (column->kind == MYSQL_COLUMN_LONG && may_be_long)
        return memory_format("IF(LENGTH(%s) > %d, NULL, %s)", name, MYSQL_LONG_VALUE, name);
    return STEAL(name);
}

static void
add_expressions(struct mysql_text *sql, const struct pass *pass)
{
    int may_be_long = pass->longs != NULL;
    mysql_text_add(sql, "SELECT ");
    for (size_t i = 0; i < pass->count; i++) {
        CLEAN(memory_free) char *expression = expression_of(pass->columns[i], may_be_long);
        mysql_text_add(sql, i ? ", %s" : "%s", expression);
    }
    if (pass->count == 0)
        mysql_text_add(sql, "1");
    if (!may_be_long)
        return;
    mysql_text_add(sql, ", 0");
    for (size_t i = 0; i < pass->count; i++) {
        CLEAN(memory_free) char *name = mysql_session_name(pass->columns[i]->name);
        if (pass->columns[i]->kind == MYSQL_COLUMN_LONG)
            mysql_text_add(sql, " + (COALESCE(LENGTH(%s), 0) > %d)", name, MYSQL_LONG_VALUE);
    }
}

static char *
select_of(const struct pass *pass)
{
    const struct mysql_table *table = pass->reading->table;
    struct mysql_text sql = {0};
    add_expressions(&sql, pass);
    mysql_text_add(&sql, " FROM %s", table->quoted);
    if (table->has_history)
        mysql_text_add(&sql, " FOR SYSTEM_TIME ALL");
    else if (table->index) {
        CLEAN(memory_free) char *index = mysql_session_name(table->index);
        mysql_text_add(&sql, " FORCE INDEX (%s)", index);
    }
    CLEAN(memory_free)
    char *condition = mysql_table_condition(table, pass->reading->low, pass->reading->high);
    mysql_text_add(&sql, "%s", condition);
    for (size_t i = 0; i < table->key_count; i++) {
        CLEAN(memory_free) char *name = mysql_session_name(table->keys[i]);
        mysql_text_add(&sql, i ? ", %s" : " ORDER BY %s", name);
    }
    return sql.data;
}

static int
tell(struct pass *pass, struct error *error)
{
    const struct mysql_reading *reading = pass->reading;
    uint64_t size = mysql_row_size(reading->row);
    if (size - pass->told_bytes < TELL_BYTES && ++pass->rows % TELL_ROWS != 0)
        return 0;
    pass->told_bytes = size;
    return reading->tell ? reading->tell(reading->context, error) : 0;
}

// A row's statement is cut by the row's own key, so that the cut stays.
static void
cut_by_key(struct pass *pass)
{
    if (pass->key_field == pass->count || !mysql_fields_is_integer(pass->fields, pass->key_field))
        return;
    int64_t block = mysql_fields_number(pass->fields, pass->key_field) >> KEY_SHIFT;
    if (block != pass->last_block)
        mysql_row_cut(pass->reading->row);
    pass->last_block = block;
}

static int
add_row(struct pass *pass, struct error *error)
{
    mysql_row_t *row = pass->reading->row;
    uint64_t hash = 0;
    if (pass->longs && mysql_fields_number(pass->fields, pass->count) > 0)
        return mysql_long_remember(pass->longs, pass->fields, error);
    cut_by_key(pass);
    if (mysql_row_begin(row, error))
        return -1;
    for (size_t i = 0; i < pass->count; i++) {
        if (mysql_fields_add(pass->fields, i, row, error))
            return -1;
    }
    if (mysql_row_end(row, &hash, error))
        return -1;
    if (pass->key_field == pass->count && (hash & HASH_MASK) == 0)
        mysql_row_cut(row);
    return tell(pass, error);
}

static int
run(struct pass *pass, MYSQL_STMT *statement, struct error *error)
{
    mysql_session_t *session = pass->reading->session;
    CLEAN(memory_free) char *sql = select_of(pass);
    if (mysql_stmt_prepare(statement, sql, strlen(sql)) || mysql_stmt_execute(statement))
        return mysql_session_fail(session, statement, "cannot read from", error);
    if (mysql_fields_open(&pass->fields, session, statement, pass->columns, pass->count, error))
        return -1;
    int is_there = 1;
    while (mysql_fields_fetch(pass->fields, &is_there, error) == 0) {
        if (!is_there)
            return 0;
        if (add_row(pass, error))
            break;
    }
    return -1;
}

static int
read_all(struct pass *pass, struct error *error)
{
    const struct mysql_reading *reading = pass->reading;
    CLEAN(statement_destroy)
    MYSQL_STMT *statement = mysql_stmt_init(mysql_session_handle(reading->session));
    if (!statement)
        abort();
    int status = run(pass, statement, error);
    if (status)  // else the library would read all that is left
        mysql_session_cut(reading->session);
    mysql_fields_destroy(&pass->fields);
    statement_destroy(&statement);
    return status || !pass->longs ? status : mysql_long_read(pass->longs, reading, error);
}

static void
find_columns(struct pass *pass)
{
    const struct mysql_table *table = pass->reading->table;
    pass->columns = memory_get((table->column_count + 1) * sizeof *pass->columns);
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].is_generated)
            pass->columns[pass->count++] = &table->columns[i];
    }
    pass->key_field = pass->count;
    for (size_t i = 0; table->key_count > 0 && i < pass->count; i++) {
        if (strcmp(pass->columns[i]->name, table->keys[0]) == 0 &&
            table->key_kind == MYSQL_KEY_INTEGER)
            pass->key_field = i;
    }
}

int
mysql_rows_read(const struct mysql_reading *reading, struct error *error)
{
    struct pass pass = {.reading = reading, .last_block = INT64_MIN};
    find_columns(&pass);
    pass.told_bytes = mysql_row_size(reading->row);
    if (reading->may_be_long)
        mysql_long_open(&pass.longs, reading->table, pass.columns, pass.count);
    int status = read_all(&pass, error);
    mysql_long_destroy(&pass.longs);
    memory_free(&pass.columns);
    return status ? error_wrap(error, "table %s", reading->table->quoted) : 0;
}
