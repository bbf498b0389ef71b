// A job's way from the queue to its end: assigning, reports, retries, leases.

#include <assert.h>

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/random.h"
#include "coordinator/plan.h"
#include "coordinator/server_state.h"

enum { LIMIT_GRACE_MS = 300000, REFUSED_WAIT_MS = 5000 };

static const char *
subject(const struct board_job *job)
{
    return job->database ? job->database->name : "a set";
}

static const char *
database_of(const struct board_job *job)
{
    return job->database ? job->database->resource_id : "";
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
    server_send_run(self, job, worker, 1);
    log_info("job %" PRId64 " attempt %" PRId64 ": %s of '%s' goes to worker '%s'", record->id,
             record->attempt, job_kind_name(record->kind), subject(job), worker_name(worker));
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

// ---- the end of an attempt

// What ended, as the catalog is told of it.
struct ending {
    const char *outcome;  // of the attempt
    enum failure_class class;
    const char *message;
    int64_t size_bytes;
    int64_t wait_ms;  // at least this long before the next attempt
    int counts;       // against the retry budget
};

static void
write_attempt_end(struct server *self, const struct board_job *job, const struct ending *ending)
{
    int failed = strcmp(ending->outcome, "succeeded") != 0;
    batch_add(ledger_batch(self->ledger), STATEMENT_ATTEMPT_END, "tttiiii", ending->outcome,
              failed ? failure_class_name(ending->class) : "", ending->message, ending->size_bytes,
              self->unix_ms, job->record->id, job->record->attempt);
}

static void
release_worker(struct server *self, const struct board_job *job)
{
    struct worker *worker = fleet_by_instance(self->fleet, job->record->worker);
    if (worker && worker->booked > 0)
        worker->booked--;
}

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

// The job has a state in which it stays. The unit of the batch is open.
static void
write_job_end(struct server *self, struct board_job *job, const char *message, int64_t size_bytes)
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
    server_notify_job(self, job, message);
    log_info("job %" PRId64 " %s: %s of '%s'%s%s", record->id, job_state_name(record->state),
             job_kind_name(record->kind), subject(job), *message ? ": " : "", message);
    server_end_run_if_done(self, record->run_id);
}

static void
write_job_again(struct server *self, struct board_job *job, const char *message, int64_t wait_ms)
{
    struct job *record = job->record;
    record->not_before_ms = self->unix_ms + wait_ms;
    record_set(&record->message, message);
    batch_add(ledger_batch(self->ledger), STATEMENT_JOB_AGAIN, "iitii", record->failures,
              record->not_before_ms, record->message, record->id, record->attempt);
    log_warning("job %" PRId64 " attempt %" PRId64 " of '%s': %s; again in %" PRId64 " s",
                record->id, record->attempt, subject(job), message, (wait_ms + 999) / 1000);
}

static void
attempt_failed(struct server *self, struct board_job *job, const struct ending *ending)
{
    struct job *record = job->record;
    int64_t wait_ms = ending->wait_ms;
    int is_again = 1;
    release_worker(self, job);
    if (ending->counts) {
        uint64_t random = 0;
        random_bytes(&random, sizeof random);
        record->failures++;
        is_again =
            record->kind != JOB_CHECK &&  // somebody waits for what it says now
            retry_decide(&self->settings->retry, ending->class, record->failures, random, &wait_ms);
    }
    int rc = board_apply(self->board, job, is_again ? JOB_AGAIN : JOB_FAIL);
    assert(rc == 0);
    batch_unit(ledger_batch(self->ledger));
    write_attempt_end(self, job, ending);
    if (record->state == JOB_QUEUED)
        write_job_again(self, job, ending->message, wait_ms);
    else
        write_job_end(self, job, ending->message, 0);
}

static enum failure_class
class_of(Wire__FailureClass class)
{
    switch (class) {
    case WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT:
        return FAILURE_ACT;
    case WIRE__FAILURE_CLASS__FAILURE_DEFER:
        return FAILURE_LATER;
    default:
        return FAILURE_AGAIN;
    }
}

// A worker may only say that it wrote what it was told to write.
static int
is_our_set(const struct server *self, const struct board_job *job, const Wire__SetFacts *set)
{
    char path[PLAN_PATH_SIZE];
    plan_path(self->folder, job->record, path);
    const char *store = job->task->run->backup->store;
    return set && strcmp(set->path, path) == 0 && *set->store &&
           (!*store || strcmp(store, set->store) == 0) && set->manifest_sha256.len == 32 &&
           set->size_bytes <= INT64_MAX;
}

static void
write_set(struct server *self, const struct board_job *job, const Wire__SetFacts *set)
{
    assert(set);  // is_our_set has seen it
    batch_add(ledger_batch(self->ledger), STATEMENT_SET_ADD, "iiiittiibttttiii",
              self->next_set_id++, job->record->database_id, job->record->id, job->record->attempt,
              set->store, set->path, (int64_t)set->size_bytes, (int64_t)set->file_count,
              (const void *)set->manifest_sha256.data, set->manifest_sha256.len, set->tool,
              set->tool_version, set->server_version, set->consistency, (int64_t)set->schema_count,
              (int64_t)set->left_out_count, self->unix_ms);
    server_know_set(self, job->record->database_id);
    server_protect_set(self, set->store);
}

