// What the coordinator says, and what follows from it.

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/log.h"
#include "worker/agent_inside.h"
#include "worker/order.h"

enum { QUIET_MS = 60000 };

static void
complain(agent_t *self, const char *message)
{
    self->refused.count++;
    if (self->now_ms < self->refused.quiet_until_ms)
        return;
    log_warning("%" PRIu64 " messages of the coordinator refused so far, the last one: %s",
                self->refused.count, message);
    self->refused.quiet_until_ms = self->now_ms + QUIET_MS;
}

void
agent_log(agent_t *self, const char *format, ...)
{
    enum { LINES_MAX = 200, TEXT_SIZE = 1024 };
    if (self->now_ms - self->chatter.since_ms >= QUIET_MS)
        self->chatter = (struct chatter){.since_ms = self->now_ms};
    if (++self->chatter.lines > LINES_MAX)
        return;
    char text[TEXT_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log_info("%s", text);
    if (self->chatter.lines == LINES_MAX)
        log_warning("the coordinator says so much that the rest of this minute is not logged");
}

// Commands of a leader that was deposed are not obeyed; a newer leader's epoch is on disk before
// its first command is.
static int
obey(agent_t *self, const Wire__Envelope *message, struct error *error)
{
    if (state_raise_epoch(self->state, message->epoch, error) == 0)
        return 0;
    complain(self, error->message);
    return -1;
}

static void
refuse_epoch(agent_t *self, const Wire__Envelope *run, const struct error *error)
{
    Wire__Refused__Reason reason = WIRE__REFUSED__REASON__REASON_NO_SLOT;  // our disk's fault
    if (error->code == ERROR_DENIED)
        reason = WIRE__REFUSED__REASON__REASON_OLD_EPOCH;
    else if (error->code == ERROR_INVALID)
        reason = WIRE__REFUSED__REASON__REASON_BAD_RUN;
    agent_tell_refused(self, run, reason, error->message);
}

// Is the newest attempt of this job that we know of, running or ended, newer than this one?
static int
is_old(const agent_t *self, const Wire__Envelope *run)
{
    if (attempts_number(self->attempts, run->job_id) > run->attempt)
        return 1;
    for (size_t index = 0; index < spool_count(self->spool); index++) {
        uint64_t job_id = 0;
        uint32_t attempt = 0;
        spool_item(self->spool, index, &job_id, &attempt);
        if (job_id == run->job_id && attempt > run->attempt)
            return 1;
    }
    return 0;
}

// Deals with a Run about a job that is known here. Returns 1 if that was all there is to do.
static int
repeat(agent_t *self, const Wire__Envelope *run)
{
    uint32_t running = attempts_number(self->attempts, run->job_id);
    if (running == run->attempt) {
        agent_tell_accepted(self, run);
        return 1;
    }
    if (spool_has(self->spool, run->job_id, run->attempt)) {
        spool_defer(self->spool, run->job_id, run->attempt, INT64_MIN);
        return 1;
    }
    if (is_old(self, run)) {
        agent_tell_refused(self, run, WIRE__REFUSED__REASON__REASON_BAD_RUN,
                           "a newer attempt of this job is known here");
        return 1;
    }
    if (running != 0) {
        // Two attempts of one job must not run side by side.
        attempts_stop(self->attempts, run->job_id, running, ATTEMPT_SUPERSEDED, self->now_ms);
        agent_tell_refused(self, run, WIRE__REFUSED__REASON__REASON_NO_SLOT,
                           "an older attempt of this job is being stopped");
        return 1;
    }
    return 0;
}

// Can this worker take the job now? 0, or -1 with the reason.
static int
examine(const agent_t *self, const Wire__Run *run, Wire__Refused__Reason *reason,
        struct error *error)
{
    *reason = WIRE__REFUSED__REASON__REASON_BAD_RUN;
    if (order_check(run, error))
        return -1;
    *reason = WIRE__REFUSED__REASON__REASON_DRAINING;
    if (self->is_stopping || self->is_draining)
        return error_set(error, ERROR_BUSY, "the worker takes no more jobs");
    *reason = WIRE__REFUSED__REASON__REASON_NO_STORE;
    if (*order_store(run) && !scout_has_store(self->scout, order_store(run)))
        return error_set(error, ERROR_CONFIG, "the store '%.256s' cannot be used here",
                         order_store(run));
    *reason = WIRE__REFUSED__REASON__REASON_NO_TOOL;
    if (*order_tool(run) && !scout_has_tool(self->scout, order_tool(run)))
        return error_set(error, ERROR_CONFIG, "there is no '%.64s' here", order_tool(run));
    *reason = WIRE__REFUSED__REASON__REASON_NO_SLOT;
    if (attempts_count(self->attempts) >= self->settings->slots)
        return error_set(error, ERROR_BUSY, "all %u slots are taken", self->settings->slots);
    return 0;
}

static void
hear_run(agent_t *self, const Wire__Envelope *run)
{
    struct error error;
    if (run->job_id == 0 || run->attempt == 0) {
        complain(self, "a Run that names no job and attempt");
        return;
    }
    if (obey(self, run, &error)) {
        refuse_epoch(self, run, &error);
        return;
    }
    if (repeat(self, run))
        return;
    Wire__Refused__Reason reason;
    if (examine(self, run->run, &reason, &error)) {
        agent_tell_refused(self, run, reason, error.message);
        return;
    }
    if (agent_expect_result(self, run, &error)) {
        agent_tell_refused(self, run, WIRE__REFUSED__REASON__REASON_NO_SLOT, error.message);
        return;
    }
    if (attempts_start(self->attempts, run, self->now_ms, self->unix_ms, &error)) {
        agent_tell_refused(self, run, WIRE__REFUSED__REASON__REASON_NO_SLOT, error.message);
        if (spool_remove(self->spool, run->job_id, run->attempt, &error))
            log_error("%s", error.message);
        return;
    }
    log_info("job %" PRIu64 " attempt %" PRIu32 ": %s started", run->job_id, run->attempt,
             order_name(run->run));
    agent_tell_accepted(self, run);
}

static void
hear_cancel(agent_t *self, const Wire__Envelope *message)
{
    struct error error;
    if (obey(self, message, &error))
        return;
    agent_log(self, "job %" PRIu64 " attempt %" PRIu32 ": to be cancelled: %.256s", message->job_id,
              message->attempt, message->cancel->reason);
    attempts_stop(self->attempts, message->job_id, message->attempt, ATTEMPT_CANCELLED,
                  self->now_ms);
    spool_defer(self->spool, message->job_id, message->attempt, INT64_MIN);
}

static void
hear_done_ack(agent_t *self, const Wire__Envelope *message)
{
    struct error error;
    if (obey(self, message, &error))
        return;
    if (!spool_has(self->spool, message->job_id, message->attempt) ||
        agent_is_running(self, message->job_id, message->attempt))
        return;
    if (!message->done_ack->accepted)
        agent_log(self,
                  "job %" PRIu64 " attempt %" PRIu32
                  ": the coordinator did not want its result: it is not the current attempt",
                  message->job_id, message->attempt);
    if (spool_remove(self->spool, message->job_id, message->attempt, &error))
        log_error("%s", error.message);
}

static void
hear_piece(agent_t *self, const Wire__Envelope *message)
{
    struct error error;
    if (obey(self, message, &error) == 0)
        attempts_give(self->attempts, message);
}

static void
hear_drain(agent_t *self, const Wire__Envelope *message)
{
    struct error error;
    if (obey(self, message, &error))
        return;
    if (!self->is_draining)
        log_info("no more jobs are taken: the coordinator said so");
    self->is_draining = 1;
}

static void
hear_bye(agent_t *self, const Wire__Envelope *message)
{
    agent_log(self, "the coordinator at '%s' says bye: %.256s", link_endpoint(self->link),
              *message->bye->reason ? message->bye->reason : "no reason given");
    agent_news(self, link_dismissed(self->link, self->now_ms, self->chance), NULL);
}

static void
hear(agent_t *self, const Wire__Envelope *message)
{
    if (message->body_case == WIRE__ENVELOPE__BODY_BYE) {
        hear_bye(self, message);
        return;
    }
    link_heard(self->link, self->now_ms);
    switch (message->body_case) {
    case WIRE__ENVELOPE__BODY_RUN:
        hear_run(self, message);
        break;
    case WIRE__ENVELOPE__BODY_CANCEL:
        hear_cancel(self, message);
        break;
    case WIRE__ENVELOPE__BODY_DONE_ACK:
        hear_done_ack(self, message);
        break;
    case WIRE__ENVELOPE__BODY_DRAIN:
        hear_drain(self, message);
        break;
    case WIRE__ENVELOPE__BODY_PIECE:
        hear_piece(self, message);
        break;
    default:  // Beat: it lives
        break;
    }
}

void
agent_hear(agent_t *self)
{
    enum { AT_ONCE_MAX = 100 };
    for (int count = 0; count < AT_ONCE_MAX; count++) {
        const Wire__Envelope *message = NULL;
        struct error error;
        if (link_receive(self->link, &message, &error) == 0)
            hear(self, message);
        else if (error.code == ERROR_NOT_FOUND)
            return;
        else
            complain(self, error.message);
    }
}
