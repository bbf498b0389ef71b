#include "worker/engine/mysql_fields.h"

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

enum {
    BUFFER_SIZE = 16 << 10,  // of a field's bytes; longer ones are fetched by themselves
    BUFFERS_MAX = 8 << 20,   // of all fields
    BUFFER_LEAST = 64,
    FRACTION_MAX = 6,
    TIME_SIZE = 48,
    VECTOR_TYPE = 242,  // MySQL's, which the library does not know
};

enum field_kind {
    FIELD_INTEGER,
    FIELD_YEAR,
    FIELD_SINGLE,
    FIELD_DOUBLE,
    FIELD_DECIMAL,
    FIELD_DATE,
    FIELD_DATETIME,
    FIELD_TIME,
    FIELD_BYTES,
};

struct field {
    enum field_kind kind;
    int is_unsigned;
    unsigned decimals;
    struct mysql_row_style style;
    my_bool is_null, is_cut;
    unsigned long size;
    union {
        long long integer;
        float single;
        double number;
        MYSQL_TIME time;
    } value;
    char *buffer;  // of bytes
    unsigned long buffer_size;
};

struct mysql_fields {
    mysql_session_t *session;
    MYSQL_STMT *statement;
    struct field *items;
    MYSQL_BIND *binds;
    size_t count;
};

struct mysql_row_style
mysql_fields_style(const struct mysql_column *column)
{
    int is_plain = column->kind == MYSQL_COLUMN_TEXT || column->kind == MYSQL_COLUMN_WORDS ||
                   column->kind == MYSQL_COLUMN_JSON || column->kind == MYSQL_COLUMN_PLAIN;
    return (struct mysql_row_style){.tag = column->is_text ? ROW_TEXT : ROW_BINARY,
                                    .before = is_plain ? "" : "_binary",
                                    .after = ""};
}

static enum field_kind
kind_of(enum enum_field_types type)
{
    switch (type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
        return FIELD_INTEGER;
    case MYSQL_TYPE_YEAR:
        return FIELD_YEAR;
    case MYSQL_TYPE_FLOAT:
        return FIELD_SINGLE;
    case MYSQL_TYPE_DOUBLE:
        return FIELD_DOUBLE;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
        return FIELD_DECIMAL;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
        return FIELD_DATE;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        return FIELD_DATETIME;
    case MYSQL_TYPE_TIME:
        return FIELD_TIME;
    default:
        return FIELD_BYTES;
    }
}

static void
bind_field(struct field *field, MYSQL_BIND *bind, unsigned long buffer_size)
{
    static const enum enum_field_types types[] = {
        [FIELD_INTEGER] = MYSQL_TYPE_LONGLONG,  [FIELD_YEAR] = MYSQL_TYPE_LONGLONG,
        [FIELD_SINGLE] = MYSQL_TYPE_FLOAT,      [FIELD_DOUBLE] = MYSQL_TYPE_DOUBLE,
        [FIELD_DECIMAL] = MYSQL_TYPE_STRING,    [FIELD_DATE] = MYSQL_TYPE_DATE,
        [FIELD_DATETIME] = MYSQL_TYPE_DATETIME, [FIELD_TIME] = MYSQL_TYPE_TIME,
        [FIELD_BYTES] = MYSQL_TYPE_BLOB};
    bind->buffer_type = types[field->kind];
    bind->is_null = &field->is_null;
    bind->error = &field->is_cut;
    bind->length = &field->size;
    bind->is_unsigned = (my_bool)(field->is_unsigned != 0);
    bind->buffer = &field->value;
    bind->buffer_length = sizeof field->value;
    if (field->kind != FIELD_BYTES && field->kind != FIELD_DECIMAL)
        return;
    field->buffer = memory_get(buffer_size);
    field->buffer_size = buffer_size;
    bind->buffer = field->buffer;
    bind->buffer_length = buffer_size;
}

static unsigned long
buffer_size_of(const MYSQL_FIELD *result, size_t count)
{
    unsigned long most = BUFFERS_MAX / (count + 1);
    if (most > BUFFER_SIZE)
        most = BUFFER_SIZE;
    if (most > result->length)
        most = result->length;
    return most < BUFFER_LEAST ? BUFFER_LEAST : most;
}

