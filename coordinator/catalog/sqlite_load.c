// The working set, read when a coordinator starts.

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/sqlite.h"

// Makes room for one more record in a list that doubles.
static void *
grow(void *list, size_t count)
{
    if (count & (count - 1))
        return list;
    return memory_resize(list, (count ? 2 * count : 1) * sizeof(void *));
}

static int
damaged(const struct sqlite *self, const char *table, int64_t id, struct error *error)
{
    return error_set(error, ERROR_CORRUPT,
                     "catalog '%s' holds a row in '%s' that cannot be (id %lld): bring it back "
                     "from a copy",
                     self->place, table, (long long)id);
}

static struct database *
read_database(sqlite3_stmt *row)
{
    struct database *database = database_new();
    database->id = sqlite3_column_int64(row, 0);
    char **texts[DATABASE_TEXTS];
    database_texts(database, texts);
    int column = 1;
    for (size_t index = 0; index < DATABASE_TEXTS; index++)
        record_set(texts[index], sqlite_text(row, column++));
    database->port = sqlite3_column_int64(row, column++);
    database->size_bytes = sqlite3_column_int64(row, column++);
    database->first_seen_ms = sqlite3_column_int64(row, column++);
    database->last_seen_ms = sqlite3_column_int64(row, column++);
    database->gone_ms = sqlite3_column_int64(row, column++);
    database->stale_ms = sqlite3_column_int64(row, column++);
    return database;
}

static int
load_databases(struct sqlite *self, struct working_set *set, struct error *error)
{
    CLEAN(sqlite_finish) sqlite3_stmt *row = NULL;
    if (sqlite_prepare(
            self,
            "SELECT id, provider, resource_id, name, long_name, engine, version, account,"
            " region, host, source, secret, role_arn, external_id, state, tags,"
            " skip_reason, port, size_bytes, first_seen_ms, last_seen_ms, gone_ms,"
            " stale_ms FROM known_databases ORDER BY id",
            &row, error))
        return -1;
    int more = 0;
    while (!sqlite_step(self, row, &more, error)) {
        if (!more)
            return 0;
        set->databases = grow(set->databases, set->database_count);
        set->databases[set->database_count++] = read_database(row);
    }
    return -1;
}

static int
load_scopes(struct sqlite *self, struct working_set *set, struct error *error)
{
    CLEAN(sqlite_finish) sqlite3_stmt *row = NULL;
    if (sqlite_prepare(self,
                       "SELECT provider, account, region, state, message, since_ms FROM scopes",
                       &row, error))
        return -1;
    int more = 0;
    while (!sqlite_step(self, row, &more, error)) {
        if (!more)
            return 0;
        set->scopes = grow(set->scopes, set->scope_count);
        struct scope *scope = set->scopes[set->scope_count++] = scope_new();
        record_set(&scope->provider, sqlite_text(row, 0));
        record_set(&scope->account, sqlite_text(row, 1));
        record_set(&scope->region, sqlite_text(row, 2));
        record_set(&scope->state, sqlite_text(row, 3));
        record_set(&scope->message, sqlite_text(row, 4));
        scope->since_ms = sqlite3_column_int64(row, 5);
    }
    return -1;
}

static int
read_run(struct sqlite *self, sqlite3_stmt *row, struct run *run, struct error *error)
{
    run->id = sqlite3_column_int64(row, 0);
    if (job_kind_parse(sqlite_text(row, 1), &run->kind))
        return damaged(self, "runs", run->id, error);
    record_set(&run->label, sqlite_text(row, 2));
    record_set(&run->selector, sqlite_text(row, 3));
    record_set(&run->requested_by, sqlite_text(row, 4));
    record_set(&run->policy_digest, sqlite_text(row, 5));
    record_set(&run->note, sqlite_text(row, 6));
    run->started_ms = sqlite3_column_int64(row, 7);
    run->skipped = sqlite3_column_int64(row, 8);
    return 0;
}

