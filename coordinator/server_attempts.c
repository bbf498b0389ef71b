// What became of an attempt: reports, refusals, leases that ended; and whether there is another
// one.

#include <assert.h>

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/random.h"
#include "coordinator/plan.h"
#include "coordinator/server_policies.h"
#include "coordinator/server_sets.h"

enum { REFUSED_WAIT_MS = 5000 };

static const char *
database_of(const struct board_job *job)
{
    return job->database ? job->database->resource_id : "";
}

// What ended, as the catalog is told of it.
struct ending {
    const char *outcome;  // of the attempt
    enum failure_class class;
    const char *message;
    int64_t size_bytes;
    int64_t wait_ms;   // at least this long before the next attempt
    int counts;        // against the retry budget
    int is_elsewhere;  // another worker may do better
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
write_job_again(struct server *self, struct board_job *job, const char *message, int64_t wait_ms)
{
    struct job *record = job->record;
    record->not_before_ms = self->unix_ms + wait_ms;
    record_set(&record->message, message);
    batch_add(ledger_batch(self->ledger), STATEMENT_JOB_AGAIN, "iitii", record->failures,
              record->not_before_ms, record->message, record->id, record->attempt);
    log_warning("job %" PRId64 " attempt %" PRId64 " of '%s': %s; again in %" PRId64 " s",
                record->id, record->attempt, server_subject(job), message, (wait_ms + 999) / 1000);
}

// A worker whose own mount of the store fails is not asked again while another one is there, and
// what somebody would have to mend there keeps no other from it.
static int
is_for_another(struct server *self, const struct board_job *job, const struct ending *ending)
{
    struct placement_need need;
    placement_of(job->task->run, &need);
    return ending->is_elsewhere && taker_is_there_without(self->fleet, &need, job->record->worker);
}

static void
attempt_failed(struct server *self, struct board_job *job, struct ending *ending)
{
    struct job *record = job->record;
    int64_t wait_ms = ending->wait_ms;
    int is_again = 1;
    int is_moved = is_for_another(self, job, ending);
    if (is_moved)
        ending->class = FAILURE_AGAIN;
    release_worker(self, job);
    if (ending->counts) {
        uint64_t random = 0;
        random_bytes(&random, sizeof random);
        record->failures++;
        is_again =
            record->kind != JOB_CHECK &&  // somebody waits for what it says now
            (record->kind != JOB_CATALOG || record->failures < 2) &&  // snapshots wait
            retry_decide(&self->settings->retry, ending->class, record->failures, random, &wait_ms);
    }
    int rc = board_apply(self->board, job, is_again ? JOB_AGAIN : JOB_FAIL);
    assert(rc == 0);
    batch_unit(ledger_batch(self->ledger));
    write_attempt_end(self, job, ending);
    if (record->state != JOB_QUEUED) {
        server_write_job_end(self, job, ending->message, 0);
        return;
    }
    write_job_again(self, job, ending->message, wait_ms);
    if (is_moved) {
        board_avoid(self->board, job, record->worker);
        log_info("job %" PRId64 " goes to another worker: the failure may be this one's own",
                 record->id);
    }
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
           set->size_bytes <= INT64_MAX && set->rows <= INT64_MAX;
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
    server_protect_set(self, set->store, job->record->policy);
}

static void
write_excluded(struct server *self, const Wire__SetFacts *set)
{
    if (set->excluded_count > 0)
        batch_add(ledger_batch(self->ledger), STATEMENT_SET_EXCLUDED, "ii",
                  (int64_t)set->excluded_count, self->next_set_id - 1);
}

// In the unit of the set.
static void
write_measure(struct server *self, const struct board_job *job, const Wire__SetFacts *set,
              const char *jump)
{
    if (set->rows > 0 || *jump)
        batch_add(ledger_batch(self->ledger), STATEMENT_SET_MEASURE, "iti", (int64_t)set->rows,
                  jump, self->next_set_id - 1);
    if (*jump)
        log_warning("job %" PRId64 ", '%s': %s", job->record->id, server_subject(job), jump);
    server_notify_jump(self, job, jump);
}

static void
write_verified(struct server *self, const struct board_job *job, int is_damaged,
               const char *message)
{
    batch_add(ledger_batch(self->ledger), STATEMENT_SET_VERIFIED, "ttii",
              is_damaged ? "damaged" : "good", message, self->unix_ms, job->record->set_id);
    server_know_anew(self);
}

static void
attempt_succeeded(struct server *self, struct board_job *job, const Wire__Done *done)
{
    int64_t size_bytes = done->set ? (int64_t)done->set->size_bytes : 0;
    struct ending ending = {
        .outcome = "succeeded", .message = done->message, .size_bytes = size_bytes};
    release_worker(self, job);
    char jump[JUMP_TEXT_SIZE] = "";
    if (job->record->kind == JOB_BACKUP) {
        server_judge_set(self, job, done->set, jump);
        server_remember(self, job, done->set);
    }
    int rc = board_apply(self->board, job, JOB_DONE);
    assert(rc == 0);
    batch_unit(ledger_batch(self->ledger));
    write_attempt_end(self, job, &ending);
    if (job->record->kind == JOB_BACKUP) {
        write_set(self, job, done->set);
        write_excluded(self, done->set);
        write_measure(self, job, done->set, jump);
    }
    if (job->record->kind == JOB_VERIFY)
        write_verified(self, job, 0, "");
    if (job->record->kind == JOB_EXPIRE)
        server_write_expired(self, job, done);
    server_write_job_end(self, job, done->message, size_bytes);
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
        server_write_job_end(self, job, done->message, 0);
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
                            .counts = 1,
                            .is_elsewhere = done->elsewhere};
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

// It was assigned, and is not sent.
void
server_attempt_postponed(struct server *self, struct board_job *job, const char *why)
{
    struct ending ending = {
        .outcome = "failed", .class = FAILURE_LATER, .message = why, .counts = 1};
    attempt_failed(self, job, &ending);
}

void
server_attempt_lost(struct server *self, struct board_job *job, const char *why)
{
    struct ending ending = {.outcome = "lost", .class = FAILURE_AGAIN, .message = why, .counts = 1};
    log_warning("job %" PRId64 " attempt %" PRId64 " (%s) is lost", job->record->id,
                job->record->attempt, database_of(job));
    attempt_failed(self, job, &ending);
}
