#include "worker/engine/postgres_copy.h"

#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "worker/engine/postgres_inside.h"

enum {
    SILENCE_MAX_MS = 3600000,  // a sort of a large table comes before its first row
    LOOK_MS = 200,             // how often it is asked whether the work is given up
    LOOK_BYTES = 64 << 10,     // of rows that came at once, between two looks at the clock
    HEAD_SIZE = 19,            // of the binary form
    TAKES_MAX = 2,
};

// Rows on their way.
struct flow {
    const postgres_t *postgres;
    const struct postgres_copy *copy;
    size_t index;  // of the next statement
    char *row;     // the last one
    int64_t begun_ms, first_ms;
    size_t unseen_bytes;  // that came since the last look at the clock
    unsigned takes;       // since the last row
    int is_stopped;
};

static void
flow_clear(struct flow *self)
{
    PQfreemem(self->row);
}

// Waits until the server has sent something.
static int
await(struct flow *self, struct error *error)
{
    int64_t deadline_ms = clock_monotonic_ms() + SILENCE_MAX_MS;
    self->unseen_bytes = LOOK_BYTES;
    for (;;) {
        const struct postgres_copy *copy = self->copy;
        int ready = postgres_inside_gather(self->postgres, LOOK_MS, error);
        if (ready != 0)
            return ready < 0 ? -1 : 0;
        if (copy->wait && copy->wait(copy->self, error))
            return -1;
        if (clock_monotonic_ms() >= deadline_ms)
            return error_set(error, ERROR_UNAVAILABLE, "the server sent nothing for %d minutes",
                             SILENCE_MAX_MS / 60000);
    }
}

// What has come is taken before more is waited for. Two takes empty what TLS holds: of that a wait
// for the socket knows nothing.
static int
receive(struct flow *self, struct error *error)
{
    PGconn *connection = self->postgres->connection;
    if (self->takes++ >= TAKES_MAX)
        return await(self, error);
    return PQconsumeInput(connection) ? 0 : postgres_inside_broken(connection, error);
}

static int
check_row(const char *data, size_t size, struct error *error)
{
    const char *end = memchr(data, '\n', size);
    if (!end || (size_t)(end - data) != size - 1)
        return error_set(error, ERROR_CORRUPT, "the server sent a row that is not one line");
    if (size == 3 && memcmp(data, "\\.\n", 3) == 0)
        return error_set(error, ERROR_CORRUPT, "the server sent the end of a COPY as a row");
    return 0;
}

// Takes the head of the binary form off the first row, which comes with it.
static int
skip_head(const char **data, size_t *size, struct error *error)
{
    static const char signature[] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', '\377', '\r', '\n', '\0'};
    static const char no_flags[HEAD_SIZE - sizeof signature] = {0};  // nor a longer head
    if (*size < HEAD_SIZE || memcmp(*data, signature, sizeof signature) != 0 ||
        memcmp(*data + sizeof signature, no_flags, sizeof no_flags) != 0)
        return error_set(error, ERROR_CORRUPT, "the server sent another form of rows than asked");
    *data += HEAD_SIZE;
    *size -= HEAD_SIZE;
    return 0;
}

// What comes behind the last row of the binary form, with the head before it if there is no row.
static int
is_end(const char *data, size_t size, int is_first)
{
    return size == (is_first ? HEAD_SIZE + 2 : 2) && data[size - 2] == '\377' &&
           data[size - 1] == '\377';
}

static int
take_tuple(const struct postgres_copy *copy, const char *data, size_t size, int is_first,
           struct error *error)
{
    if (is_first && skip_head(&data, &size, error))
        return -1;
    return copy->tuple(copy->self, data, size, error);
}

static int
take_row(const struct postgres_copy *copy, char *data, size_t size, struct error *error)
{
    return check_row(data, size, error) || copy->row(copy->self, data, size, error) ? -1 : 0;
}

// A statement that needs long before its first row sorts: begun anew it would do so again.
static void
stop_in_time(struct flow *self, size_t size)
{
    self->unseen_bytes += size;
    if (self->copy->limit_ms == 0 || self->is_stopped || self->unseen_bytes < LOOK_BYTES)
        return;
    self->unseen_bytes = 0;
    int64_t now_ms = clock_monotonic_ms();
    if (self->first_ms == 0)
        self->first_ms = now_ms;
    if (now_ms - self->begun_ms < self->copy->limit_ms ||
        self->first_ms - self->begun_ms > self->copy->limit_ms / 2)
        return;
    self->is_stopped = 1;
    postgres_inside_stop(self->postgres);
}

// All rows of the statement that has begun.
static int
take_rows(struct flow *self, int is_binary, struct error *error)
{
    for (int is_first = 1;;) {
        char *row = NULL;
        int size = PQgetCopyData(self->postgres->connection, &row, 1);
        if (size == -1)
            return 0;
        if (size == -2)
            return postgres_inside_broken(self->postgres->connection, error);
        if (size == 0) {
            if (receive(self, error))
                return -1;
            continue;
        }
        self->takes = 0;
        // The last row stays lent, should the statement be cut at its very end.
        if (is_binary && is_end(row, (size_t)size, is_first)) {
            PQfreemem(row);
            continue;
        }
        PQfreemem(self->row);
        self->row = row;
        if (is_binary ? take_tuple(self->copy, row, (size_t)size, is_first, error)
                      : take_row(self->copy, row, (size_t)size, error))
            return -1;
        is_first = 0;
        stop_in_time(self, (size_t)size);
    }
}

static int
is_cut(const struct flow *self, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return self->is_stopped && state && strcmp(state, "57014") == 0;
}

static int
take_result(struct flow *self, const PGresult *result, struct error *error)
{
    const struct postgres_copy *copy = self->copy;
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return 0;
    if (status != PGRES_COPY_OUT && is_cut(self, result))
        return copy->cut(copy->self, error);
    if (status != PGRES_COPY_OUT)
        return postgres_inside_error(self->postgres->connection, result, error);
    int is_binary = PQbinaryTuples(result);
    if (is_binary && !copy->tuple)
        return error_set(error, ERROR_INTERNAL, "the rows come in their binary form");
    if (copy->begin && copy->begin(copy->self, self->index, error))
        return -1;
    self->index++;
    return take_rows(self, is_binary, error);
}

static void
clear(PGresult **result)
{
    PQclear(*result);
    *result = NULL;
}

static int
take_all(struct flow *self, struct error *error)
{
    for (;;) {
        while (PQisBusy(self->postgres->connection)) {
            if (await(self, error))
                return -1;
        }
        CLEAN(clear) PGresult *result = PQgetResult(self->postgres->connection);
        if (!result)
            return 0;
        if (take_result(self, result, error))
            return -1;
    }
}

int
postgres_copy_out(postgres_t *self, const struct postgres_copy *copy, struct error *error)
{
    CLEAN(flow_clear)
    struct flow flow = {.postgres = self, .copy = copy, .begun_ms = clock_monotonic_ms()};
    if (!PQsendQuery(self->connection, copy->sql))
        return postgres_inside_broken(self->connection, error);
    if (take_all(&flow, error) == 0)
        return 0;
    postgres_inside_stop(self);
    return -1;
}
