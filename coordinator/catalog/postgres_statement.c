// What all else is made of: sending, waiting, answers, and what failures mean.

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "coordinator/catalog/postgres.h"

// Types as the server's catalogue numbers them (pg_type.dat).
enum { TYPE_BYTES = 17, TYPE_INT8 = 20, TYPE_INT2 = 21, TYPE_INT4 = 23, TYPE_TEXT = 25 };

// ---- failures

// By the beginning of the SQLSTATE. What is not here is a bug of ours.
static const struct {
    const char *state;
    enum error_code code;
    const char *advice;
} meanings[] = {
    {"08", ERROR_UNAVAILABLE, ""},
    {"25006", ERROR_UNAVAILABLE, ", it must be writable: is it a standby?"},
    {"40", ERROR_UNAVAILABLE, ""},
    {"42501", ERROR_UNAVAILABLE, ", give the user the grants of deploy/catalog"},
    {"53100", ERROR_UNAVAILABLE, ", make room on its file system"},
    {"53", ERROR_UNAVAILABLE, ""},
    {"55P03", ERROR_UNAVAILABLE, ", another session holds a lock on it"},
    {"57", ERROR_UNAVAILABLE, ""},
    {"58", ERROR_UNAVAILABLE, ", look at its disk"},
    {"XX001", ERROR_CORRUPT, ", bring it back from a copy"},
    {"XX002", ERROR_CORRUPT, ", rebuild its indexes or bring it back from a copy"},
};

// libpq's messages have line ends in them.
static void
one_line(char *message)
{
    size_t size = strlen(message);
    while (size > 0 && strchr("\n ", message[size - 1]))
        message[--size] = '\0';
    for (; (message = strpbrk(message, "\n\t\r")); message++)
        *message = ' ';
}

int
postgres_catalog_fail(struct postgres_catalog *self, const PGresult *result, const char *tried,
                      struct error *error)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *primary = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    // Without a state it is libpq that speaks, of a connection that is gone.
    enum error_code code = state ? ERROR_INTERNAL : ERROR_UNAVAILABLE;
    const char *advice = "";
    for (size_t index = 0; state && index < sizeof meanings / sizeof *meanings; index++) {
        if (strncmp(state, meanings[index].state, strlen(meanings[index].state)) != 0)
            continue;
        code = meanings[index].code;
        advice = meanings[index].advice;
        break;
    }
    CLEAN(memory_free)
    char *said = memory_copy_text(primary ? primary : PQerrorMessage(self->connection));
    one_line(said);
    error_set(error, code, "%s catalog '%s': %.300s%s%s%s%s", tried, self->base.base.place, said,
              state ? " (SQLSTATE " : "", state ? state : "", state ? ")" : "", advice);
    // A server that became a standby is not asked again: the name may lead to another one by now.
    if (!state || PQstatus(self->connection) != CONNECTION_OK || strcmp(state, "25006") == 0)
        self->base.ops->disconnect(&self->base);
    return -1;
}

void
postgres_catalog_clear(PGresult **result_p)
{
    PQclear(*result_p);
    *result_p = NULL;
}

// ---- waiting

static int
give_up(struct postgres_catalog *self, struct error *error)
{
    self->base.ops->disconnect(&self->base);
    return error_set(error, ERROR_UNAVAILABLE, "the server of catalog '%s' does not answer",
                     self->base.base.place);
}

// Waits until it can be read from (or written to), and reads what is there.
static int
wait_for(struct postgres_catalog *self, short events, int64_t deadline_ms, struct error *error)
{
    struct pollfd wanted = {.fd = PQsocket(self->connection), .events = events};
    int64_t left_ms = deadline_ms - clock_monotonic_ms();
    if (left_ms <= 0)
        return give_up(self, error);
    if (poll(&wanted, 1, (int)left_ms) < 0 && errno != EINTR)
        return give_up(self, error);
    if (wanted.revents & ~POLLOUT && !PQconsumeInput(self->connection))
        return postgres_catalog_fail(self, NULL, "cannot read from", error);
    return 0;
}

static int64_t
deadline_of(const struct postgres_catalog *self)
{
    int patience_s = self->base.role == REMOTE_MIGRATOR ? REMOTE_MIGRATE_S + REMOTE_PATIENCE_S
                                                        : REMOTE_PATIENCE_S;
    return clock_monotonic_ms() + patience_s * INT64_C(1000);
}

int
postgres_catalog_flush(struct postgres_catalog *self, struct error *error)
{
    int64_t deadline_ms = deadline_of(self);
    int result = 0;
    while ((result = PQflush(self->connection)) > 0) {
        if (wait_for(self, POLLIN | POLLOUT, deadline_ms, error))
            return -1;
    }
    return result ? postgres_catalog_fail(self, NULL, "cannot send to", error) : 0;
}

int
postgres_catalog_result(struct postgres_catalog *self, PGresult **result, struct error *error)
{
    int64_t deadline_ms = deadline_of(self);
    while (PQisBusy(self->connection)) {
        if (wait_for(self, POLLIN, deadline_ms, error))
            return -1;
    }
    *result = PQgetResult(self->connection);
    return 0;
}

void
postgres_catalog_drain(struct postgres_catalog *self)
{
    struct error ignored;
    for (int more = 1; more && self->connection;) {
        CLEAN(postgres_catalog_clear) PGresult *result = NULL;
        more = postgres_catalog_result(self, &result, &ignored) == 0 && result != NULL;
    }
}

