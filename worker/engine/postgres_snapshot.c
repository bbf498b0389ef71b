#include "worker/engine/postgres_snapshot.h"

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"

static const char begin_sql[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

// The position in the log, of which some services do not speak; then it stays "".
static int
read_position(struct postgres_snapshot *self, struct error *error)
{
    const char *sql = "SELECT pg_current_wal_lsn()";
    if (self->in_recovery)
        sql = "SELECT pg_last_wal_replay_lsn()";
    if (postgres_version(self->keeper) < 100000)
        sql = self->in_recovery ? "SELECT pg_last_xlog_replay_location()"
                                : "SELECT pg_current_xlog_location()";
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_run(self->keeper, "SAVEPOINT position", error))
        return -1;
    if (postgres_query(self->keeper, sql, NULL, &rows, error))
        return postgres_run(self->keeper, "ROLLBACK TO SAVEPOINT position", error);
    snprintf(self->position, sizeof self->position, "%s", postgres_rows_text(rows, 0, 0));
    return 0;
}

// The first statement of the transaction fixes what is seen, so it is the export.
static int
export_snapshot(struct postgres_snapshot *self, struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(self->keeper, "SELECT pg_export_snapshot()", NULL, &rows, error) == 0) {
        snprintf(self->name, sizeof self->name, "%s", postgres_rows_text(rows, 0, 0));
        return 0;
    }
    if (error->code == ERROR_UNAVAILABLE)
        return -1;
    snprintf(self->why_not, sizeof self->why_not, "%.200s", error->message);
    return postgres_run(self->keeper, "ROLLBACK", error) ||
                   postgres_run(self->keeper, begin_sql, error)
               ? -1
               : 0;
}

int
postgres_snapshot_open(struct postgres_snapshot *self, const struct server *server,
                       const char *database, struct error *error)
{
    memset(self, 0, sizeof *self);
    return postgres_open(&self->keeper, server, database, error);
}

int
postgres_snapshot_begin(struct postgres_snapshot *self, struct error *error)
{
    return postgres_run(self->keeper, begin_sql, error);
}

int
postgres_snapshot_fix(struct postgres_snapshot *self, struct error *error)
{
    if (export_snapshot(self, error))
        return -1;
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(self->keeper,
                       "SELECT pg_is_in_recovery(), (extract(epoch FROM now()) * 1000)::bigint",
                       NULL, &rows, error))
        return -1;
    self->in_recovery = postgres_rows_true(rows, 0, 0);
    self->unix_ms = postgres_rows_integer(rows, 0, 1);
    if (self->unix_ms <= 0)
        self->unix_ms = clock_unix_ms();
    return read_position(self, error);
}

int
postgres_snapshot_take(struct postgres_snapshot *self, const struct server *server,
                       const char *database, struct error *error)
{
    if (postgres_snapshot_open(self, server, database, error))
        return -1;
    if (postgres_snapshot_begin(self, error) || postgres_snapshot_fix(self, error)) {
        postgres_snapshot_release(self);
        return error_wrap(error, "cannot take a snapshot of database '%s'", database);
    }
    return 0;
}

void
postgres_snapshot_release(struct postgres_snapshot *self)
{
    postgres_destroy(&self->keeper);
}
