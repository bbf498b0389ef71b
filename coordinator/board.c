#include "coordinator/board.h"

#include <assert.h>
#include <czmq.h>

#include "common/memory.h"

enum { ID_SIZE = 24 };

struct board {
    unsigned server_limit;
    zhashx_t *runs;   // id -> struct run, owned
    zhashx_t *jobs;   // id -> struct board_job, owned by the list
    zlistx_t *order;  // struct board_job, owned
    zhashx_t *busy;   // "server:<host:port>" or "database:<id>" -> unsigned *
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

static void
count_destroy(void **count_p)
{
    free(*count_p);
    *count_p = NULL;
}

board_t *
board_new(unsigned server_limit)
{
    board_t *self = memory_get(sizeof *self);
    self->server_limit = server_limit;
    self->runs = zhashx_new();
    zhashx_set_destructor(self->runs, run_destroy);
    self->jobs = zhashx_new();
    self->order = zlistx_new();
    zlistx_set_destructor(self->order, board_job_destroy);
    self->busy = zhashx_new();
    zhashx_set_destructor(self->busy, count_destroy);
    return self;
}

void
board_destroy(board_t **self_p)
{
    assert(self_p);
    board_t *self = *self_p;
    if (!self)
        return;
    zhashx_destroy(&self->busy);
    zhashx_destroy(&self->jobs);
    zlistx_destroy(&self->order);
    zhashx_destroy(&self->runs);
    free(self);
    *self_p = NULL;
}

// ---- who is busy

static int
holds_place(enum job_state state)
{
    return state == JOB_RUNNING || state == JOB_CANCELLING;
}

static unsigned
busy_count(board_t *self, const char *key)
{
    const unsigned *count = zhashx_lookup(self->busy, key);
    return count ? *count : 0;
}

static void
busy_add(board_t *self, const char *key, int step)
{
    unsigned *count = zhashx_lookup(self->busy, key);
    if (!count) {
        count = memory_get(sizeof *count);
        zhashx_insert(self->busy, key, count);
    }
    *count = (unsigned)((int)*count + step);
    if (*count == 0)
        zhashx_delete(self->busy, key);
}

static void
server_key(const struct board_job *job, char key[BOARD_SERVER_SIZE + 16])
{
    snprintf(key, BOARD_SERVER_SIZE + 16, "server:%s", job->server);
}

static void
database_key(const struct board_job *job, char key[BOARD_SERVER_SIZE + 16])
{
    snprintf(key, BOARD_SERVER_SIZE + 16, "database:%" PRId64, job->record->database_id);
}

static void
count_job(board_t *self, const struct board_job *job, int step)
{
    self->states[job->record->state] = (size_t)((long)self->states[job->record->state] + step);
    if (!holds_place(job->record->state))
        return;
    char key[BOARD_SERVER_SIZE + 16];
    if (*job->server) {
        server_key(job, key);
        busy_add(self, key, step);
    }
    if (job->record->database_id) {
        database_key(job, key);
        busy_add(self, key, step);
    }
}

static int
is_allowed(board_t *self, const struct board_job *job)
{
    char key[BOARD_SERVER_SIZE + 16];
    server_key(job, key);
    if (*job->server && busy_count(self, key) >= self->server_limit)
        return 0;
    database_key(job, key);
    return !job->record->database_id || busy_count(self, key) == 0;
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
}

struct board_job *
board_add_job(board_t *self, struct job **job_p, const Wire__Envelope *task,
              const struct database *database)
{
    assert(task->body_case == WIRE__ENVELOPE__BODY_RUN);
    struct board_job *job = memory_get(sizeof *job);
    job->record = *job_p;
    *job_p = NULL;
    job->task = wire_clone(task);
    job->database = database;
    placement_of(job->task->run, &job->need);
    name_server(job);

    char key[ID_SIZE];
    int rc = zhashx_insert(self->jobs, id_key(job->record->id, key), job);
    assert(rc == 0);
    zlistx_add_end(self->order, job);
    count_job(self, job, 1);
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
    struct job before = *job->record;
    if (job_apply(job->record, event))
        return -1;
    enum job_state after = job->record->state;
    job->record->state = before.state;
    count_job(self, job, -1);
    job->record->state = after;
    count_job(self, job, 1);
    return 0;
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
            count_job(self, job, -1);
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

static struct worker *
best_worker(fleet_t *fleet, const struct placement_need *need)
{
    struct worker *best = NULL;
    char reason[PLACEMENT_REASON_SIZE];
    for (struct worker *worker = fleet_first(fleet); worker; worker = fleet_next(fleet)) {
        if (worker_free(worker) > (best ? worker_free(best) : 0) &&
            placement_fits(need, worker->hello->ready, reason))
            best = worker;
    }
    return best;
}

// For a check that nobody fits. Workers of one nearness by their free slots.
static struct worker *
nearest_worker(fleet_t *fleet, const struct placement_need *need)
{
    struct worker *best = NULL;
    int best_nearness = -1;
    for (struct worker *worker = fleet_first(fleet); worker; worker = fleet_next(fleet)) {
        int nearness = placement_nearness(need, worker->hello->ready);
        if (worker_free(worker) == 0 || nearness < best_nearness ||
            (nearness == best_nearness && worker_free(worker) <= worker_free(best)))
            continue;
        best = worker;
        best_nearness = nearness;
    }
    return best;
}

// Why the worker will not take it, even when it is idle; 0 if it will.
static int
is_unfit(const struct worker *worker, const struct placement_need *need,
         char why[PLACEMENT_REASON_SIZE])
{
    if (!worker->draining)
        return !placement_fits(need, worker->hello->ready, why);
    snprintf(why, PLACEMENT_REASON_SIZE, "it is draining");
    return 1;
}

// A worker that drains will not take it; one whose slots are full could later.
static int
anybody_fits(fleet_t *fleet, const struct placement_need *need, char reason[PLACEMENT_REASON_SIZE])
{
    snprintf(reason, PLACEMENT_REASON_SIZE, "no worker is connected");
    for (struct worker *worker = fleet_first(fleet); worker; worker = fleet_next(fleet)) {
        char why[PLACEMENT_REASON_SIZE];
        if (!is_unfit(worker, need, why))
            return 1;
        snprintf(reason, PLACEMENT_REASON_SIZE, "worker '%.64s': %.160s", worker_name(worker), why);
    }
    return 0;
}

int
board_has_taker(fleet_t *fleet, const struct board_job *job, findings_t *reasons)
{
    char why[PLACEMENT_REASON_SIZE];
    if (anybody_fits(fleet, &job->need, why))
        return 1;
    size_t before = findings_count(reasons);
    for (struct worker *worker = fleet_first(fleet); worker; worker = fleet_next(fleet)) {
        if (!worker->gone && is_unfit(worker, &job->need, why))
            findings_add(reasons, ABOUT_PLACEMENT, 1, "worker '%s': %s", worker_name(worker), why);
    }
    if (findings_count(reasons) == before)
        findings_add(reasons, ABOUT_PLACEMENT, 1, "no worker is connected");
    return 0;
}

static struct worker *
worker_for(fleet_t *fleet, const struct board_job *job)
{
    char why[PLACEMENT_REASON_SIZE];
    struct worker *worker = best_worker(fleet, &job->need);
    if (worker || job->record->kind != JOB_CHECK || anybody_fits(fleet, &job->need, why))
        return worker;
    return nearest_worker(fleet, &job->need);
}

int
board_pick(board_t *self, fleet_t *fleet, int64_t unix_ms, struct board_job **job,
           struct worker **worker)
{
    if (board_queued(self) == 0 || fleet_free(fleet) == 0)
        return 0;
    for (struct board_job *each = board_first(self); each; each = board_next(self)) {
        if (each->record->state != JOB_QUEUED || each->record->not_before_ms > unix_ms ||
            each->is_held || !is_allowed(self, each))
            continue;
        struct worker *found = worker_for(fleet, each);
        if (found) {
            *job = each;
            *worker = found;
            return 1;
        }
    }
    return 0;
}

void
board_judge(board_t *self, fleet_t *fleet, int64_t now_ms)
{
    for (struct board_job *job = board_first(self); job; job = board_next(self)) {
        if (job->record->state != JOB_QUEUED)
            continue;
        if (job->is_held || anybody_fits(fleet, &job->need, job->unfit_reason))
            job->unfit_since_ms = 0;
        else if (!job->unfit_since_ms)
            job->unfit_since_ms = now_ms;
    }
}
