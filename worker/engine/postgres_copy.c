#include "worker/engine/postgres_copy.h"

#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "worker/engine/postgres_inside.h"

enum {
    SILENCE_MAX_MS = 3600000,  // a sort of a large table comes before its first row
    LOOK_MS = 200,             // how often it is asked whether the work is given up
};

// Waits until the server has sent something.
static int
await(const postgres_t *postgres, const struct postgres_copy *copy, struct error *error)
{
    int64_t deadline_ms = clock_monotonic_ms() + SILENCE_MAX_MS;
    for (;;) {
        int ready = postgres_inside_await(postgres, LOOK_MS, error);
        if (ready != 0)
            return ready < 0 ? -1 : 0;
        if (copy->wait && copy->wait(copy->self, error))
            return -1;
        if (clock_monotonic_ms() >= deadline_ms)
            return error_set(error, ERROR_UNAVAILABLE, "the server sent nothing for %d minutes",
                             SILENCE_MAX_MS / 60000);
    }
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

static void
free_row(char **row)
{
    PQfreemem(*row);
    *row = NULL;
}

// Takes the head of the binary form off the first row, which comes with it.
static int
skip_head(const char **data, size_t *size, struct error *error)
{
    static const char signature[] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', '\377', '\r', '\n', '\0'};
    static const char no_flags[8] = {0};  // nor a longer head
    size_t head = sizeof signature + sizeof no_flags;
    if (*size < head || memcmp(*data, signature, sizeof signature) != 0 ||
        memcmp(*data + sizeof signature, no_flags, sizeof no_flags) != 0)
        return error_set(error, ERROR_CORRUPT, "the server sent another form of rows than asked");
    *data += head;
    *size -= head;
    return 0;
}

static int
take_tuple(const struct postgres_copy *copy, const char *data, size_t size, int is_first,
           struct error *error)
{
    if (is_first && skip_head(&data, &size, error))
        return -1;
    if (size == 2 && data[0] == '\377' && data[1] == '\377')  // the end of all
        return 0;
    return copy->tuple(copy->self, data, size, error);
}

static int
take_row(const struct postgres_copy *copy, char *data, size_t size, struct error *error)
{
    return check_row(data, size, error) || copy->row(copy->self, data, size, error) ? -1 : 0;
}

// All rows of the statement that has begun.
static int
take_rows(const postgres_t *postgres, const struct postgres_copy *copy, int is_binary,
          struct error *error)
{
    for (int is_first = 1;;) {
        CLEAN(free_row) char *row = NULL;
        int size = PQgetCopyData(postgres->connection, &row, 1);
        if (size == -1)
            return 0;
        if (size == -2)
            return postgres_inside_broken(postgres->connection, error);
        if (size == 0) {
            if (await(postgres, copy, error))
                return -1;
            continue;
        }
        if (is_binary ? take_tuple(copy, row, (size_t)size, is_first, error)
                      : take_row(copy, row, (size_t)size, error))
            return -1;
        is_first = 0;
    }
}

static int
take_result(const postgres_t *postgres, const struct postgres_copy *copy, const PGresult *result,
            size_t *index, struct error *error)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return 0;
    if (status != PGRES_COPY_OUT)
        return postgres_inside_error(postgres->connection, result, error);
    int is_binary = PQbinaryTuples(result);
    if (is_binary && !copy->tuple)
        return error_set(error, ERROR_INTERNAL, "the rows come in their binary form");
    if (copy->begin && copy->begin(copy->self, *index, error))
        return -1;
    ++*index;
    return take_rows(postgres, copy, is_binary, error);
}

static void
clear(PGresult **result)
{
    PQclear(*result);
    *result = NULL;
}

static int
take_all(const postgres_t *postgres, const struct postgres_copy *copy, struct error *error)
{
    size_t index = 0;
    for (;;) {
        while (PQisBusy(postgres->connection)) {
            if (await(postgres, copy, error))
                return -1;
        }
        CLEAN(clear) PGresult *result = PQgetResult(postgres->connection);
        if (!result)
            return 0;
        if (take_result(postgres, copy, result, &index, error))
            return -1;
    }
}

int
postgres_copy_out(postgres_t *self, const struct postgres_copy *copy, struct error *error)
{
    if (!PQsendQuery(self->connection, copy->sql))
        return postgres_inside_broken(self->connection, error);
    if (take_all(self, copy, error) == 0)
        return 0;
    postgres_inside_stop(self);
    return -1;
}
