// The working set, read when a coordinator starts.

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/sql.h"

// Makes room for one more record in a list that doubles.
static void *
grow(void *list, size_t count)
{
    if (count & (count - 1))
        return list;
    return memory_resize(list, (count ? 2 * count : 1) * sizeof(void *));
}

static int
damaged(const struct sql *self, const char *table, int64_t id, struct error *error)
{
    return error_set(error, ERROR_CORRUPT,
                     "catalog '%s' holds a row in '%s' that cannot be (id %lld): bring it back "
                     "from a copy",
                     self->place, table, (long long)id);
}

static struct database *
read_database(struct sql_rows *row)
{
    struct database *database = database_new();
    database->id = sql_number(row, 0);
    char **texts[DATABASE_TEXTS];
    database_texts(database, texts);
    int column = 1;
    for (size_t index = 0; index < DATABASE_TEXTS; index++)
        record_set(texts[index], sql_text(row, column++));
    database->port = sql_number(row, column++);
    database->size_bytes = sql_number(row, column++);
    database->first_seen_ms = sql_number(row, column++);
    database->last_seen_ms = sql_number(row, column++);
    database->gone_ms = sql_number(row, column++);
    database->stale_ms = sql_number(row, column++);
    struct assignment *assignment = &database->assignment;
    char **more[ASSIGNMENT_TEXTS];
    assignment_texts(assignment, more);
    for (size_t index = 0; index < ASSIGNMENT_TEXTS; index++)
        record_set(more[index], sql_text(row, column++));
    assignment->lost_ms = sql_number(row, column++);
    assignment->good_ms = sql_number(row, column++);
    assignment->offsite_ms = sql_number(row, column++);
    return database;
}

static int
load_databases(struct sql *self, struct working_set *set, struct error *error)
{
    CLEAN(sql_finish) struct sql_rows *row = NULL;
    if (sql_ask(self,
                "SELECT id, provider, resource_id, name, long_name, engine, version, account,"
                " region, host, source, secret, role_arn, external_id, state, tags,"
                " skip_reason, endpoints, port, size_bytes, first_seen_ms, last_seen_ms, gone_ms,"
                " stale_ms, policy, policy_outcome, policy_tag, lost_policy, tag_lost_ms,"
                " promise_good_ms, promise_offsite_ms FROM known_databases ORDER BY id",
                NULL, 0, &row, error))
        return -1;
    int more = 0;
    while (!sql_next(row, &more, error)) {
        if (!more)
            return 0;
        set->databases = grow(set->databases, set->database_count);
        set->databases[set->database_count++] = read_database(row);
    }
    return -1;
}

static int
load_scopes(struct sql *self, struct working_set *set, struct error *error)
{
    CLEAN(sql_finish) struct sql_rows *row = NULL;
    if (sql_ask(self, "SELECT provider, account, region, state, message, since_ms FROM scopes",
                NULL, 0, &row, error))
        return -1;
    int more = 0;
    while (!sql_next(row, &more, error)) {
        if (!more)
            return 0;
        set->scopes = grow(set->scopes, set->scope_count);
        struct scope *scope = set->scopes[set->scope_count++] = scope_new();
        record_set(&scope->provider, sql_text(row, 0));
        record_set(&scope->account, sql_text(row, 1));
        record_set(&scope->region, sql_text(row, 2));
        record_set(&scope->state, sql_text(row, 3));
        record_set(&scope->message, sql_text(row, 4));
        scope->since_ms = sql_number(row, 5);
    }
    return -1;
}

static int
load_firings(struct sql *self, struct working_set *set, struct error *error)
{
    CLEAN(sql_finish) struct sql_rows *row = NULL;
    if (sql_ask(self,
                "SELECT policy, seen_ms, fired_ms, skipped_after_ms, skipped_until_ms, closes_ms"
                " FROM firings",
                NULL, 0, &row, error))
        return -1;
    int more = 0;
    while (!sql_next(row, &more, error)) {
        if (!more)
            return 0;
        set->firings = grow(set->firings, set->firing_count);
        struct firing *firing = set->firings[set->firing_count++] = firing_new();
        record_set(&firing->policy, sql_text(row, 0));
        firing->seen_ms = sql_number(row, 1);
        firing->fired_ms = sql_number(row, 2);
        firing->skipped_after_ms = sql_number(row, 3);
        firing->skipped_until_ms = sql_number(row, 4);
        firing->closes_ms = sql_number(row, 5);
    }
    return -1;
}

static int
read_run(struct sql *self, struct sql_rows *row, struct run *run, struct error *error)
{
    run->id = sql_number(row, 0);
    if (job_kind_parse(sql_text(row, 1), &run->kind))
        return damaged(self, "runs", run->id, error);
    record_set(&run->label, sql_text(row, 2));
    record_set(&run->selector, sql_text(row, 3));
    record_set(&run->requested_by, sql_text(row, 4));
    record_set(&run->policy_digest, sql_text(row, 5));
    record_set(&run->note, sql_text(row, 6));
    run->started_ms = sql_number(row, 7);
    run->skipped = sql_number(row, 8);
    return 0;
}

