#include "worker/engine/mysql_long.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_text.h"

enum { ROWS_MAX = 100000 };

struct mysql_long {
    const struct mysql_table *table;
    const struct mysql_column *const *columns;
    size_t count;
    size_t *key_fields;  // where the key's columns are among them
    char **conditions;   // of the rows
    size_t row_count;
};

void
mysql_long_open(mysql_long_t **self_p, const struct mysql_table *table,
                const struct mysql_column *const *columns, size_t count)
{
    int has_long = 0;
    size_t found = 0;
    CLEAN(mysql_long_destroy) mysql_long_t *self = memory_get(sizeof *self);
    self->key_fields = memory_get((table->key_count + 1) * sizeof *self->key_fields);
    for (size_t i = 0; i < count; i++) {
        has_long |= columns[i]->kind == MYSQL_COLUMN_LONG;
        for (size_t key = 0; key < table->key_count; key++) {
            if (strcmp(table->keys[key], columns[i]->name) != 0)
                continue;
            self->key_fields[key] = i;
            found++;
        }
    }
    if (!has_long || table->key_count == 0 || found < table->key_count || table->has_history)
        return;
    self->table = table;
    self->columns = columns;
    self->count = count;
    *self_p = STEAL(self);
}

void
mysql_long_destroy(mysql_long_t **self_p)
{
    if (!*self_p)
        return;
    for (size_t i = 0; i < (*self_p)->row_count; i++)
        memory_free(&(*self_p)->conditions[i]);
    memory_free(&(*self_p)->conditions);
    memory_free(&(*self_p)->key_fields);
    memory_free(self_p);
}

// ---- remembering

static int
keep_text(void *self, const void *data, size_t size, struct error *error)
{
    (void)error;
    mysql_text_add(self, "%.*s", (int)size, (const char *)data);
    return 0;
}

// "WHERE `a` = 1 AND `b` = 'x'": the values as a statement has them.
int
mysql_long_remember(mysql_long_t *self, mysql_fields_t *fields, struct error *error)
{
    struct mysql_text text = {0};
    struct mysql_row_target target = {.self = &text, .write = keep_text};
    CLEAN(mysql_row_destroy) mysql_row_t *row = mysql_row_new(MYSQL_INSERTS, &target);
    if (self->row_count == ROWS_MAX)
        return error_set(error, ERROR_INVALID, "more than %d rows with values of over %d MiB",
                         ROWS_MAX, MYSQL_LONG_VALUE >> 20);
    // (`a`, `b`) = (1, 'x')
    mysql_text_add(&text, " WHERE (");
    for (size_t i = 0; i < self->table->key_count; i++) {
        CLEAN(memory_free) char *name = mysql_session_name(self->table->keys[i]);
        mysql_text_add(&text, i ? ", %s" : "%s", name);
    }
    mysql_text_add(&text, ") =");
    mysql_row_begin_table(row, "");
    int status = mysql_row_begin(row, error);
    for (size_t i = 0; i < self->table->key_count && status == 0; i++)
        status = mysql_fields_add(fields, self->key_fields[i], row, error);
    if (status || mysql_row_end(row, NULL, error) || mysql_row_flush(row, error)) {
        mysql_text_free(&text);
        return -1;
    }
    self->conditions =
        memory_resize(self->conditions, (self->row_count + 1) * sizeof *self->conditions);
    self->conditions[self->row_count++] = text.data;
    return 0;
}

// ---- reading

static void
statement_destroy(MYSQL_STMT **statement_p)
{
    if (*statement_p)
        mysql_stmt_close(*statement_p);
    *statement_p = NULL;
}

// Runs a statement with one row. What it gives is the fields', to be ended with the statement.
static int
run(mysql_session_t *session, const char *sql, const struct mysql_column *const *columns,
    size_t count, MYSQL_STMT **statement, mysql_fields_t **fields, struct error *error)
{
    int is_there = 0;
    *statement = mysql_stmt_init(mysql_session_handle(session));
    if (!*statement)
        abort();
    if (mysql_stmt_prepare(*statement, sql, strlen(sql)) || mysql_stmt_execute(*statement))
        return mysql_session_fail(session, *statement, "cannot read from", error);
    if (mysql_fields_open(fields, session, *statement, columns, count, error))
        return -1;
    // Held by the library, so that the connection is free for the slices.
    if (mysql_stmt_store_result(*statement))
        return mysql_session_fail(session, *statement, "cannot read from", error);
    if (mysql_fields_fetch(*fields, &is_there, error))
        return -1;
    if (!is_there)
        return error_set(error, ERROR_INTERNAL, "a row with a long value is not found again");
    return 0;
}