static int
bind_all(mysql_fields_t *self, const MYSQL_RES *result, const struct mysql_column *const *columns,
         size_t count, struct error *error)
{
    const MYSQL_FIELD *results = mysql_fetch_fields((MYSQL_RES *)(uintptr_t)result);
    for (size_t i = 0; i < self->count; i++) {
        struct field *field = &self->items[i];
        if ((unsigned)results[i].type == VECTOR_TYPE)
            return error_set(error, ERROR_INTERNAL, "a vector came as such");
        field->kind = kind_of(results[i].type);
        field->is_unsigned = (results[i].flags & UNSIGNED_FLAG) != 0;
        field->decimals = results[i].decimals <= FRACTION_MAX ? results[i].decimals : 0;
        if (i < count)
            field->style = mysql_fields_style(columns[i]);
        bind_field(field, &self->binds[i], buffer_size_of(&results[i], self->count));
    }
    return 0;
}

int
mysql_fields_open(mysql_fields_t **self_p, mysql_session_t *session, MYSQL_STMT *statement,
                  const struct mysql_column *const *columns, size_t count, struct error *error)
{
    CLEAN(mysql_fields_destroy) mysql_fields_t *self = memory_get(sizeof *self);
    MYSQL_RES *result = mysql_stmt_result_metadata(statement);
    if (!result)
        return mysql_session_fail(session, statement, "cannot read from", error);
    self->session = session;
    self->statement = statement;
    self->count = mysql_num_fields(result);
    if (self->count < count) {
        mysql_free_result(result);
        return error_set(error, ERROR_INVALID, "the server gave %zu columns of %zu", self->count,
                         count);
    }
    self->items = memory_get((self->count + 1) * sizeof *self->items);
    self->binds = memory_get((self->count + 1) * sizeof *self->binds);
    int status = bind_all(self, result, columns, count, error);
    mysql_free_result(result);
    if (status)
        return -1;
    if (mysql_stmt_bind_result(statement, self->binds))
        return mysql_session_fail(session, statement, "cannot read from", error);
    *self_p = STEAL(self);
    return 0;
}

void
mysql_fields_destroy(mysql_fields_t **self_p)
{
    if (!*self_p)
        return;
    for (size_t i = 0; i < (*self_p)->count && (*self_p)->items; i++)
        memory_free(&(*self_p)->items[i].buffer);
    memory_free(&(*self_p)->items);
    memory_free(&(*self_p)->binds);
    memory_free(self_p);
}

int
mysql_fields_fetch(mysql_fields_t *self, int *is_there, struct error *error)
{
    int status = mysql_stmt_fetch(self->statement);
    if (status != 0 && status != MYSQL_DATA_TRUNCATED && status != MYSQL_NO_DATA)
        return mysql_session_fail(self->session, self->statement, "cannot read rows of", error);
    *is_there = status != MYSQL_NO_DATA;
    return 0;
}

int
mysql_fields_is_null(const mysql_fields_t *self, size_t field)
{
    return self->items[field].is_null != 0;
}

int
mysql_fields_is_integer(const mysql_fields_t *self, size_t field)
{
    return self->items[field].kind == FIELD_INTEGER;
}

int64_t
mysql_fields_number(const mysql_fields_t *self, size_t field)
{
    return self->items[field].is_null ? 0 : self->items[field].value.integer;
}

static char *
put_digits(char *to, unsigned long number, int count)
{
    for (int i = count - 1; i >= 0; i--, number /= 10)
        to[i] = (char)('0' + number % 10);
    return to + count;
}

// Three numbers, the last two of two digits. printf would take a third of all time.
static char *
put_three(char *to, const unsigned numbers[3], int digits, char between)
{
    to = put_digits(to, numbers[0], digits);
    for (int i = 1; i < 3; i++) {
        *to++ = between;
        to = put_digits(to, numbers[i], 2);
    }
    return to;
}