static int
load_runs(struct sqlite *self, struct working_set *set, struct error *error)
{
    CLEAN(sqlite_finish) sqlite3_stmt *row = NULL;
    if (sqlite_prepare(self,
                       "SELECT id, kind, label, selector, requested_by, policy_digest, note,"
                       " started_ms, (SELECT count(*) FROM skips s WHERE s.run_id = r.id)"
                       " FROM runs r WHERE ended_ms = 0 ORDER BY id",
                       &row, error))
        return -1;
    int more = 0;
    while (!sqlite_step(self, row, &more, error)) {
        if (!more)
            return 0;
        set->runs = grow(set->runs, set->run_count);
        struct run *run = set->runs[set->run_count++] = run_record_new();
        if (read_run(self, row, run, error))
            return -1;
    }
    return -1;
}

static int
read_job(struct sqlite *self, sqlite3_stmt *row, struct job *job, struct error *error)
{
    job->id = sqlite3_column_int64(row, 0);
    job->run_id = sqlite3_column_int64(row, 1);
    job->database_id = sqlite3_column_int64(row, 2);
    job->set_id = sqlite3_column_int64(row, 3);
    if (job_kind_parse(sqlite_text(row, 4), &job->kind) ||
        job_state_parse(sqlite_text(row, 5), &job->state))
        return damaged(self, "jobs", job->id, error);
    job->attempt = sqlite3_column_int64(row, 6);
    job->failures = sqlite3_column_int64(row, 7);
    job->not_before_ms = sqlite3_column_int64(row, 8);
    job->queued_ms = sqlite3_column_int64(row, 9);
    job->started_ms = sqlite3_column_int64(row, 10);
    job->ended_ms = sqlite3_column_int64(row, 11);
    record_set(&job->worker, sqlite_text(row, 12));
    record_set(&job->message, sqlite_text(row, 13));
    const void *task = sqlite3_column_blob(row, 14);
    int size = sqlite3_column_bytes(row, 14);
    if (task && size > 0) {
        job->task_size = (size_t)size;
        job->task = memory_get(job->task_size);
        memcpy(job->task, task, job->task_size);
    }
    return 0;
}

static int
load_jobs(struct sqlite *self, struct working_set *set, struct error *error)
{
    CLEAN(sqlite_finish) sqlite3_stmt *row = NULL;
    if (sqlite_prepare(self,
                       "SELECT j.id, j.run_id, j.database_id, j.set_id, j.kind, j.state,"
                       " j.attempt, j.failures, j.not_before_ms, j.queued_ms, j.started_ms,"
                       " j.ended_ms, j.worker, j.message, j.task"
                       " FROM runs r JOIN jobs j ON j.run_id = r.id"
                       " WHERE r.ended_ms = 0 ORDER BY r.id, j.id",
                       &row, error))
        return -1;
    int more = 0;
    while (!sqlite_step(self, row, &more, error)) {
        if (!more)
            return 0;
        set->jobs = grow(set->jobs, set->job_count);
        struct job *job = set->jobs[set->job_count++] = job_record_new();
        if (read_job(self, row, job, error))
            return -1;
    }
    return -1;
}

static int
load_next_ids(struct sqlite *self, struct working_set *set, struct error *error)
{
    return sqlite_number(self, "SELECT coalesce(max(id), 0) + 1 FROM known_databases", 1,
                         &set->next_database_id, error) ||
                   sqlite_number(self, "SELECT coalesce(max(id), 0) + 1 FROM runs", 1,
                                 &set->next_run_id, error) ||
                   sqlite_number(self, "SELECT coalesce(max(id), 0) + 1 FROM jobs", 1,
                                 &set->next_job_id, error) ||
                   sqlite_number(self, "SELECT coalesce(max(id), 0) + 1 FROM sets", 1,
                                 &set->next_set_id, error) ||
                   sqlite_number(self, "SELECT coalesce(max(id), 0) + 1 FROM events", 1,
                                 &set->next_event_id, error)
               ? -1
               : 0;
}

int
sqlite_load(catalog_t *base, struct working_set *set, struct error *error)
{
    struct sqlite *self = (struct sqlite *)base;
    CLEAN(working_set_clear) struct working_set found = {0};
    sqlite_rollback(self);
    if (sqlite_run(self, "BEGIN", error))
        return -1;
    int failed = load_databases(self, &found, error) || load_scopes(self, &found, error) ||
                 load_runs(self, &found, error) || load_jobs(self, &found, error) ||
                 load_next_ids(self, &found, error);
    sqlite_rollback(self);
    if (failed)
        return error_wrap(error, "cannot load the working set");
    *set = found;
    found = (struct working_set){0};
    return 0;
}
