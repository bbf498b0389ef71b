// What all else is made of: statements, answers, and what failures mean.

#include <errmsg.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/mysql.h"

enum {
    PACKET_SIZE = 512 << 10,  // of changes sent at once; far below any max_allowed_packet
    BINARY = 63,              // character set of what is no text
    // Numbers that the library's headers do not have.
    CLIENT_FIRST = 2000,
    CLIENT_LAST = 2999,
    LIBRARY_FIRST = 5000,  // MariaDB's library has some of its own
    LIBRARY_LAST = 5999,
    TOO_MANY_USER_CONNECTIONS = 1226,
    READ_ONLY_MODE = 1836,
    QUERY_TIMEOUT = 3024,
    CHECK_CONSTRAINT_VIOLATED = 3819,
    CLIENT_INTERACTION_TIMEOUT = 4031,
    MARIADB_STATEMENT_TIMEOUT = 1969,
    MARIADB_CONSTRAINT_FAILED = 4025,
};

// ---- failures

// What is not here is a bug of ours.
static const struct {
    unsigned number;
    enum error_code code;
    int ends_connection;
    const char *advice;
} meanings[] = {
    {ER_OPTION_PREVENTS_STATEMENT, ERROR_UNAVAILABLE, 1, ", it must be writable: is it a replica?"},
    {READ_ONLY_MODE, ERROR_UNAVAILABLE, 1, ", it must be writable: is it a replica?"},
    {ER_SERVER_SHUTDOWN, ERROR_UNAVAILABLE, 1, ""},
    {ER_NORMAL_SHUTDOWN, ERROR_UNAVAILABLE, 1, ""},
    {ER_CONNECTION_KILLED, ERROR_UNAVAILABLE, 1, ""},
    {ER_NEW_ABORTING_CONNECTION, ERROR_UNAVAILABLE, 1, ""},
    {CLIENT_INTERACTION_TIMEOUT, ERROR_UNAVAILABLE, 1, ""},
    {ER_NET_READ_ERROR, ERROR_UNAVAILABLE, 1, ""},
    {ER_NET_READ_INTERRUPTED, ERROR_UNAVAILABLE, 1, ""},
    {ER_NET_ERROR_ON_WRITE, ERROR_UNAVAILABLE, 1, ""},
    {ER_NET_WRITE_INTERRUPTED, ERROR_UNAVAILABLE, 1, ""},
    {ER_LOCK_WAIT_TIMEOUT, ERROR_UNAVAILABLE, 0, ", another session holds a lock on it"},
    {ER_LOCK_DEADLOCK, ERROR_UNAVAILABLE, 0, ""},
    {ER_QUERY_INTERRUPTED, ERROR_UNAVAILABLE, 0, ""},
    {QUERY_TIMEOUT, ERROR_UNAVAILABLE, 0, ""},
    {MARIADB_STATEMENT_TIMEOUT, ERROR_UNAVAILABLE, 0, ""},
    {ER_CON_COUNT_ERROR, ERROR_UNAVAILABLE, 0, ""},
    {ER_TOO_MANY_USER_CONNECTIONS, ERROR_UNAVAILABLE, 0, ""},
    {TOO_MANY_USER_CONNECTIONS, ERROR_UNAVAILABLE, 0, ""},
    {ER_OUT_OF_RESOURCES, ERROR_UNAVAILABLE, 0, ""},
    {ER_OUTOFMEMORY, ERROR_UNAVAILABLE, 0, ""},
    {ER_GET_ERRNO, ERROR_UNAVAILABLE, 0, ", look at its disk"},
    {ER_ERROR_ON_WRITE, ERROR_UNAVAILABLE, 0, ", look at its disk"},
    {ER_ERROR_DURING_COMMIT, ERROR_UNAVAILABLE, 0, ""},
    {ER_DISK_FULL, ERROR_UNAVAILABLE, 0, ", make room on its file system"},
    {ER_RECORD_FILE_FULL, ERROR_UNAVAILABLE, 0, ", make room on its file system"},
    {ER_NET_PACKET_TOO_LARGE, ERROR_UNAVAILABLE, 1, ", make its max_allowed_packet larger"},
    {ER_TABLEACCESS_DENIED_ERROR, ERROR_UNAVAILABLE, 0,
     ", give the user the grants of deploy/catalog"},
    {ER_COLUMNACCESS_DENIED_ERROR, ERROR_UNAVAILABLE, 0,
     ", give the user the grants of deploy/catalog"},
    {ER_DBACCESS_DENIED_ERROR, ERROR_UNAVAILABLE, 0,
     ", give the user the grants of deploy/catalog"},
    {ER_NOT_KEYFILE, ERROR_CORRUPT, 0, ", bring it back from a copy"},
    {ER_CRASHED_ON_USAGE, ERROR_CORRUPT, 0, ", bring it back from a copy"},
    {ER_TABLE_CORRUPT, ERROR_CORRUPT, 0, ", bring it back from a copy"},
};

