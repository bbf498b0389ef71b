// What workers say.

#include "common/log.h"
#include "coordinator/server_policies.h"
#include "coordinator/server_sets.h"

static int
holds(const struct board_job *job, const struct worker *worker)
{
    enum job_state state = job->record->state;
    return (state == JOB_RUNNING || state == JOB_CANCELLING) &&
           strcmp(job->record->worker, worker_instance(worker)) == 0;
}

// The job that this attempt of this worker is of, or NULL if the attempt is not current.
static struct board_job *
current_job(struct server *self, const struct worker *worker, uint64_t job_id, uint32_t attempt)
{
    struct board_job *job = job_id <= INT64_MAX ? board_job(self->board, (int64_t)job_id) : NULL;
    return job && holds(job, worker) && job->record->attempt == attempt ? job : NULL;
}

static void
renew(struct server *self, struct board_job *job)
{
    job->lease_ms = self->now_ms + self->settings->lease_ms;
}

// ---- coming and going

static void
send_beat(struct server *self, const struct worker *worker)
{
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    Wire__Beat beat = WIRE__BEAT__INIT;
    message.body_case = WIRE__ENVELOPE__BODY_BEAT;
    message.beat = &beat;
    struct sock_peer peer = worker->peer;
    server_send(self, (enum endpoint)worker->endpoint, &peer, &message);
}

// Two live workers must not share an instance id (a cloned state folder). The old one lives if its
// connection still takes a message and it was heard of lately.
static int
is_twin(struct server *self, const Wire__Envelope *hello, enum endpoint endpoint,
        const struct sock_peer *peer)
{
    const char *instance = hello->ready->instance_id;
    struct worker *other = fleet_by_instance(self->fleet, instance);
    if (!other || other->gone || strcmp(other->hello->ready->boot_id, hello->ready->boot_id) == 0)
        return 0;
    if (other == fleet_by_peer(self->fleet, endpoint, peer))
        return 0;
    if (self->now_ms - other->heard_ms > 3 * self->settings->beat_ms)
        return 0;
    send_beat(self, other);  // marks it as gone if its connection is
    return !other->gone;
}

static int
is_listed(const Wire__Ready *ready, const struct board_job *job)
{
    for (size_t index = 0; index < ready->n_running; index++) {
        if (ready->running[index]->job_id == (uint64_t)job->record->id &&
            ready->running[index]->number == job->record->attempt)
            return 1;
    }
    return 0;
}

static void
hear_running(struct server *self, struct worker *worker, Wire__Attempt *const *running,
             size_t count)
{
    for (size_t index = 0; index < count; index++) {
        struct board_job *job =
            current_job(self, worker, running[index]->job_id, running[index]->number);
        if (!job) {
            server_cancel_attempt(self, worker, running[index]->job_id, running[index]->number,
                                  "this attempt is not current any more");
            continue;
        }
        renew(self, job);
        if (job->record->state == JOB_CANCELLING)
            server_cancel_attempt(self, worker, running[index]->job_id, running[index]->number,
                                  "cancelled");
    }
}

// What the worker held when it was last here, and does not run any more, gets a short lease: its
// result may be in the worker's spool and on its way. Only a worker that was never away may be
// sent such a Run again; one that was started anew may have begun the attempt before it died.
static void
adopt(struct server *self, struct worker *worker, int was_away)
{
    int64_t grace_ms = self->now_ms + 2 * self->settings->beat_ms;
    worker->booked = 0;
    for (struct board_job *job = board_first(self->board); job; job = board_next(self->board)) {
        if (!holds(job, worker))
            continue;
        worker->booked++;
        board_place(self->board, job, worker);
        if (is_listed(worker->hello->ready, job))
            continue;
        job->is_orphan |= was_away;
        if (job->lease_ms > grace_ms)
            job->lease_ms = grace_ms;
    }
}

static void
hear_ready(struct server *self, enum endpoint endpoint, const struct sock_peer *peer,
           const Wire__Envelope *message)
{
    if (is_twin(self, message, endpoint, peer)) {
        log_warning("refused worker '%s': another one with its instance id is connected",
                    message->ready->name);
        server_bye(self, endpoint, peer,
                   "another worker with this instance id is connected: "
                   "give each worker a state folder of its own");
        return;
    }
    const struct worker *known = fleet_by_instance(self->fleet, message->ready->instance_id);
    int is_new = !known;
    int was_away = is_new || strcmp(known->hello->ready->boot_id, message->ready->boot_id) != 0;
    struct worker *worker = fleet_join(self->fleet, message, endpoint, peer, self->now_ms);
    if (is_new)
        log_info("worker '%s' joined (%s, %u slots, %zu tools, %zu stores, %zu running)",
                 worker_name(worker), peer->principal, worker->hello->ready->slots,
                 worker->hello->ready->n_tools, worker->hello->ready->n_stores,
                 worker->hello->ready->n_running);
    adopt(self, worker, was_away);
    queue_workers_changed(board_queue(self->board));
    server_judge(self);
    hear_running(self, worker, message->ready->running, message->ready->n_running);
    send_beat(self, worker);
}

void
server_drop_worker(struct worker *worker, const char *why)
{
    log_warning("worker '%s' left: %s", worker_name(worker), why);
    worker->gone = 1;
}