static int
load_runs(struct sql *self, struct working_set *set, struct error *error)
{
    CLEAN(sql_finish) struct sql_rows *row = NULL;
    if (sql_ask(self,
                "SELECT id, kind, label, selector, requested_by, policy_digest, note,"
                " started_ms, (SELECT count(*) FROM skips s WHERE s.run_id = r.id)"
                " FROM runs r WHERE ended_ms = 0 ORDER BY id",
                NULL, 0, &row, error))
        return -1;
    int more = 0;
    while (!sql_next(row, &more, error)) {
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
read_job(struct sql *self, struct sql_rows *row, struct job *job, struct error *error)
{
    job->id = sql_number(row, 0);
    job->run_id = sql_number(row, 1);
    job->database_id = sql_number(row, 2);
    job->set_id = sql_number(row, 3);
    if (job_kind_parse(sql_text(row, 4), &job->kind) ||
        job_state_parse(sql_text(row, 5), &job->state))
        return damaged(self, "jobs", job->id, error);
    job->attempt = sql_number(row, 6);
    job->failures = sql_number(row, 7);
    job->not_before_ms = sql_number(row, 8);
    job->queued_ms = sql_number(row, 9);
    job->started_ms = sql_number(row, 10);
    job->ended_ms = sql_number(row, 11);
    record_set(&job->worker, sql_text(row, 12));
    record_set(&job->message, sql_text(row, 13));
    record_set(&job->policy, sql_text(row, 15));
    struct value task;
    sql_cell(row, 14, &task);
    if (task.size > 0) {
        job->task_size = task.size;
        job->task = memory_get(task.size);
        memcpy(job->task, task.data, task.size);
    }
    return 0;
}

static int
load_jobs(struct sql *self, struct working_set *set, struct error *error)
{
    CLEAN(sql_finish) struct sql_rows *row = NULL;
    if (sql_ask(self,
                "SELECT j.id, j.run_id, j.database_id, j.set_id, j.kind, j.state,"
                " j.attempt, j.failures, j.not_before_ms, j.queued_ms, j.started_ms,"
                " j.ended_ms, j.worker, j.message, j.task, j.policy"
                " FROM runs r JOIN jobs j ON j.run_id = r.id"
                " WHERE r.ended_ms = 0 ORDER BY r.id, j.id",
                NULL, 0, &row, error))
        return -1;
    int more = 0;
    while (!sql_next(row, &more, error)) {
        if (!more)
            return 0;
        set->jobs = grow(set->jobs, set->job_count);
        struct job *job = set->jobs[set->job_count++] = job_record_new();
        if (read_job(self, row, job, error))
            return -1;
    }
    return -1;
}

// The job of a database's backups that ended as the last, the one before it, and so on: each is a
// look into an index, whatever the number of nights.
#define LAST_JOB(before) \
    "SELECT (SELECT l.id FROM jobs l WHERE l.database_id = d.id AND l.kind = 'backup'" \
    " AND l.ended_ms > 0 AND l.state = 'succeeded' ORDER BY l.ended_ms DESC, l.id DESC" \
    " LIMIT 1 OFFSET " before ") AS id, d.size_bytes FROM known_databases d WHERE d.gone_ms = 0"

static int
load_pasts(struct sql *self, struct working_set *set, struct error *error)
{
    CLEAN(sql_finish) struct sql_rows *row = NULL;
    size_t size = 0;
    if (sql_ask(
            self,
            "SELECT j.database_id, j.ended_ms - j.started_ms, j.size_bytes, w.size_bytes,"
            " coalesce((SELECT max(s.row_count) FROM sets s WHERE s.job_id = j.id), 0)"
            " FROM (" LAST_JOB("0") " UNION ALL " LAST_JOB("1") " UNION ALL " LAST_JOB(
                "2") " UNION ALL " LAST_JOB("3") " UNION ALL " LAST_JOB("4") ") w"
                                                                             " JOIN jobs j ON j.id "
                                                                             "= w.id ORDER BY "
                                                                             "j.ended_ms, j.id",
            NULL, 0, &row, error))
        return -1;
    int more = 0;
    while (!sql_next(row, &more, error)) {
        if (!more)
            return 0;
        if (set->past_count == size) {
            size = size ? 2 * size : 1024;
            set->pasts = memory_resize(set->pasts, size * sizeof *set->pasts);
        }
        set->pasts[set->past_count++] = (struct past){.database_id = sql_number(row, 0),
                                                      .duration_ms = sql_number(row, 1),
                                                      .set_bytes = sql_number(row, 2),
                                                      .size_bytes = sql_number(row, 3),
                                                      .rows = sql_number(row, 4)};
    }
    return -1;
}

static int
read_protection(struct sql *self, struct sql_rows *row, struct protection *protection,
                struct error *error)
{
    protection->id = sql_number(row, 0);
    if (protection_state_parse(sql_text(row, 1), &protection->state))
        return damaged(self, "protections", protection->id, error);
    record_set(&protection->store, sql_text(row, 2));
    record_set(&protection->system, sql_text(row, 3));
    record_set(&protection->mtree, sql_text(row, 4));
    record_set(&protection->snapshot, sql_text(row, 5));
    record_set(&protection->context, sql_text(row, 6));
    record_set(&protection->destination, sql_text(row, 7));
    record_set(&protection->message, sql_text(row, 8));
    protection->set_count = sql_number(row, 9);
    protection->began_ms = sql_number(row, 10);
    protection->created_ms = sql_number(row, 11);
    protection->expires_ms = sql_number(row, 12);
    protection->seen_ms = sql_number(row, 13);
    protection->syncing_ms = sql_number(row, 14);
    protection->offsite_ms = sql_number(row, 15);
    protection->synced_ms = sql_number(row, 16);
    protection->retention_days = sql_number(row, 17);
    return 0;
}

static int
load_protections(struct sql *self, struct working_set *set, struct error *error)
{
    CLEAN(sql_finish) struct sql_rows *row = NULL;
    if (sql_ask(
            self,
            "SELECT id, state, store, protector, mtree, snapshot, context, destination, message,"
            " set_count, began_ms, created_ms, expires_ms, seen_ms, syncing_ms, offsite_ms,"
            " synced_ms, retention_days FROM protections p"
            " WHERE state IN ('pending', 'created', 'seen', 'syncing') OR (state = 'kept'"
            " AND id = (SELECT max(n.id) FROM protections n WHERE n.store = p.store))"
            " OR (state IN ('off-site', 'kept') AND retention_days = -1)"
            " ORDER BY id",
            NULL, 0, &row, error))
        return -1;
    int more = 0;
    while (!sql_next(row, &more, error)) {
        if (!more)
            return 0;
        set->protections = grow(set->protections, set->protection_count);
        struct protection *protection = set->protections[set->protection_count++] =
            protection_new();
        if (read_protection(self, row, protection, error))
            return -1;
    }
    return -1;
}

// count leaves NULL out: of a store whose sets are all covered it is 0.
static int
load_uncovered(struct sql *self, struct working_set *set, struct error *error)
{
    CLEAN(sql_finish) struct sql_rows *row = NULL;
    if (sql_ask(self,
                "SELECT u.store, u.policy, count(u.one) FROM (SELECT s.store,"
                " coalesce(j.policy, '') AS policy, 1 AS one"
                " FROM sets s LEFT JOIN jobs j ON j.id = s.job_id"
                " WHERE s.protection_id = 0 AND s.state NOT IN ('expiring', 'expired', 'missing')"
                " UNION ALL SELECT p.store, '', NULL FROM protections p) u"
                " GROUP BY u.store, u.policy",
                NULL, 0, &row, error))
        return -1;
    int more = 0;
    while (!sql_next(row, &more, error)) {
        if (!more)
            return 0;
        set->uncovered = grow(set->uncovered, set->uncovered_count);
        struct uncovered *uncovered = set->uncovered[set->uncovered_count++] = uncovered_new();
        record_set(&uncovered->store, sql_text(row, 0));
        record_set(&uncovered->policy, sql_text(row, 1));
        uncovered->set_count = sql_number(row, 2);
    }
    return -1;
}

static int
load_next_ids(struct sql *self, struct working_set *set, struct error *error)
{
    return sql_find_number(self, "SELECT coalesce(max(id), 0) + 1 FROM known_databases", 1,
                           &set->next_database_id, error) ||
                   sql_find_number(self, "SELECT coalesce(max(id), 0) + 1 FROM runs", 1,
                                   &set->next_run_id, error) ||
                   sql_find_number(self, "SELECT coalesce(max(id), 0) + 1 FROM jobs", 1,
                                   &set->next_job_id, error) ||
                   sql_find_number(self, "SELECT coalesce(max(id), 0) + 1 FROM sets", 1,
                                   &set->next_set_id, error) ||
                   sql_find_number(self, "SELECT coalesce(max(id), 0) + 1 FROM events", 1,
                                   &set->next_event_id, error) ||
                   sql_find_number(self, "SELECT coalesce(max(id), 0) + 1 FROM protections", 1,
                                   &set->next_protection_id, error) ||
                   sql_find_number(self, "SELECT count(*) FROM rebuilds WHERE ended_ms = 0", 0,
                                   &set->unfinished_rebuilds, error)
               ? -1
               : 0;
}

int
sql_load(catalog_t *base, struct working_set *set, struct error *error)
{
    struct sql *self = (struct sql *)base;
    CLEAN(working_set_clear) struct working_set found = {0};
    if (self->ops->ready(self, error) || self->ops->begin_reading(self, error))
        return -1;
    int failed = load_databases(self, &found, error) || load_scopes(self, &found, error) ||
                 load_firings(self, &found, error) || load_runs(self, &found, error) ||
                 load_jobs(self, &found, error) || load_pasts(self, &found, error) ||
                 load_protections(self, &found, error) || load_uncovered(self, &found, error) ||
                 sql_load_outages(self, &found, error) || load_next_ids(self, &found, error);
    self->ops->rollback(self);
    if (failed)
        return error_wrap(error, "cannot load the working set");
    *set = found;
    found = (struct working_set){0};
    return 0;
}
