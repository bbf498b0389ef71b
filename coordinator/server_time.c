// What time does to jobs: leases that end, attempts that take too long, jobs that nobody can take
// or whose database is in a state that will pass.

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/discovery/eligible.h"
#include "coordinator/server_policies.h"

enum { CHECK_PATIENCE_MS = 5000 };

// The jobs of which `holds` says so. Ending one takes its run off the board only if all of the run
// have ended, so those that follow in the list stay.
static zlistx_t *
jobs_that(struct server *self, int (*holds)(struct server *self, const struct board_job *job))
{
    zlistx_t *found = zlistx_new();
    for (struct board_job *job = board_first(self->board); job; job = board_next(self->board)) {
        if (holds(self, job))
            zlistx_add_end(found, job);
    }
    return found;
}

static int
is_overdue(struct server *self, const struct board_job *job)
{
    enum job_state state = job->record->state;
    return (state == JOB_RUNNING || state == JOB_CANCELLING) &&
           (self->now_ms > job->lease_ms || self->now_ms > job->limit_ms);
}

void
server_check_leases(struct server *self)
{
    CLEAN(zlistx_destroy) zlistx_t *overdue = jobs_that(self, is_overdue);
    for (struct board_job *job = zlistx_first(overdue); job; job = zlistx_next(overdue)) {
        struct worker *worker = fleet_by_instance(self->fleet, job->record->worker);
        if (worker && !worker->gone)
            server_cancel_attempt(self, worker, (uint64_t)job->record->id,
                                  (uint32_t)job->record->attempt, "its time is over");
        server_attempt_lost(self, job,
                            self->now_ms > job->lease_ms ? "its worker was not heard of any more"
                                                         : "it took longer than its time limit");
    }
}

static int
is_anybody_open(struct server *self)
{
    struct worker *worker = fleet_first(self->fleet);
    while (worker && (worker->gone || worker->draining))
        worker = fleet_next(self->fleet);
    return worker != NULL;
}

// Somebody waits for a check. Where a worker is there it takes any, fit or not, as soon as it has
// room; where none is, all there is to wait for is one that is just coming back.
static int64_t
patience_ms(struct server *self, const struct board_job *job)
{
    int64_t usual_ms = self->settings->placement_ms;
    if (job->record->kind != JOB_CHECK)
        return usual_ms;
    if (is_anybody_open(self))
        return INT64_MAX;
    return usual_ms < CHECK_PATIENCE_MS ? usual_ms : CHECK_PATIENCE_MS;
}

static int
is_unfit_for_long(struct server *self, const struct board_job *job)
{
    return job->record->state == JOB_QUEUED && job->unfit_since_ms &&
           self->now_ms - job->unfit_since_ms >= patience_ms(self, job);
}

void
server_check_placement(struct server *self)
{
    server_judge(self);
    CLEAN(zlistx_destroy) zlistx_t *unfit = jobs_that(self, is_unfit_for_long);
    for (struct board_job *job = zlistx_first(unfit); job; job = zlistx_next(unfit)) {
        CLEAN(memory_free)
        char *message = job->record->kind == JOB_CHECK ? server_check_unfit(self, job, "") : NULL;
        if (!message)
            message = memory_format("no worker can take it: %s", job->unfit_reason);
        server_job_unfit(self, job, message);
    }
}

// ---- states that will pass

// How long a database may stay in such a state before the job is given up.
static int64_t
wait_max_ms(const struct server *self)
{
    return self->settings->retry.defer_ms * self->settings->retry.defers_max;
}

// Of what is stale nobody can say that the state has passed: it is tried.
int
server_waits(const struct board_job *job)
{
    return job->record->kind == JOB_BACKUP && job->database && job->record->state == JOB_QUEUED &&
           !job->database->stale_ms && eligible_waits(job->database);
}

static int
has_waited(struct server *self, const struct board_job *job)
{
    return job->held_since_ms && self->now_ms - job->held_since_ms >= wait_max_ms(self);
}

void
server_check_waits(struct server *self)
{
    for (struct board_job *job = board_first(self->board); job; job = board_next(self->board)) {
        board_hold(self->board, job, server_waits(job));
        if (!job->is_held)
            job->held_since_ms = 0;
        else if (!job->held_since_ms)
            job->held_since_ms = self->now_ms;
    }
    CLEAN(zlistx_destroy) zlistx_t *waited = jobs_that(self, has_waited);
    for (struct board_job *job = zlistx_first(waited); job; job = zlistx_next(waited)) {
        CLEAN(memory_free)
        char *message = memory_format("its state is '%s' and did not pass: look at it in RDS",
                                      job->database->state);
        server_job_unfit(self, job, message);
    }
}