static int
add_slice(const struct mysql_reading *reading, const char *name, const char *condition, uint64_t at,
          uint64_t size, struct error *error)
{
    static const struct mysql_column slice = {.kind = MYSQL_COLUMN_BYTES};
    static const struct mysql_column *const columns[] = {&slice};
    CLEAN(statement_destroy) MYSQL_STMT *statement = NULL;
    CLEAN(mysql_fields_destroy) mysql_fields_t *fields = NULL;
    CLEAN(memory_free)
    char *sql = memory_format("SELECT SUBSTRING(CONVERT(%s USING binary), %" PRIu64 ", %" PRIu64
                              ") FROM %s%s",
                              name, at + 1, size, reading->table->quoted, condition);
    if (run(reading->session, sql, columns, 1, &statement, &fields, error))
        return -1;
    return mysql_fields_add_piece(fields, 0, size, reading->row, error);
}

static int
add_in_slices(const struct mysql_reading *reading, const struct mysql_column *column,
              const char *condition, uint64_t size, struct error *error)
{
    const struct mysql_row_style style = mysql_fields_style(column);
    CLEAN(memory_free) char *name = mysql_session_name(column->name);
    mysql_row_begin_bytes(reading->row, &style, size);
    for (uint64_t at = 0; at < size; at += MYSQL_SLICE) {
        uint64_t part = size - at < MYSQL_SLICE ? size - at : MYSQL_SLICE;
        if (add_slice(reading, name, condition, at, part, error) ||
            (reading->tell && reading->tell(reading->context, error)))
            return -1;
    }
    mysql_row_end_bytes(reading->row, &style);
    return 0;
}

static char *
select_of(const mysql_long_t *self, const char *condition)
{
    struct mysql_text sql = {0};
    for (size_t i = 0; i < self->count; i++) {
        CLEAN(memory_free) char *name = mysql_session_name(self->columns[i]->name);
        int is_long = self->columns[i]->kind == MYSQL_COLUMN_LONG;
        int is_vector = self->columns[i]->kind == MYSQL_COLUMN_VECTOR;
        mysql_text_add(&sql, i ? ", " : "SELECT ");
        mysql_text_add(&sql,
                       is_long     ? "LENGTH(%s)"
                       : is_vector ? "CAST(%s AS BINARY)"
                                   : "%s",
                       name);
    }
    mysql_text_add(&sql, " FROM %s%s", self->table->quoted, condition);
    return sql.data;
}

static int
read_row(const mysql_long_t *self, const struct mysql_reading *reading, const char *condition,
         struct error *error)
{
    CLEAN(statement_destroy) MYSQL_STMT *statement = NULL;
    CLEAN(mysql_fields_destroy) mysql_fields_t *fields = NULL;
    CLEAN(memory_free) char *sql = select_of(self, condition);
    if (run(reading->session, sql, self->columns, self->count, &statement, &fields, error) ||
        mysql_row_begin(reading->row, error))
        return -1;
    for (size_t i = 0; i < self->count; i++) {
        int is_long =
            self->columns[i]->kind == MYSQL_COLUMN_LONG && !mysql_fields_is_null(fields, i);
        if (is_long ? add_in_slices(reading, self->columns[i], condition,
                                    (uint64_t)mysql_fields_number(fields, i), error)
                    : mysql_fields_add(fields, i, reading->row, error))
            return -1;
    }
    return mysql_row_end(reading->row, NULL, error);
}

int
mysql_long_read(mysql_long_t *self, const struct mysql_reading *reading, struct error *error)
{
    for (size_t i = 0; i < self->row_count; i++) {
        if (read_row(self, reading, self->conditions[i], error)) {
            mysql_session_cut(reading->session);
            return -1;
        }
    }
    return 0;
}