static void
add_time(const struct field *field, mysql_row_t *row)
{
    const MYSQL_TIME *time = &field->value.time;
    const unsigned date[3] = {time->year, time->month, time->day};
    unsigned clock[3] = {time->hour, time->minute, time->second};
    char text[TIME_SIZE];
    char *to = text;
    if (field->kind == FIELD_TIME) {
        clock[0] += time->day * 24;
        if (time->neg)
            *to++ = '-';
        to = put_three(to, clock, clock[0] < 100 ? 2 : 3, ':');
    } else {
        to = put_three(to, date, 4, '-');
    }
    if (field->kind == FIELD_DATETIME) {
        *to++ = ' ';
        to = put_three(to, clock, 2, ':');
    }
    if (field->kind != FIELD_DATE && field->decimals > 0) {
        *to++ = '.';
        put_digits(to, time->second_part, FRACTION_MAX);
        to += field->decimals;
    }
    mysql_row_time(row, text, (size_t)(to - text));
}

// The bytes of a value that is longer than its buffer; the caller's.
static int
fetch_long(mysql_fields_t *self, size_t index, char **data_p, struct error *error)
{
    unsigned long size = self->items[index].size;
    CLEAN(memory_free) char *data = memory_get(size + 1);
    MYSQL_BIND bind = {.buffer_type = MYSQL_TYPE_BLOB, .buffer = data, .buffer_length = size};
    bind.length = &bind.length_value;
    bind.is_null = &bind.is_null_value;
    bind.error = &bind.error_value;
    if (mysql_stmt_fetch_column(self->statement, &bind, (unsigned)index, 0))
        return mysql_session_fail(self->session, self->statement, "cannot read a value of", error);
    *data_p = STEAL(data);
    return 0;
}

static int
add_long(mysql_fields_t *self, size_t index, mysql_row_t *row, struct error *error)
{
    CLEAN(memory_free) char *data = NULL;
    const struct field *field = &self->items[index];
    if (fetch_long(self, index, &data, error))
        return -1;
    return mysql_row_bytes(row, &field->style, data, field->size, error);
}

int
mysql_fields_add_piece(mysql_fields_t *self, size_t index, uint64_t size, mysql_row_t *row,
                       struct error *error)
{
    CLEAN(memory_free) char *data = NULL;
    const struct field *field = &self->items[index];
    if (field->is_null || field->size != size)
        return error_set(error, ERROR_UNAVAILABLE,
                         "a slice of %llu bytes of a long value came with %lu",
                         (unsigned long long)size, field->is_null ? 0 : field->size);
    if (field->size > field->buffer_size && fetch_long(self, index, &data, error))
        return -1;
    return mysql_row_add_bytes(row, data ? data : field->buffer, size, error);
}

int
mysql_fields_add(mysql_fields_t *self, size_t index, mysql_row_t *row, struct error *error)
{
    const struct field *field = &self->items[index];
    if (field->is_null) {
        mysql_row_null(row);
        return 0;
    }
    switch (field->kind) {
    case FIELD_INTEGER:
        if (field->is_unsigned)
            mysql_row_unsigned(row, (uint64_t)field->value.integer);
        else
            mysql_row_integer(row, field->value.integer);
        return 0;
    case FIELD_YEAR:
        mysql_row_year(row, (unsigned)field->value.integer);
        return 0;
    case FIELD_SINGLE:
        mysql_row_float(row, field->value.single);
        return 0;
    case FIELD_DOUBLE:
        mysql_row_double(row, field->value.number);
        return 0;
    case FIELD_DECIMAL:
        if (field->size > field->buffer_size)
            return error_set(error, ERROR_INVALID, "the server gave a number of %lu digits",
                             field->size);
        mysql_row_decimal(row, field->buffer, field->size);
        return 0;
    case FIELD_DATE:
    case FIELD_DATETIME:
    case FIELD_TIME:
        add_time(field, row);
        return 0;
    case FIELD_BYTES:
        break;
    }
    if (field->size > field->buffer_size)
        return add_long(self, index, row, error);
    return mysql_row_bytes(row, &field->style, field->buffer, field->size, error);
}