int
postgres_catalog_run(struct postgres_catalog *self, const char *sql, struct error *error)
{
    int failed = 0;
    if (!self->connection)
        return error_set(error, ERROR_UNAVAILABLE, "catalog '%s' is not connected",
                         self->base.base.place);
    if (!PQsendQuery(self->connection, sql))
        return postgres_catalog_fail(self, NULL, "cannot ask", error);
    if (postgres_catalog_flush(self, error))
        return -1;
    for (;;) {
        CLEAN(postgres_catalog_clear) PGresult *result = NULL;
        struct error later;
        if (postgres_catalog_result(self, &result, failed ? &later : error))
            return -1;
        if (!result)
            return failed;
        ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
            status != PGRES_EMPTY_QUERY && !failed)
            failed = postgres_catalog_fail(self, result, "cannot use", error);
        if (!self->connection)
            return -1;
    }
}

static int
run(struct sql *base, const char *sql, struct error *error)
{
    return postgres_catalog_run((struct postgres_catalog *)base, sql, error);
}

// ---- values

char *
postgres_catalog_sql(const char *sql)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    int number = 0, is_quoted = 0;
    for (; *sql; sql++) {
        is_quoted ^= *sql == '\'';
        if (*sql != '?' || is_quoted)
            fputc(*sql, out);
        else if (sql[1] >= '0' && sql[1] <= '9')
            fputc('$', out);  // the number stands there
        else
            fprintf(out, "$%d", ++number);
    }
    fclose(out);
    return text;
}

void
postgres_catalog_values(const struct value *values, size_t count, struct postgres_values *self)
{
    assert(count <= BATCH_VALUES_MAX);
    for (size_t index = 0; index < count; index++) {
        const struct value *value = &values[index];
        self->data[index] = value->data;
        self->sizes[index] = (int)value->size;
        self->formats[index] = value->type == VALUE_BLOB;
        self->types[index] = value->type == VALUE_BLOB ? TYPE_BYTES : TYPE_TEXT;
        if (value->type == VALUE_INTEGER) {
            snprintf(self->numbers[index], sizeof self->numbers[index], "%lld",
                     (long long)value->number);
            self->data[index] = self->numbers[index];
            self->types[index] = TYPE_INT8;
        }
    }
}

// ---- answers, row by row

struct answer {
    struct sql_rows base;
    PGresult *row;
};

static int
ask(struct sql *base, const char *sql, const struct value *values, size_t count,
    struct sql_rows **rows, struct error *error)
{
    struct postgres_catalog *self = (struct postgres_catalog *)base;
    struct postgres_values given;
    CLEAN(memory_free) char *text = postgres_catalog_sql(sql);
    if (!self->connection)
        return error_set(error, ERROR_UNAVAILABLE, "catalog '%s' is not connected", base->place);
    postgres_catalog_values(values, count, &given);
    if (!PQsendQueryParams(self->connection, text, (int)count, given.types, given.data, given.sizes,
                           given.formats, 1))
        return postgres_catalog_fail(self, NULL, "cannot ask", error);
    PQsetSingleRowMode(self->connection);
    if (postgres_catalog_flush(self, error))
        return -1;
    struct answer *answer = memory_get(sizeof *answer);
    answer->base.sql = base;
    *rows = &answer->base;
    return 0;
}

static int
next(struct sql_rows *rows, int *more, struct error *error)
{
    struct answer *answer = (struct answer *)rows;
    struct postgres_catalog *self = (struct postgres_catalog *)rows->sql;
    *more = 0;
    for (;;) {
        postgres_catalog_clear(&answer->row);
        if (!self->connection)
            return error_set(error, ERROR_UNAVAILABLE, "catalog '%s' is not connected",
                             rows->sql->place);
        if (postgres_catalog_result(self, &answer->row, error))
            return -1;
        if (!answer->row)
            return 0;
        switch (PQresultStatus(answer->row)) {
        case PGRES_SINGLE_TUPLE:
            *more = 1;
            return 0;
        case PGRES_TUPLES_OK:
        case PGRES_COMMAND_OK:
            continue;
        default:
            return postgres_catalog_fail(self, answer->row, "cannot use", error);
        }
    }
}

static int64_t
number_of(const char *data, int size)
{
    uint64_t eight = 0;
    uint32_t four = 0;
    uint16_t two = 0;
    switch (size) {
    case sizeof eight:
        memcpy(&eight, data, sizeof eight);
        return (int64_t)be64toh(eight);
    case sizeof four:
        memcpy(&four, data, sizeof four);
        return (int32_t)be32toh(four);
    default:
        memcpy(&two, data, sizeof two);
        return (int16_t)be16toh(two);
    }
}

static void
cell_of(struct sql_rows *rows, int column, struct value *cell)
{
    const PGresult *row = ((struct answer *)rows)->row;
    if (PQgetisnull(row, 0, column))
        return;
    char *data = PQgetvalue(row, 0, column);
    int size = PQgetlength(row, 0, column);
    switch (PQftype(row, column)) {
    case TYPE_INT8:
    case TYPE_INT4:
    case TYPE_INT2:
        cell->type = VALUE_INTEGER;
        cell->number = number_of(data, size);
        return;
    case TYPE_BYTES:
        cell->type = VALUE_BLOB;
        break;
    default:
        cell->type = VALUE_TEXT;
    }
    cell->data = data;
    cell->size = (size_t)size;
}

static void
finish(struct sql_rows *rows)
{
    struct answer *answer = (struct answer *)rows;
    postgres_catalog_clear(&answer->row);
    postgres_catalog_drain((struct postgres_catalog *)rows->sql);
    free(answer);
}

const struct sql_ops postgres_catalog_sql_ops = {
    .window = REMOTE_WINDOW,
    .ready = remote_ready,
    .begin = remote_begin,
    .begin_reading = remote_begin_reading,
    .commit = remote_commit,
    .rollback = remote_rollback,
    .change = postgres_catalog_change,
    .run = run,
    .ask = ask,
    .next = next,
    .cell = cell_of,
    .finish = finish,
};
