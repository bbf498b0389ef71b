#include <mysqld_error.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "worker/engine/mysql_fields_inside.h"

enum {
    KEY_SIZE_MAX = 16 << 10,  // more than any index takes
    END_OF_ROWS = 0xfe,       // the first byte of the packet after the last row, which is
    END_SIZE_MAX = 8,         // no longer
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
    if (way != FIELDS_AS_THEY_COME)
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
know_result(mysql_fields_t *self, const struct mysql_column *const *columns, size_t count,
            struct error *error)
{
    MYSQL_RES *result =
        self->statement ? mysql_stmt_result_metadata(self->statement) : self->result;
    if (!result)
        return mysql_session_fail(self->session, self->statement, "cannot read from", error);
    self->count = mysql_num_fields(result);
    self->items = memory_get((self->count + 1) * sizeof *self->items);
    int status = self->count < count
                     ? error_set(error, ERROR_INVALID, "the server gave %zu columns of %zu",
                                 self->count, count)
                     : mysql_fields_know(self, result, columns, count, error);
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
    return run(self, sql, way, error) || know_result(self, columns, count, error) ? -1 : 0;
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
    memory_free(&self->items);
    memory_free(self_p);
}

int
mysql_fields_was_refused(const mysql_fields_t *self)
{
    return self->was_refused;
}

// Neither the session nor, when it is closed, the statement waits for rows any more.
static void
end_rows(mysql_fields_t *self)
{
    mysql_session_handle(self->session)->status = MYSQL_STATUS_READY;
    self->statement->state = MYSQL_STMT_FETCH_DONE;
}

// Rows are taken out of their packets here: mysql_stmt_fetch, which looks at each value and copies
// it, costs more than all that becomes of the row. What it does after the last row (which the
// server tells by a packet of its own, as the library never agrees to CLIENT_DEPRECATE_EOF), and
// after an error, is done here, too.
static int
fetch_binary(mysql_fields_t *self, int *is_there, struct error *error)
{
    MYSQL *handle = mysql_session_handle(self->session);
    unsigned long size = mysql_net_read_packet(handle);
    if (size == packet_error) {
        end_rows(self);
        return mysql_session_fail(self->session, NULL, "cannot read rows of", error);
    }
    const unsigned char *packet = handle->net.read_pos;
    *is_there = size == 0 || size > END_SIZE_MAX || *packet != END_OF_ROWS;
    if (!*is_there) {
        end_rows(self);
        return 0;
    }
    if (mysql_value_take_row(self->items, self->count, packet, size) == 0)
        return 0;
    return error_set(error, ERROR_CORRUPT,
                     "the server, or a proxy before it, sent bytes that are no row");
}

int
mysql_fields_fetch(mysql_fields_t *self, int *is_there, struct error *error)
{
    if (!self->statement)
        return mysql_fields_fetch_text(self, is_there, error);
    if (self->statement->state != MYSQL_STMT_FETCH_DONE)
        return fetch_binary(self, is_there, error);
    *is_there = 0;
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
    return self->items[field].kind == MYSQL_VALUE_INTEGER;
}

int64_t
mysql_fields_number(const mysql_fields_t *self, size_t field)
{
    const struct mysql_value *value = &self->items[field];
    if (value->is_null)
        return 0;
    return self->statement ? mysql_value_integer(value) : mysql_fields_text_number(value);
}

int
mysql_fields_add(mysql_fields_t *self, size_t field, mysql_row_t *row, struct error *error)
{
    const struct mysql_value *value = &self->items[field];
    return self->statement ? mysql_value_add(value, row, error)
                           : mysql_fields_add_text(value, row, error);
}

int
mysql_fields_add_first(mysql_fields_t *self, size_t count, mysql_row_t *row, struct error *error)
{
    if (self->statement)
        return mysql_value_add_all(self->items, count, row, error);
    for (size_t i = 0; i < count; i++) {
        if (mysql_fields_add_text(&self->items[i], row, error))
            return -1;
    }
    return 0;
}

int
mysql_fields_add_piece(mysql_fields_t *self, size_t field, uint64_t size, mysql_row_t *row,
                       struct error *error)
{
    const struct mysql_value *value = &self->items[field];
    size_t has_size = value->is_null ? 0 : value->size;
    if (has_size != size)
        return error_set(error, ERROR_UNAVAILABLE,
                         "a slice of %llu bytes of a long value came with %zu",
                         (unsigned long long)size, has_size);
    return mysql_row_add_bytes(row, value->data, size, error);
}

static int
add_time_edge(const mysql_fields_t *self, const struct mysql_value *value, struct mysql_text *edge,
              struct error *error)
{
    char time[MYSQL_VALUE_TIME_SIZE];
    size_t size = value->is_null ? 0 : value->size;
    if (self->statement && !value->is_null)
        size = mysql_value_print_time(value, time);
    if (size == 0 || size > sizeof time)
        return error_set(error, ERROR_CORRUPT, "the server sent a time that is none");
    mysql_text_add(edge, "%.*s", (int)size, self->statement ? time : value->data);
    return 0;
}

int
mysql_fields_edge(mysql_fields_t *self, size_t field, int is_hex, struct mysql_text *edge,
                  struct error *error)
{
    const struct mysql_value *value = &self->items[field];
    switch ((enum mysql_value_kind)value->kind) {
    case MYSQL_VALUE_INTEGER:
    case MYSQL_VALUE_YEAR:
        mysql_text_add(edge, value->is_unsigned ? "%llu" : "%lld",
                       (long long)mysql_fields_number(self, field));
        return 0;
    case MYSQL_VALUE_DATE:
    case MYSQL_VALUE_DATETIME:
    case MYSQL_VALUE_TIME:
        return add_time_edge(self, value, edge, error);
    default:
        break;
    }
    size_t size = value->is_null ? 0 : value->size;
    if (size > KEY_SIZE_MAX)
        return error_set(error, ERROR_INVALID, "a key of %zu bytes", size);
    for (size_t i = 0; i < size; i++)
        mysql_text_add(edge, is_hex ? "%02X" : "%c", (unsigned char)value->data[i]);
    return 0;
}