void
server_beat(struct server *self)
{
    struct worker *silent = NULL;
    while ((silent = fleet_silent(self->fleet, self->now_ms)))
        server_drop_worker(silent, "it is silent");

    for (struct worker *each = fleet_first(self->fleet); each; each = fleet_next(self->fleet)) {
        if (!each->gone)
            send_beat(self, each);
    }
}

// ---- about jobs

static int
is_in_beat(const Wire__Beat *beat, const struct board_job *job)
{
    for (size_t index = 0; index < beat->n_running; index++) {
        if (beat->running[index]->job_id == (uint64_t)job->record->id &&
            beat->running[index]->number == job->record->attempt)
            return 1;
    }
    return 0;
}

// A Run may have been lost on its way: an attempt that the worker does not list is sent again.
static void
resend_lost(struct server *self, struct worker *worker, const Wire__Beat *beat)
{
    for (struct board_job *job = board_first(self->board); job; job = board_next(self->board)) {
        if (holds(job, worker) && !job->is_orphan && !is_in_beat(beat, job) &&
            self->now_ms - job->sent_ms >= 2 * self->settings->beat_ms)
            server_send_run(self, job, worker, 0);
    }
}

static void
hear_done(struct server *self, struct worker *worker, const Wire__Envelope *message)
{
    struct board_job *job = current_job(self, worker, message->job_id, message->attempt);
    Wire__Envelope answer = WIRE__ENVELOPE__INIT;
    Wire__DoneAck ack = WIRE__DONE_ACK__INIT;
    answer.job_id = message->job_id;
    answer.attempt = message->attempt;
    answer.body_case = WIRE__ENVELOPE__BODY_DONE_ACK;
    answer.done_ack = &ack;
    ack.accepted = job != NULL;
    struct sock_peer peer = worker->peer;
    enum endpoint endpoint = (enum endpoint)worker->endpoint;
    if (job)
        server_attempt_done(self, job, worker, message->done);
    else
        log_info("worker '%s' reported attempt %u of job %" PRIu64 ", which is not current",
                 worker_name(worker), message->attempt, message->job_id);
    // After what this turn writes: a report that comes twice may be of a job whose end is not
    // durable yet.
    server_send_after(self, endpoint, &peer, &answer);
}

static void
hear_about_job(struct server *self, struct worker *worker, const Wire__Envelope *message)
{
    struct board_job *job = current_job(self, worker, message->job_id, message->attempt);
    if (!job) {
        if (message->body_case != WIRE__ENVELOPE__BODY_REFUSED)
            server_cancel_attempt(self, worker, message->job_id, message->attempt,
                                  "this attempt is not current any more");
        return;
    }
    if (message->body_case == WIRE__ENVELOPE__BODY_REFUSED) {
        server_attempt_refused(self, job, worker, message->refused);
        return;
    }
    renew(self, job);
    if (message->body_case == WIRE__ENVELOPE__BODY_FETCH)
        server_hear_fetch(self, job, message->fetch);
    if (message->body_case != WIRE__ENVELOPE__BODY_PROGRESS)
        return;
    job->progress_bytes = message->progress->done_bytes;
    snprintf(job->phase, sizeof job->phase, "%.31s", message->progress->phase);
}

static void
hear_joined(struct server *self, struct worker *worker, const Wire__Envelope *message)
{
    worker->heard_ms = self->now_ms;
    switch (message->body_case) {
    case WIRE__ENVELOPE__BODY_BEAT:
        hear_running(self, worker, message->beat->running, message->beat->n_running);
        resend_lost(self, worker, message->beat);
        break;
    case WIRE__ENVELOPE__BODY_DONE:
        hear_done(self, worker, message);
        break;
    case WIRE__ENVELOPE__BODY_BYE:
        server_drop_worker(worker, *message->bye->reason ? message->bye->reason : "it said bye");
        break;
    default:
        hear_about_job(self, worker, message);
        break;
    }
}

void
server_hear_worker(struct server *self, enum endpoint endpoint, const struct sock_peer *peer,
                   const Wire__Envelope *message)
{
    if (message->body_case == WIRE__ENVELOPE__BODY_READY) {
        hear_ready(self, endpoint, peer, message);
        return;
    }
    struct worker *worker = fleet_by_peer(self->fleet, endpoint, peer);
    if (worker && !worker->gone)
        hear_joined(self, worker, message);
    else if (message->body_case != WIRE__ENVELOPE__BODY_BYE)
        server_bye(self, endpoint, peer, "unknown worker: say ready first");
}

// ---- what operators say of them

void
server_hear_drain(struct server *self, const struct question *question)
{
    const Wire__DrainWorker *wish = question->ask->ask->drain;
    struct worker *worker = fleet_by_name(self->fleet, wish->name);
    if (!worker || worker->gone) {
        server_answer_failed(self, question, ERROR_NOT_FOUND, "no such worker is connected");
        return;
    }
    worker->draining = !wish->undrain;
    queue_workers_changed(board_queue(self->board));
    server_judge(self);
    log_info("worker '%s' %s, by %s", worker_name(worker),
             worker->draining ? "drains" : "takes jobs again", question->peer.principal);
    server_answer(self, question, NULL, 0);
}
