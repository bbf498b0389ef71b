// A job's way from the queue to its end: assigning, cancelling, what time ends.

#include <assert.h>

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/plan.h"
#include "coordinator/server_policies.h"

enum { LIMIT_GRACE_MS = 300000 };

const char *
server_subject(const struct board_job *job)
{
    if (job->database)
        return job->database->name;
    return job->record->kind == JOB_CATALOG ? "the catalog"
           : job->record->kind == JOB_SWEEP ? "a store"
                                            : "a set";
}

// ---- assigning

void
server_send_run(struct server *self, struct board_job *job, struct worker *worker, int after)
{
    struct error error = {0};
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    if (plan_run(job->task, job->record, self->folder, self->epoch, worker->hello->ready, &data,
                 &size, &error)) {
        log_error("job %" PRId64 ": cannot pack its task: %s", job->record->id, error.message);
        return;
    }
    job->sent_ms = self->now_ms;
    if (after) {
        ledger_after(self->ledger, worker->endpoint, &worker->peer, &data, size);
        return;
    }
    struct outgoing outgoing = {worker->endpoint, worker->peer, data, size};
    server_deliver(self, &outgoing);
}

static void
assign(struct server *self, struct board_job *job, struct worker *worker)
{
    int rc = board_apply(self->board, job, JOB_ASSIGN);
    assert(rc == 0);
    struct job *record = job->record;
    record_set(&record->worker, worker_instance(worker));
    record->started_ms = self->unix_ms;
    worker->booked++;
    job->lease_ms = self->now_ms + self->settings->lease_ms;
    job->limit_ms = self->now_ms + job->task->run->time_limit_ms + LIMIT_GRACE_MS;
    job->unfit_since_ms = 0;
    job->is_orphan = 0;
    job->progress_bytes = 0;

    batch_t *batch = ledger_batch(self->ledger);
    batch_unit(batch);
    batch_add(batch, STATEMENT_JOB_START, "itiii", record->attempt, record->worker,
              record->started_ms, record->id, record->attempt - 1);
    batch_add(batch, STATEMENT_ATTEMPT_ADD, "iitti", record->id, record->attempt, record->worker,
              worker_name(worker), self->unix_ms);
    char why[STORE_DOUBT_SIZE];
    if (server_has_no_room(self, job, worker, why)) {
        server_attempt_postponed(self, job, why);
        return;
    }
    server_send_run(self, job, worker, 1);
    log_info("job %" PRId64 " attempt %" PRId64 ": %s of '%s' goes to worker '%s'", record->id,
             record->attempt, job_kind_name(record->kind), server_subject(job),
             worker_name(worker));
}

void
server_dispatch(struct server *self)
{
    struct board_job *job = NULL;
    struct worker *worker = NULL;
    while (board_pick(self->board, self->fleet, self->now_ms, self->unix_ms, &job, &worker))
        assign(self, job, worker);
}

void
server_cancel_attempt(struct server *self, struct worker *worker, uint64_t job_id, uint32_t attempt,
                      const char *reason)
{
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    Wire__Cancel cancel = WIRE__CANCEL__INIT;
    cancel.reason = (char *)(uintptr_t)reason;
    message.job_id = job_id;
    message.attempt = attempt;
    message.body_case = WIRE__ENVELOPE__BODY_CANCEL;
    message.cancel = &cancel;
    server_send(self, (enum endpoint)worker->endpoint, &worker->peer, &message);
}

// ---- the end of a job

static void
count_ended(struct server *self, const struct board_job *job)
{
    struct run *run = board_run(self->board, job->record->run_id);
    if (job->record->state == JOB_SUCCEEDED)
        run->succeeded++;
    else if (job->record->state == JOB_FAILED)
        run->failed++;
    else
        run->cancelled++;
}

// Whoever reports attempts must see a job that ended before any worker had it: attempt 0 is its
// end.
static void
write_no_attempt(struct server *self, const struct board_job *job)
{
    const struct job *record = job->record;
    int failed = record->state == JOB_FAILED;
    batch_add(ledger_batch(self->ledger), STATEMENT_ATTEMPT_ADD, "iitti", record->id,
              record->attempt, "", "", self->unix_ms);
    batch_add(ledger_batch(self->ledger), STATEMENT_ATTEMPT_END, "tttiiii",
              job_state_name(record->state), failed ? failure_class_name(FAILURE_ACT) : "",
              record->message, (int64_t)0, self->unix_ms, record->id, record->attempt);
}

void
server_write_job_end(struct server *self, struct board_job *job, const char *message,
                     int64_t size_bytes)
{
    struct job *record = job->record;
    record->ended_ms = self->unix_ms;
    record_set(&record->message, message);
    batch_add(ledger_batch(self->ledger), STATEMENT_JOB_END, "ttiiiii",
              job_state_name(record->state), record->message, record->failures, size_bytes,
              record->ended_ms, record->id, record->attempt);
    if (!record->attempt)
        write_no_attempt(self, job);
    count_ended(self, job);
    if (record->kind == JOB_BACKUP &&
        (record->state == JOB_SUCCEEDED || record->state == JOB_FAILED))
        server_know_try(self, record->database_id);
    server_notify_job(self, job, message);
    log_info("job %" PRId64 " %s: %s of '%s'%s%s", record->id, job_state_name(record->state),
             job_kind_name(record->kind), server_subject(job), *message ? ": " : "", message);
    server_end_run_if_done(self, record->run_id);
}

// ---- cancelling

void
server_cancel_job(struct server *self, struct board_job *job, const char *who)
{
    enum job_state before = job->record->state;
    if (board_apply(self->board, job, JOB_CANCEL))
        return;  // it has ended
    CLEAN(memory_free) char *message = memory_format("cancelled by %s", who);
    if (job->record->state == JOB_CANCELLED) {
        batch_unit(ledger_batch(self->ledger));
        server_write_job_end(self, job, message, 0);
        return;
    }
    if (before == JOB_RUNNING) {
        batch_unit(ledger_batch(self->ledger));
        batch_add(ledger_batch(self->ledger), STATEMENT_JOB_CANCELLING, "ii", job->record->id,
                  job->record->attempt);
    }
    struct worker *worker = fleet_by_instance(self->fleet, job->record->worker);
    if (worker && !worker->gone)
        server_cancel_attempt(self, worker, (uint64_t)job->record->id,
                              (uint32_t)job->record->attempt, message);
}

// ---- what time ends

void
server_defer_job(struct server *self, struct board_job *job)
{
    int rc = board_apply(self->board, job, JOB_DEFER);
    assert(rc == 0 && job->record->state == JOB_DEFERRED);
    static const char reason[] = "its policy's window has closed: it is left to the next firing";
    const struct run *run = board_run(self->board, job->record->run_id);
    batch_unit(ledger_batch(self->ledger));
    if (job->database)
        server_notify_left_out(self, run, job->database, reason);
    server_write_job_end(self, job, reason, 0);
}

void
server_job_unfit(struct server *self, struct board_job *job, const char *message)
{
    int rc = board_apply(self->board, job, JOB_FAIL);
    assert(rc == 0);
    batch_unit(ledger_batch(self->ledger));
    server_write_job_end(self, job, message, 0);
}
