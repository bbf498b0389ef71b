#include "worker/engine/mysql_long.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_text.h"

enum {
    ROWS_MAX = 100000,
    JSON_GROWS = 4,
    SLICES = 32,
    SLICE_USUAL = 1 << 20,    // any session may take that
    STATEMENT_MAX = 1 << 29,  // bytes of values in one INSERT
};

struct mysql_long {
    const mysql_place_t *place;
    const struct mysql_column *const *columns;
    size_t count;
    size_t limit_bytes;  // of one value
    char **conditions;   // of the rows
    size_t row_count;
};

void
mysql_long_open(mysql_long_t **self_p, const mysql_place_t *place,
                const struct mysql_column *const *columns, size_t count)
{
    size_t longs = 0;
    for (size_t i = 0; i < count; i++)
        longs += columns[i]->may_be_long;
    if (longs == 0 || !place)
        return;
    *self_p = memory_get(sizeof **self_p);
    **self_p = (mysql_long_t){.place = place,
                              .columns = columns,
                              .count = count,
                              .limit_bytes = MYSQL_LONG_VALUES / longs};
}

void
mysql_long_destroy(mysql_long_t **self_p)
{
    if (!*self_p)
        return;
    for (size_t i = 0; i < (*self_p)->row_count; i++)
        memory_free(&(*self_p)->conditions[i]);
    memory_free(&(*self_p)->conditions);
    memory_free(self_p);
}

// ---- expressions

char *
mysql_long_value(const struct mysql_column *column)
{
    CLEAN(memory_free) char *name = mysql_session_name(column->name);
    if (column->kind == MYSQL_COLUMN_VECTOR)  // a type that the library does not know
        return memory_format("CAST(%s AS BINARY)", name);
    if (column->is_single)  // as text a FLOAT would have six digits; so it is a DOUBLE
        return memory_format("%s * 1e0", name);
    return STEAL(name);
}

char *
mysql_long_test(const mysql_long_t *self, const struct mysql_column *column)
{
    CLEAN(memory_free) char *name = mysql_session_name(column->name);
    if (column->is_unsized)
        return memory_format("LENGTH(CAST(%s AS CHAR)) > %zu", name, self->limit_bytes);
    // Its text is not made for that; it is seldom more than a few times as long.
    if (column->kind == MYSQL_COLUMN_JSON)
        return memory_format("JSON_STORAGE_SIZE(%s) > %zu", name, self->limit_bytes / JSON_GROWS);
    return memory_format("LENGTH(%s) > %zu", name, self->limit_bytes);
}

// "5.7.44-log". Aurora's "5.7.mysql_aurora.2.11.2" does not say.
int
mysql_long_has_json_size(const char *version)
{
    unsigned major = 0, minor = 0, patch = 0;
    sscanf(version, "%4u.%4u.%4u", &major, &minor, &patch);
    return major > 5 || (major == 5 && minor == 7 && patch >= 22);
}

// The bytes that are taken in slices.
static char *
bytes_of(const struct mysql_column *column)
{
    CLEAN(memory_free) char *name = mysql_session_name(column->name);
    if (column->kind == MYSQL_COLUMN_JSON)
        return memory_format("CAST(CAST(%s AS CHAR) AS BINARY)", name);
    return column->is_spatial ? memory_format("CAST(%s AS BINARY)", name)
                              : memory_format("CONVERT(%s USING binary)", name);
}

// ---- remembering

int
mysql_long_remember(mysql_long_t *self, mysql_fields_t *fields, struct error *error)
{
    CLEAN(memory_free) char *condition = NULL;
    if (self->row_count == ROWS_MAX)
        return error_set(error, ERROR_INVALID, "more than %d rows with values of over %zu bytes",
                         ROWS_MAX, self->limit_bytes);
    if (mysql_place_at(self->place, fields, &condition, error))
        return -1;
    if ((self->row_count & (self->row_count - 1)) == 0) {
        size_t room = self->row_count ? 2 * self->row_count : 1;
        self->conditions = memory_resize(self->conditions, room * sizeof *self->conditions);
    }
    self->conditions[self->row_count++] = STEAL(condition);
    return 0;
}

// ---- reading

// Runs a statement with one row.
static int
run(mysql_session_t *session, const char *sql, const struct mysql_column *const *columns,
    size_t count, enum mysql_fields_way way, mysql_fields_t **fields, struct error *error)
{
    int is_there = 0;
    if (mysql_fields_open(fields, session, sql, columns, count, way, error) ||
        mysql_fields_fetch(*fields, &is_there, error))
        return -1;
    if (!is_there)
        return error_set(error, ERROR_INTERNAL, "a row with a long value is not found again");
    return 0;
}

