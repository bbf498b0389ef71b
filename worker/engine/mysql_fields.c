#include <mysqld_error.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_fields_inside.h"

enum {
    TIME_SIZE = 48,
    PIECE_SIZE = 1 << 20,     // of a longer one
    KEY_SIZE_MAX = 16 << 10,  // more than any index takes
    FRACTION_DIGITS = 6,      // of a time's
};

// Does the server, or what stands before it, take no prepared statement, or not this one?
static int
is_refused(unsigned number)
{
    return number == ER_UNKNOWN_COM_ERROR || number == ER_NOT_SUPPORTED_YET ||
           number == ER_UNSUPPORTED_PS || number == ER_MAX_PREPARED_STMT_COUNT_REACHED;
}

static int
run_text(mysql_fields_t *self, const char *sql, enum mysql_fields_way way, struct error *error)
{
    MYSQL *handle = mysql_session_handle(self->session);
    if (mysql_real_query(handle, sql, strlen(sql)) == 0)
        self->result = way == FIELDS_HELD ? mysql_store_result(handle) : mysql_use_result(handle);
    if (!self->result)
        return mysql_session_fail(self->session, NULL, "cannot read from", error);
    return 0;
}

static int
run(mysql_fields_t *self, const char *sql, enum mysql_fields_way way, struct error *error)
{
    if (way == FIELDS_OF_FEW)
        return run_text(self, sql, way, error);
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
    self->was_refused = 1;
    return run_text(self, sql, way, error);
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
                     : mysql_fields_bind(self, result, columns, count, error);
    if (self->statement)
        mysql_free_result(result);
    return status;
}

int
mysql_fields_open(mysql_fields_t **self_p, mysql_session_t *session, const char *sql,
                  const struct mysql_column *const *columns, size_t count,
                  enum mysql_fields_way way, struct error *error)
{
    mysql_fields_t *self = memory_get(sizeof *self);
    self->session = session;
    *self_p = self;  // also of a failure, for the caller may have to cut the session first
    if (run(self, sql, way, error) || bind_result(self, columns, count, error))
        return -1;
    if (self->statement && (mysql_stmt_bind_result(self->statement, self->binds) ||
                            (way == FIELDS_HELD && mysql_stmt_store_result(self->statement))))
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
mysql_fields_was_refused(const mysql_fields_t *self)
{
    return self->was_refused;
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

// Returns its size.
static size_t
print_time(const struct mysql_field *field, char text[TIME_SIZE])
{
    const MYSQL_TIME *time = &field->value.time;
    const unsigned date[3] = {time->year, time->month, time->day};
    unsigned clock[3] = {time->hour, time->minute, time->second};
    char *to = text;
    if (field->text) {  // the server prints as we do
        size_t size = strnlen(field->text, TIME_SIZE);
        memcpy(text, field->text, size);
        return size;
    }
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
        put_digits(to, time->second_part, FRACTION_DIGITS);
        to += field->decimals;
    }
    return (size_t)(to - text);
}

static void
add_time(const struct mysql_field *field, mysql_row_t *row)
{
    char text[TIME_SIZE];
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

// From where the library has it, so that it is in memory once.
static int
add_in_pieces(mysql_fields_t *self, size_t index, mysql_row_t *row, struct error *error)
{
    unsigned long size = self->items[index].size, part = 0;
    CLEAN(memory_free) char *piece = memory_get(PIECE_SIZE);
    for (unsigned long at = 0; at < size; at += part) {
        part = size - at < PIECE_SIZE ? size - at : PIECE_SIZE;
        MYSQL_BIND bind = {.buffer_type = MYSQL_TYPE_BLOB, .buffer = piece, .buffer_length = part};
        bind.length = &bind.length_value;
        bind.is_null = &bind.is_null_value;
        bind.error = &bind.error_value;
        if (mysql_stmt_fetch_column(self->statement, &bind, (unsigned)index, at))
            return mysql_session_fail(self->session, self->statement, "cannot read a value of",
                                      error);
        if (mysql_row_add_bytes(row, piece, part, error))
            return -1;
    }
    return 0;
}

static int
add_long(mysql_fields_t *self, size_t index, mysql_row_t *row, struct error *error)
{
    const struct mysql_field *field = &self->items[index];
    mysql_row_begin_bytes(row, &field->style, field->size);
    if (add_in_pieces(self, index, row, error))
        return -1;
    mysql_row_end_bytes(row, &field->style);
    return 0;
}

int
mysql_fields_add_piece(mysql_fields_t *self, size_t index, uint64_t size, mysql_row_t *row,
                       struct error *error)
{
    const struct mysql_field *field = &self->items[index];
    if (field->is_null || field->size != size)
        return error_set(error, ERROR_UNAVAILABLE,
                         "a slice of %llu bytes of a long value came with %lu",
                         (unsigned long long)size, field->is_null ? 0 : field->size);
    const char *bytes = bytes_of(field);
    return bytes ? mysql_row_add_bytes(row, bytes, size, error)
                 : add_in_pieces(self, index, row, error);
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
    char time[TIME_SIZE];
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
        mysql_text_add(edge, "%.*s", (int)print_time(field, time), time);
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
