#include "coordinator/board.h"

#include <assert.h>
#include <ctype.h>
#include <czmq.h>

#include "common/memory.h"
#include "coordinator/lineup.h"
#include "coordinator/taker.h"

enum { ID_SIZE = 24 };

struct board {
    zhashx_t *runs;   // id -> struct run, owned
    zhashx_t *jobs;   // id -> struct board_job, owned by the list
    zlistx_t *order;  // struct board_job, owned
    lineup_t *lineup;
    needs_t *needs;
    zhashx_t *backups;  // database id -> struct board_job, the backup of it that has not ended
    size_t states[JOB_STATES];
};

static const char *
id_key(int64_t id, char key[ID_SIZE])
{
    snprintf(key, ID_SIZE, "%" PRId64, id);
    return key;
}

static void
run_destroy(void **run_p)
{
    run_record_destroy((struct run **)run_p);
}

static void
board_job_destroy(void **job_p)
{
    struct board_job *job = *job_p;
    job_record_destroy(&job->record);
    wire_free(&job->task);
    free(job);
    *job_p = NULL;
}

board_t *
board_new(int64_t wait_max_ms)
{
    board_t *self = memory_get(sizeof *self);
    self->runs = zhashx_new();
    zhashx_set_destructor(self->runs, run_destroy);
    self->jobs = zhashx_new();
    self->order = zlistx_new();
    zlistx_set_destructor(self->order, board_job_destroy);
    self->lineup = lineup_new(wait_max_ms);
    self->needs = needs_new();
    self->backups = zhashx_new();
    return self;
}

void
board_destroy(board_t **self_p)
{
    assert(self_p);
    board_t *self = *self_p;
    if (!self)
        return;
    for (struct board_job *job = board_first(self); job; job = board_next(self))
        lineup_leave(self->lineup, job);
    lineup_destroy(&self->lineup);
    zhashx_destroy(&self->backups);
    zhashx_destroy(&self->jobs);
    zlistx_destroy(&self->order);
    zhashx_destroy(&self->runs);
    needs_destroy(&self->needs);
    free(self);
    *self_p = NULL;
}

quota_t *
board_quota(board_t *self)
{
    return lineup_quota(self->lineup);
}

queue_t *
board_queue(board_t *self)
{
    return lineup_queue(self->lineup);
}

void
board_set_time(board_t *self, int64_t now_ms)
{
    lineup_set_time(self->lineup, now_ms);
}

// ---- runs and jobs

struct run *
board_add_run(board_t *self, struct run **run_p)
{
    struct run *run = *run_p;
    *run_p = NULL;
    char key[ID_SIZE];
    int rc = zhashx_insert(self->runs, id_key(run->id, key), run);
    assert(rc == 0);
    return run;
}

// There is one at most: no second is made while board_has_backup says so.
static void
note_backup(board_t *self, struct board_job *job)
{
    char key[ID_SIZE];
    if (job->record->kind != JOB_BACKUP)
        return;
    id_key(job->record->database_id, key);
    if (!job_state_ended(job->record->state))
        zhashx_update(self->backups, key, job);
    else if (zhashx_lookup(self->backups, key) == job)
        zhashx_delete(self->backups, key);
}

int
board_has_backup(board_t *self, int64_t database_id)
{
    char key[ID_SIZE];
    return zhashx_lookup(self->backups, id_key(database_id, key)) != NULL;
}

static void
name_server(struct board_job *job)
{
    const Wire__Run *run = job->task->run;
    const Wire__Server *server = NULL;
    if (run->task_case == WIRE__RUN__TASK_BACKUP)
        server = run->backup->source;
    else if (run->task_case == WIRE__RUN__TASK_CHECK)
        server = run->check->source;
    else if (run->task_case == WIRE__RUN__TASK_RESTORE)
        server = run->restore->target;
    if (server)
        snprintf(job->server, sizeof job->server, "%.280s:%u", server->host, server->port);
    for (char *letter = job->server; *letter; letter++)
        *letter = (char)tolower((unsigned char)*letter);
}

static void
note_need(board_t *self, struct board_job *job)
{
    struct placement_need need;
    placement_of(job->task->run, &need);
    job->need = needs_hold(self->needs, &need, job->record->kind == JOB_CHECK);
}

void
board_avoid(board_t *self, struct board_job *job, const char *instance)
{
    struct placement_need need;
    assert(job->line == LINE_NEW || job->line == LINE_APART);  // it is put into line by its need
    placement_of(job->task->run, &need);
    need.avoided = instance;
    needs_drop(self->needs, &job->need);
    job->need = needs_hold(self->needs, &need, job->record->kind == JOB_CHECK);
}

