#include "worker/engine/postgres_point.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/memory.h"

// How often it is begun anew where tables come and go at the very moment.
enum { TRIES = 5 };

static int
limit_wait(postgres_t *keeper, int64_t lock_wait_ms, struct error *error)
{
    if (lock_wait_ms == 0)
        return 0;
    CLEAN(memory_free) char *sql = memory_format("SET lock_timeout = %" PRId64, lock_wait_ms);
    return postgres_run(keeper, sql, error);
}

// What the database holds now. Learns the encoding on the way.
static int
list(struct postgres_point *self, int64_t lock_wait_ms, struct postgres_tables *tables,
     struct error *error)
{
    postgres_t *keeper = self->snapshot.keeper;
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(keeper, "SELECT getdatabaseencoding(), pg_is_in_recovery()", NULL, &rows,
                       error))
        return -1;
    snprintf(self->encoding, sizeof self->encoding, "%s", postgres_rows_text(rows, 0, 0));
    return postgres_speak(keeper, self->encoding, error) ||
                   limit_wait(keeper, lock_wait_ms, error) ||
                   postgres_tables_read_names(tables, keeper, postgres_rows_true(rows, 0, 1), error)
               ? -1
               : 0;
}

static int
require_snapshot(const struct postgres_snapshot *snapshot, const char *database,
                 struct error *error)
{
    if (*snapshot->name)
        return 0;
    return error_set(error, ERROR_CONFIG,
                     "the server cannot share a snapshot of database '%s' (%s): let the policy say "
                     "tool: pg_dump",
                     database, snapshot->why_not);
}

// One try. *is_whole: what was locked is what there is.
static int
take(struct postgres_point *self, const struct server *server, const char *database,
     int64_t lock_wait_ms, int *is_whole, struct error *error)
{
    CLEAN(postgres_tables_clear) struct postgres_tables before = {0};
    struct postgres_snapshot *snapshot = &self->snapshot;
    if (postgres_snapshot_open(snapshot, server, database, error) ||
        list(self, lock_wait_ms, &before, error) || postgres_snapshot_begin(snapshot, error) ||
        postgres_tables_lock(&before, snapshot->keeper, error) ||
        postgres_snapshot_fix(snapshot, error) || require_snapshot(snapshot, database, error) ||
        postgres_tables_read_names(&self->tables, snapshot->keeper, snapshot->in_recovery, error))
        return -1;
    *is_whole = postgres_tables_same(&before, &self->tables);
    return 0;
}

// Locks what was made while we looked after the fact. That is sound if no table has other files by
// now than at the point, as it would have if it had been emptied or written anew in between.
static int
lock_late(struct postgres_point *self, struct error *error)
{
    int64_t changed = 0;
    postgres_t *keeper = self->snapshot.keeper;
    CLEAN(buffer_clear) struct buffer sql = {0};
    buffer_text(&sql, "SELECT count(*) FROM pg_class WHERE relfilenode <> "
                      "pg_relation_filenode(oid) AND oid = ANY ('{");
    for (size_t index = 0; index < self->tables.count; index++)
        buffer_format(&sql, "%s%u", index ? "," : "", self->tables.list[index].oid);
    buffer_text(&sql, "}')");
    if (postgres_tables_lock(&self->tables, keeper, error) ||
        postgres_count(keeper, buffer_read(&sql), &changed, error))
        return -1;
    if (changed > 0)
        return error_set(error, ERROR_BUSY, "%" PRId64 " tables were emptied or written anew",
                         changed);
    return 0;
}

int
postgres_point_take(struct postgres_point *self, const struct server *server, const char *database,
                    int64_t lock_wait_ms, struct error *error)
{
    *self = (struct postgres_point){0};
    for (int tries = 1;; tries++) {
        int is_whole = 0;
        int result = take(self, server, database, lock_wait_ms, &is_whole, error);
        if (result == 0 && is_whole)
            return 0;
        if (result == 0 && tries == TRIES)
            result = lock_late(self, error);
        if (result == 0 && tries == TRIES)
            return 0;
        postgres_point_release(self);
        if (result && error->code == ERROR_BUSY)
            error_wrap(error, "a table is being changed (ALTER, TRUNCATE, DROP or the like)");
        if (result && (error->code != ERROR_NOT_FOUND || tries == TRIES))
            return error_wrap(error, "cannot take a point in time of database '%s'", database);
    }
}

int
postgres_point_read(struct postgres_point *self, struct error *error)
{
    struct postgres_snapshot *snapshot = &self->snapshot;
    postgres_tables_clear(&self->tables);
    return postgres_tables_read(&self->tables, snapshot->keeper, snapshot->in_recovery, error);
}

void
postgres_point_release(struct postgres_point *self)
{
    postgres_tables_clear(&self->tables);
    postgres_snapshot_release(&self->snapshot);
}

int
postgres_point_check(struct postgres_point *self, struct error *error)
{
    if (postgres_run(self->snapshot.keeper, "SELECT", error) == 0)
        return 0;
    struct error cause = *error;
    return error_set(error, ERROR_UNAVAILABLE,
                     "the session that held the point in time has ended (%.200s), so what was read "
                     "is of no one point: the server's log says who or what ended it",
                     cause.message);
}
