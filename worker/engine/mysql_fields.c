#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_fields_inside.h"

enum {
    BUFFER_SIZE = 16 << 10,  // of a field's bytes; longer ones are fetched by themselves
    BUFFERS_MAX = 8 << 20,   // of all fields
    BUFFER_LEAST = 64,
    FRACTION_MAX = 6,
    TIME_SIZE = 48,
    KEY_SIZE_MAX = 16 << 10,  // more than any index takes
    VECTOR_TYPE = 242,        // MySQL's, which the library does not know
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

static enum mysql_field_kind
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
bind_field(struct mysql_field *field, MYSQL_BIND *bind, unsigned long buffer_size)
{
    static const enum enum_field_types types[] = {
        [FIELD_INTEGER] = MYSQL_TYPE_LONGLONG,  [FIELD_YEAR] = MYSQL_TYPE_LONGLONG,
        [FIELD_SINGLE] = MYSQL_TYPE_DOUBLE,     [FIELD_DOUBLE] = MYSQL_TYPE_DOUBLE,
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
        struct mysql_field *field = &self->items[i];
        if ((unsigned)results[i].type == VECTOR_TYPE)
            return error_set(error, ERROR_INTERNAL, "a vector came as such");
        field->kind = kind_of(results[i].type);
        field->is_unsigned = (results[i].flags & UNSIGNED_FLAG) != 0;
        field->decimals = results[i].decimals <= FRACTION_MAX ? results[i].decimals : 0;
        if (i < count)
            field->style = mysql_fields_style(columns[i]);
        if (i < count && columns[i]->is_single && field->kind == FIELD_DOUBLE)
            field->kind = FIELD_SINGLE;
        if (self->statement)
            bind_field(field, &self->binds[i], buffer_size_of(&results[i], self->count));
    }
    return 0;
}

// Does the server, or what stands before it, take no prepared statement, or not this one?
static int
is_refused(unsigned number)
{
    enum { UNKNOWN_COMMAND = 1047, NOT_SUPPORTED_YET = 1235, UNSUPPORTED = 1295, TOO_MANY = 1461 };
    return number == UNKNOWN_COMMAND || number == NOT_SUPPORTED_YET || number == UNSUPPORTED ||
           number == TOO_MANY;
}

static int
run_text(mysql_fields_t *self, const char *sql, int is_held, struct error *error)
{
    MYSQL *handle = mysql_session_handle(self->session);
    if (mysql_real_query(handle, sql, strlen(sql)) == 0)
        self->result = is_held ? mysql_store_result(handle) : mysql_use_result(handle);
    if (!self->result)
        return mysql_session_fail(self->session, NULL, "cannot read from", error);
    return 0;
}

static int
run(mysql_fields_t *self, const char *sql, int is_held, struct error *error)
{
    self->statement = mysql_stmt_init(mysql_session_handle(self->session));
    if (!self->statement)
        abort();
    if (mysql_stmt_prepare(self->statement, sql, strlen(sql)) == 0 &&
        mysql_stmt_execute(self->statement) == 0)
        return 0;
    if (!is_refused(mysql_stmt_errno(self->statement)))
        return mysql_session_fail(self->session, self->statement, "cannot read from", error);
    mysql_stmt_close(self->statement);
    self->statement = NULL;
    return run_text(self, sql, is_held, error);
}

static int
bind_result(mysql_fields_t *self, const struct mysql_column *const *columns, size_t count,
            struct error *error)
{
    MYSQL_RES *result =
        self->statement ? mysql_stmt_result_metadata(self->statement) : self->result;
    if (!result)
        return mysql_session_fail(self->session, self->statement, "cannot read from", error);
    self->count = mysql_num_fields(result);
    self->items = memory_get((self->count + 1) * sizeof *self->items);
    self->binds = memory_get((self->count + 1) * sizeof *self->binds);
    int status = self->count < count
                     ? error_set(error, ERROR_INVALID, "the server gave %zu columns of %zu",
                                 self->count, count)
                     : bind_all(self, result, columns, count, error);
    if (self->statement)
        mysql_free_result(result);
    return status;
}

int
mysql_fields_open(mysql_fields_t **self_p, mysql_session_t *session, const char *sql,
                  const struct mysql_column *const *columns, size_t count, int is_held,
                  struct error *error)
{
    mysql_fields_t *self = memory_get(sizeof *self);
    self->session = session;
    *self_p = self;  // also of a failure, for the caller may have to cut the session first
    if (run(self, sql, is_held, error) || bind_result(self, columns, count, error))
        return -1;
    if (self->statement && (mysql_stmt_bind_result(self->statement, self->binds) ||
                            (is_held && mysql_stmt_store_result(self->statement))))
        return mysql_session_fail(session, self->statement, "cannot read from", error);
    return 0;
}

void
mysql_fields_destroy(mysql_fields_t **self_p)
{
    mysql_fields_t *self = *self_p;
    if (!self)
        return;
    if (self->statement)
        mysql_stmt_close(self->statement);
    if (self->result)
        mysql_free_result(self->result);
    for (size_t i = 0; i < self->count && self->items; i++)
        memory_free(&self->items[i].buffer);
    memory_free(&self->items);
    memory_free(&self->binds);
    memory_free(self_p);
}

int
mysql_fields_is_text(const mysql_fields_t *self)
{
    return self->result != NULL;
}

int
mysql_fields_fetch(mysql_fields_t *self, int *is_there, struct error *error)
{
    if (!self->statement)
        return mysql_fields_fetch_text(self, is_there, error);
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

enum { TIME_TEXT_SIZE = 2 * TIME_SIZE };

static size_t
print_time(const struct mysql_field *field, char text[TIME_TEXT_SIZE])
{
    const MYSQL_TIME *time = &field->value.time;
    int size = 0;
    if (field->text)  // the server prints as we do
        return (size_t)snprintf(text, TIME_TEXT_SIZE, "%.*s", TIME_SIZE, field->text);
    if (field->kind == FIELD_TIME)
        size = snprintf(text, TIME_SIZE, "%s%02u:%02u:%02u", time->neg ? "-" : "",
                        time->day * 24 + time->hour, time->minute, time->second);
    else
        size = snprintf(text, TIME_SIZE, "%04u-%02u-%02u", time->year, time->month, time->day);
    if (field->kind == FIELD_DATETIME)
        size += snprintf(text + size, TIME_SIZE, " %02u:%02u:%02u", time->hour, time->minute,
                         time->second);
    if (field->kind != FIELD_DATE && field->decimals > 0) {
        char fraction[16];
        snprintf(fraction, sizeof fraction, "%06lu", time->second_part % 1000000);
        size += snprintf(text + size, 16, ".%.*s", (int)field->decimals, fraction);
    }
    return (size_t)size;
}

static void
add_time(const struct mysql_field *field, mysql_row_t *row)
{
    char text[TIME_TEXT_SIZE];
    size_t size = print_time(field, text);
    mysql_row_time(row, text, size);
}

// What is in a field of bytes; NULL if it is longer than its buffer.
static const char *
bytes_of(const struct mysql_field *field)
{
    if (field->text)
        return field->text;
    return field->size > field->buffer_size ? NULL : field->buffer;
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
    const struct mysql_field *field = &self->items[index];
    if (fetch_long(self, index, &data, error))
        return -1;
    return mysql_row_bytes(row, &field->style, data, field->size, error);
}

int
mysql_fields_add_piece(mysql_fields_t *self, size_t index, uint64_t size, mysql_row_t *row,
                       struct error *error)
{
    CLEAN(memory_free) char *data = NULL;
    const struct mysql_field *field = &self->items[index];
    if (field->is_null || field->size != size)
        return error_set(error, ERROR_UNAVAILABLE,
                         "a slice of %llu bytes of a long value came with %lu",
                         (unsigned long long)size, field->is_null ? 0 : field->size);
    if (!bytes_of(field) && fetch_long(self, index, &data, error))
        return -1;
    return mysql_row_add_bytes(row, data ? data : bytes_of(field), size, error);
}

int
mysql_fields_add(mysql_fields_t *self, size_t index, mysql_row_t *row, struct error *error)
{
    const struct mysql_field *field = &self->items[index];
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
        mysql_row_float(row, (float)field->value.number);
        return 0;
    case FIELD_DOUBLE:
        mysql_row_double(row, field->value.number);
        return 0;
    case FIELD_DECIMAL:
        if (!bytes_of(field))
            return error_set(error, ERROR_INVALID, "the server gave a number of %lu digits",
                             field->size);
        mysql_row_decimal(row, bytes_of(field), field->size);
        return 0;
    case FIELD_DATE:
    case FIELD_DATETIME:
    case FIELD_TIME:
        add_time(field, row);
        return 0;
    case FIELD_BYTES:
        break;
    }
    if (!bytes_of(field))
        return add_long(self, index, row, error);
    return mysql_row_bytes(row, &field->style, bytes_of(field), field->size, error);
}

int
mysql_fields_edge(mysql_fields_t *self, size_t index, int is_hex, struct mysql_text *edge,
                  struct error *error)
{
    char time[TIME_TEXT_SIZE];
    CLEAN(memory_free) char *data = NULL;
    const struct mysql_field *field = &self->items[index];
    switch (field->kind) {
    case FIELD_INTEGER:
    case FIELD_YEAR:
        mysql_text_add(edge, field->is_unsigned ? "%llu" : "%lld", field->value.integer);
        return 0;
    case FIELD_DATE:
    case FIELD_DATETIME:
    case FIELD_TIME:
        print_time(field, time);
        mysql_text_add(edge, "%s", time);
        return 0;
    default:
        break;
    }
    if (field->size > KEY_SIZE_MAX)
        return error_set(error, ERROR_INVALID, "a key of %lu bytes", field->size);
    if (!bytes_of(field) && fetch_long(self, index, &data, error))
        return -1;
    const char *bytes = data ? data : bytes_of(field);
    for (size_t i = 0; i < field->size; i++)
        mysql_text_add(edge, is_hex ? "%02X" : "%c", (unsigned char)bytes[i]);
    return 0;
}