struct board_job *
board_add_job(board_t *self, struct job **job_p, const Wire__Envelope *task,
              const struct database *database, const struct database *touched,
              const struct policy *policy)
{
    assert(task->body_case == WIRE__ENVELOPE__BODY_RUN);
    struct board_job *job = memory_get(sizeof *job);
    job->record = *job_p;
    *job_p = NULL;
    job->task = wire_clone(task);
    job->database = database;
    job->touched = touched;
    job->spread_ms = policy ? policy->schedule.spread_ms : 0;
    job->priority = policy ? (int)policy->priority : BOARD_PRIORITY;
    snprintf(job->policy, sizeof job->policy, "%s", policy ? policy->name : "");
    note_need(self, job);
    name_server(job);

    char key[ID_SIZE];
    int rc = zhashx_insert(self->jobs, id_key(job->record->id, key), job);
    assert(rc == 0);
    zlistx_add_end(self->order, job);
    self->states[job->record->state]++;
    note_backup(self, job);
    lineup_follow(self->lineup, job);
    return job;
}

struct run *
board_run(board_t *self, int64_t id)
{
    char key[ID_SIZE];
    return zhashx_lookup(self->runs, id_key(id, key));
}

struct board_job *
board_job(board_t *self, int64_t id)
{
    char key[ID_SIZE];
    return zhashx_lookup(self->jobs, id_key(id, key));
}

int
board_apply(board_t *self, struct board_job *job, enum job_event event)
{
    enum job_state before = job->record->state;
    if (job_apply(job->record, event))
        return -1;
    self->states[before]--;
    self->states[job->record->state]++;
    note_backup(self, job);
    lineup_follow(self->lineup, job);
    return 0;
}

void
board_hold(board_t *self, struct board_job *job, int is_held)
{
    job->is_held = is_held;
    lineup_follow(self->lineup, job);
}

void
board_place(board_t *self, struct board_job *job, const struct worker *worker)
{
    lineup_place(self->lineup, job, worker);
}

void
board_remove_run(board_t *self, struct run **run_p)
{
    struct run *run = *run_p;
    *run_p = NULL;
    struct board_job *job = zlistx_first(self->order);
    while (job) {
        void *handle = zlistx_cursor(self->order);
        struct board_job *next = zlistx_next(self->order);
        if (job->record->run_id == run->id) {
            char key[ID_SIZE];
            zhashx_delete(self->jobs, id_key(job->record->id, key));
            self->states[job->record->state]--;
            lineup_leave(self->lineup, job);
            needs_drop(self->needs, &job->need);
            zlistx_delete(self->order, handle);
        }
        job = next;
    }
    char key[ID_SIZE];
    zhashx_delete(self->runs, id_key(run->id, key));
}

struct board_job *
board_first(board_t *self)
{
    return zlistx_first(self->order);
}

struct board_job *
board_next(board_t *self)
{
    return zlistx_next(self->order);
}

size_t
board_queued(const board_t *self)
{
    return self->states[JOB_QUEUED];
}

size_t
board_running(const board_t *self)
{
    return self->states[JOB_RUNNING] + self->states[JOB_CANCELLING];
}

// ---- which job where

int
board_has_taker(fleet_t *fleet, const struct board_job *job, findings_t *reasons)
{
    struct placement_need need;
    char text[PLACEMENT_TEXT_SIZE], why[PLACEMENT_REASON_SIZE];
    snprintf(text, sizeof text, "%s", job->need->text);
    placement_read(text, &need);
    if (taker_is_there(fleet, &need))
        return 1;
    size_t before = findings_count(reasons);
    for (struct worker *worker = fleet_first(fleet); worker; worker = fleet_next(fleet)) {
        if (!worker->gone && taker_is_unfit(worker, &need, why))
            findings_add(reasons, ABOUT_PLACEMENT, 1, "worker '%s': %s", worker_name(worker), why);
    }
    if (findings_count(reasons) == before)
        findings_add(reasons, ABOUT_PLACEMENT, 1, "no worker is connected");
    return 0;
}

int
board_pick(board_t *self, fleet_t *fleet, int64_t now_ms, int64_t unix_ms, struct board_job **job,
           struct worker **worker)
{
    int64_t id = 0;
    if (!lineup_pick(self->lineup, fleet, now_ms, unix_ms, &id, worker))
        return 0;
    *job = board_job(self, id);
    (*job)->line = LINE_RUNS;
    (*job)->began_ms = now_ms;
    return 1;
}

int
board_why(board_t *self, const struct board_job *job, char reason[QUEUE_REASON_SIZE])
{
    return lineup_why(self->lineup, job, reason);
}

void
board_judge(board_t *self, fleet_t *fleet, int64_t now_ms)
{
    needs_judge(self->needs, fleet);
    for (struct board_job *job = board_first(self); job; job = board_next(self)) {
        if (job->record->state != JOB_QUEUED)
            continue;
        job->unfit_reason = job->need->reason;
        if (job->is_held || !job->need->is_unfit)
            job->unfit_since_ms = 0;
        else if (!job->unfit_since_ms)
            job->unfit_since_ms = now_ms;
        job->need->waiting += job->unfit_since_ms != 0;
    }
}

needs_t *
board_needs(board_t *self)
{
    return self->needs;
}