static int
add_slice(const struct mysql_reading *reading, const char *bytes, const char *condition,
          uint64_t at, uint64_t size, struct error *error)
{
    static const struct mysql_column slice = {.kind = MYSQL_COLUMN_BYTES};
    static const struct mysql_column *const columns[] = {&slice};
    CLEAN(mysql_fields_destroy) mysql_fields_t *fields = NULL;
    CLEAN(memory_free)
    char *sql = memory_format("SELECT SUBSTRING(%s, %" PRIu64 ", %" PRIu64 ") FROM %s WHERE %s",
                              bytes, at + 1, size, reading->table->quoted, condition);
    if (run(reading->session, sql, columns, 1, FIELDS_AS_THEY_COME, &fields, error))
        return -1;
    return mysql_fields_add_piece(fields, 0, size, reading->row, error);
}

static int
add_slices(const struct mysql_reading *reading, const struct mysql_column *column,
           const char *condition, uint64_t size, uint64_t slice, struct error *error)
{
    const struct mysql_row_style style = mysql_fields_style(column);
    CLEAN(memory_free) char *bytes = bytes_of(column);
    mysql_row_begin_bytes(reading->row, &style, size);
    for (uint64_t at = 0; at < size; at += slice) {
        uint64_t part = size - at < slice ? size - at : slice;
        if (add_slice(reading, bytes, condition, at, part, error) ||
            (reading->tell && reading->tell(reading->context, error)))
            return -1;
    }
    mysql_row_end_bytes(reading->row, &style);
    return 0;
}

static int
add_in_slices(const struct mysql_reading *reading, const struct mysql_column *column,
              const char *condition, uint64_t size, struct error *error)
{
    // The server reads all of the value for each slice.
    uint64_t slice = size / SLICES < MYSQL_SLICE       ? MYSQL_SLICE
                     : size / SLICES > MYSQL_SLICE_MAX ? MYSQL_SLICE_MAX
                                                       : size / SLICES;
    uint64_t memory = size < slice ? size : slice;
    int is_held = memory > SLICE_USUAL;
    if ((is_held && mysql_rows_hold(reading, memory, error)) ||
        add_slices(reading, column, condition, size, slice, error))
        return -1;
    return is_held ? mysql_rows_hold(reading, 0, error) : 0;
}

static char *
select_of(const mysql_long_t *self, const struct mysql_table *table, const char *condition)
{
    struct mysql_text sql = {0};
    for (size_t i = 0; i < self->count; i++) {
        const struct mysql_column *column = self->columns[i];
        CLEAN(memory_free)
        char *value = column->may_be_long ? bytes_of(column) : mysql_long_value(column);
        mysql_text_add(&sql, column->may_be_long ? "%sLENGTH(%s)" : "%s%s", i ? ", " : "SELECT ",
                       value);
    }
    mysql_text_add(&sql, " FROM %s WHERE %s", table->quoted, condition);
    return sql.data;
}

// No statement is longer than a packet, and an escape makes two bytes of one.
static int
check_statement(const mysql_long_t *self, const struct mysql_reading *reading,
                mysql_fields_t *fields, struct error *error)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < self->count; i++) {
        if (self->columns[i]->may_be_long && !mysql_fields_is_null(fields, i))
            bytes += (uint64_t)mysql_fields_number(fields, i);
    }
    if (mysql_row_form(reading->row) == MYSQL_LINES || bytes <= STATEMENT_MAX)
        return 0;
    return error_set(error, ERROR_CONFIG,
                     "the table %s has a row of %" PRIu64 " bytes, which no INSERT can carry, and "
                     "is small by the server's statistics: ANALYZE TABLE %s makes them true, and "
                     "with GRANT PROCESS the reader looks at its file",
                     reading->table->quoted, bytes, reading->table->quoted);
}

static int
read_row(const mysql_long_t *self, const struct mysql_reading *reading, const char *condition,
         struct error *error)
{
    CLEAN(mysql_fields_destroy) mysql_fields_t *fields = NULL;
    CLEAN(memory_free) char *sql = select_of(self, reading->table, condition);
    if (run(reading->session, sql, self->columns, self->count, FIELDS_HELD, &fields, error) ||
        check_statement(self, reading, fields, error) || mysql_row_begin(reading->row, error))
        return -1;
    for (size_t i = 0; i < self->count; i++) {
        int is_long = self->columns[i]->may_be_long && !mysql_fields_is_null(fields, i);
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