static void
write_excluded(struct server *self, const Wire__SetFacts *set)
{
    if (set->excluded_count > 0)
        batch_add(ledger_batch(self->ledger), STATEMENT_SET_EXCLUDED, "ii",
                  (int64_t)set->excluded_count, self->next_set_id - 1);
}

static void
write_verified(struct server *self, const struct board_job *job, int is_damaged,
               const char *message)
{
    batch_add(ledger_batch(self->ledger), STATEMENT_SET_VERIFIED, "ttii",
              is_damaged ? "damaged" : "good", message, self->unix_ms, job->record->set_id);
    server_know_damage(self);
}

static void
attempt_succeeded(struct server *self, struct board_job *job, const Wire__Done *done)
{
    int64_t size_bytes = done->set ? (int64_t)done->set->size_bytes : 0;
    struct ending ending = {
        .outcome = "succeeded", .message = done->message, .size_bytes = size_bytes};
    release_worker(self, job);
    if (job->record->kind == JOB_BACKUP)
        server_remember(self, job, size_bytes);
    int rc = board_apply(self->board, job, JOB_DONE);
    assert(rc == 0);
    batch_unit(ledger_batch(self->ledger));
    write_attempt_end(self, job, &ending);
    if (job->record->kind == JOB_BACKUP) {
        write_set(self, job, done->set);
        write_excluded(self, done->set);
    }
    if (job->record->kind == JOB_VERIFY)
        write_verified(self, job, 0, "");
    write_job_end(self, job, done->message, size_bytes);
}

static void
attempt_stopped(struct server *self, struct board_job *job, const Wire__Done *done)
{
    struct ending ending = {.outcome = "cancelled", .message = done->message};
    release_worker(self, job);
    int rc = board_apply(self->board, job, JOB_STOPPED);
    assert(rc == 0);
    batch_unit(ledger_batch(self->ledger));
    write_attempt_end(self, job, &ending);
    if (job->record->state == JOB_QUEUED)
        write_job_again(self, job, *done->message ? done->message : "the worker stopped it",
                        REFUSED_WAIT_MS);
    else
        write_job_end(self, job, done->message, 0);
}

static void
attempt_ended(struct server *self, struct board_job *job, struct worker *worker,
              const Wire__Done *done)
{
    if (done->outcome == WIRE__OUTCOME__OUTCOME_CANCELLED) {
        attempt_stopped(self, job, done);
        return;
    }
    int is_success = done->outcome == WIRE__OUTCOME__OUTCOME_SUCCEEDED;
    if (is_success && (job->record->kind != JOB_BACKUP || is_our_set(self, job, done->set))) {
        attempt_succeeded(self, job, done);
        return;
    }
    struct ending ending = {.outcome = "failed",
                            .class = class_of(done->failure_class),
                            .message = done->message,
                            .counts = 1};
    if (is_success) {
        ending.class = FAILURE_ACT;
        ending.message = "the worker reported a set that it was not told to write";
        log_error("worker '%s', job %" PRId64 ": %s", worker_name(worker), job->record->id,
                  ending.message);
    } else if (job->record->kind == JOB_VERIFY && done->damaged) {
        ending.class = FAILURE_ACT;
        batch_unit(ledger_batch(self->ledger));
        write_verified(self, job, 1, done->message);
    }
    attempt_failed(self, job, &ending);
}

void
server_attempt_done(struct server *self, struct board_job *job, struct worker *worker,
                    const Wire__Done *done)
{
    Wire__Done judged = *done;
    CLEAN(memory_free) char *message = NULL;
    if (job->record->kind == JOB_CHECK && done->outcome != WIRE__OUTCOME__OUTCOME_CANCELLED)
        message = server_check_judge(self, job, &judged);
    attempt_ended(self, job, worker, &judged);
}

void
server_attempt_refused(struct server *self, struct board_job *job, struct worker *worker,
                       const Wire__Refused *refused)
{
    CLEAN(memory_free)
    char *message =
        memory_format("worker '%s' refused it: %s", worker_name(worker), refused->message);
    struct ending ending = {.outcome = "refused",
                            .class = FAILURE_AGAIN,
                            .message = message,
                            .wait_ms = REFUSED_WAIT_MS};
    switch (refused->reason) {
    case WIRE__REFUSED__REASON__REASON_DRAINING:
        worker->draining = 1;
        break;
    case WIRE__REFUSED__REASON__REASON_NO_SLOT:
        break;
    default:
        ending.counts = 1;
        break;
    }
    attempt_failed(self, job, &ending);
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
        write_job_end(self, job, message, 0);
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
    write_job_end(self, job, reason, 0);
}

void
server_attempt_lost(struct server *self, struct board_job *job, const char *why)
{
    struct ending ending = {.outcome = "lost", .class = FAILURE_AGAIN, .message = why, .counts = 1};
    log_warning("job %" PRId64 " attempt %" PRId64 " (%s) is lost", job->record->id,
                job->record->attempt, database_of(job));
    attempt_failed(self, job, &ending);
}

void
server_job_unfit(struct server *self, struct board_job *job, const char *message)
{
    int rc = board_apply(self->board, job, JOB_FAIL);
    assert(rc == 0);
    batch_unit(ledger_batch(self->ledger));
    write_job_end(self, job, message, 0);
}