static int
is_of_library(unsigned number)
{
    return (number >= CLIENT_FIRST && number <= CLIENT_LAST) ||
           (number >= LIBRARY_FIRST && number <= LIBRARY_LAST);
}

int
mysql_catalog_fail(struct mysql_catalog *self, const char *tried, struct error *error)
{
    unsigned number = self->last_error = mysql_errno(self->handle);
    int is_over = is_of_library(number);
    enum error_code code = is_over ? ERROR_UNAVAILABLE : ERROR_INTERNAL;
    const char *advice = "";
    for (size_t index = 0; index < sizeof meanings / sizeof *meanings; index++) {
        if (meanings[index].number != number)
            continue;
        code = meanings[index].code;
        advice = meanings[index].advice;
        is_over = meanings[index].ends_connection;
    }
    error_set(error, code, "%s catalog '%s': %.300s (error %u)%s", tried, self->base.base.place,
              mysql_error(self->handle), number, advice);
    if (is_over)
        self->base.ops->disconnect(&self->base);
    return -1;
}

// Whether the tables' own rules forbid what was tried.
static int
is_constraint(unsigned number)
{
    switch (number) {
    case ER_DUP_ENTRY:
    case ER_DUP_KEY:
    case ER_BAD_NULL_ERROR:
    case ER_NO_REFERENCED_ROW:
    case ER_NO_REFERENCED_ROW_2:
    case ER_ROW_IS_REFERENCED:
    case ER_ROW_IS_REFERENCED_2:
    case CHECK_CONSTRAINT_VIOLATED:
    case MARIADB_CONSTRAINT_FAILED:
        return 1;
    default:
        return 0;
    }
}

static int
check_connected(const struct mysql_catalog *self, struct error *error)
{
    if (!self->handle)
        return error_set(error, ERROR_UNAVAILABLE, "catalog '%s' is not connected",
                         self->base.base.place);
    return 0;
}

int
mysql_catalog_run(struct mysql_catalog *self, const char *sql, struct error *error)
{
    if (check_connected(self, error))
        return -1;
    int status = mysql_real_query(self->handle, sql, strlen(sql));
    while (status == 0) {
        mysql_free_result(mysql_store_result(self->handle));
        status = mysql_next_result(self->handle);
    }
    return status > 0 ? mysql_catalog_fail(self, "cannot use", error) : 0;
}

static int
run(struct sql *base, const char *sql, struct error *error)
{
    return mysql_catalog_run((struct mysql_catalog *)base, sql, error);
}

// ---- changes

struct packet {
    char *text;
    size_t size, count;
};

static void
packet_clear(struct packet *self)
{
    free(self->text);
}

// As many changes as one packet takes, at least one.
static void
fill(struct mysql_catalog *self, const struct change *const *changes, size_t count,
     struct packet *packet)
{
    FILE *out = open_memstream(&packet->text, &packet->size);
    if (!out)
        abort();
    while (packet->count < count && ftell(out) < PACKET_SIZE) {
        const struct change *change = changes[packet->count++];
        mysql_catalog_write(self, out, mysql_catalog_change_sql(self, change->statement),
                            change->values, change->count);
        fputs(";", out);
    }
    fclose(out);
}

// The first that is refused by the server ends the packet.
static int
send(struct mysql_catalog *self, const struct packet *packet, const struct change *const *changes,
     int *refused, struct error *error)
{
    int status = mysql_real_query(self->handle, packet->text, packet->size);
    for (size_t index = 0; status == 0 && index < packet->count; index++) {
        mysql_free_result(mysql_store_result(self->handle));
        *refused |= !sql_holds(changes[index], (int64_t)mysql_affected_rows(self->handle));
        status = mysql_next_result(self->handle);
    }
    if (status <= 0)
        return 0;
    if (!is_constraint(mysql_errno(self->handle)))
        return mysql_catalog_fail(self, "cannot write", error);
    *refused = 1;
    return 0;
}

static int
change_all(struct sql *base, const struct change *const *changes, size_t count, int *refused,
           struct error *error)
{
    struct mysql_catalog *self = (struct mysql_catalog *)base;
    *refused = 0;
    for (size_t done = 0; done < count && !*refused;) {
        CLEAN(packet_clear) struct packet packet = {0};
        if (check_connected(self, error))
            return -1;
        fill(self, changes + done, count - done, &packet);
        if (send(self, &packet, changes + done, refused, error))
            return -1;
        done += packet.count;
    }
    return 0;
}

// ---- answers, row by row

struct answer {
    struct sql_rows base;
    MYSQL_RES *result;
    MYSQL_ROW row;
    unsigned long *sizes;
};

static int
ask(struct sql *base, const char *sql, const struct value *values, size_t count,
    struct sql_rows **rows, struct error *error)
{
    struct mysql_catalog *self = (struct mysql_catalog *)base;
    CLEAN(packet_clear) struct packet packet = {0};
    if (check_connected(self, error))
        return -1;
    FILE *out = open_memstream(&packet.text, &packet.size);
    if (!out)
        abort();
    mysql_catalog_write(self, out, sql, values, count);
    fclose(out);
    if (mysql_real_query(self->handle, packet.text, packet.size))
        return mysql_catalog_fail(self, "cannot use", error);
    MYSQL_RES *result = mysql_use_result(self->handle);
    if (!result && mysql_errno(self->handle))
        return mysql_catalog_fail(self, "cannot read", error);
    struct answer *answer = memory_get(sizeof *answer);
    answer->base.sql = base;
    answer->result = result;
    *rows = &answer->base;
    return 0;
}

static int
next(struct sql_rows *rows, int *more, struct error *error)
{
    struct answer *answer = (struct answer *)rows;
    struct mysql_catalog *self = (struct mysql_catalog *)rows->sql;
    *more = 0;
    answer->row = answer->result ? mysql_fetch_row(answer->result) : NULL;
    if (!answer->row && answer->result && mysql_errno(self->handle)) {
        mysql_free_result(answer->result);  // before its connection
        answer->result = NULL;
        return mysql_catalog_fail(self, "cannot read", error);
    }
    if (!answer->row)
        return 0;
    answer->sizes = mysql_fetch_lengths(answer->result);
    *more = 1;
    return 0;
}

static void
cell_of(struct sql_rows *rows, int column, struct value *cell)
{
    struct answer *answer = (struct answer *)rows;
    const MYSQL_FIELD *field = mysql_fetch_field_direct(answer->result, (unsigned)column);
    if (!answer->row[column])
        return;
    switch (field->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_NEWDECIMAL:
        cell->type = VALUE_INTEGER;
        cell->number = strtoll(answer->row[column], NULL, 10);
        return;
    default:
        cell->type = field->charsetnr == BINARY ? VALUE_BLOB : VALUE_TEXT;
        cell->data = answer->row[column];
        cell->size = answer->sizes[column];
    }
}

static void
finish(struct sql_rows *rows)
{
    struct answer *answer = (struct answer *)rows;
    mysql_free_result(answer->result);  // reads what is left of it
    free(answer);
}

const struct sql_ops mysql_catalog_sql_ops = {
    .window = REMOTE_WINDOW,
    .ready = remote_ready,
    .begin = remote_begin,
    .begin_reading = remote_begin_reading,
    .commit = remote_commit,
    .rollback = remote_rollback,
    .change = change_all,
    .run = run,
    .ask = ask,
    .next = next,
    .cell = cell_of,
    .finish = finish,
};
