// What the coordinator is told.

#include <inttypes.h>
#include <stdlib.h>

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "worker/agent_inside.h"

enum { RUNNING_MAX = SETTINGS_SLOTS_MAX + SPOOL_COUNT_MAX };

// What runs, and what has ended and waits to be acknowledged: both are still ours. Otherwise a
// coordinator would give a job away while its result is on the way.
struct running {
    Wire__Attempt items[RUNNING_MAX];
    Wire__Attempt *pointers[RUNNING_MAX];
    size_t count;
};

static void
add_running(struct running *running, uint64_t job_id, uint32_t number)
{
    Wire__Attempt *attempt = &running->items[running->count];
    *attempt = (Wire__Attempt)WIRE__ATTEMPT__INIT;
    attempt->job_id = job_id;
    attempt->number = number;
    running->pointers[running->count++] = attempt;
}

static void
list_running(const agent_t *self, struct running *running)
{
    uint64_t job_id = 0;
    uint32_t number = 0;
    running->count = 0;
    for (size_t index = 0; index < attempts_count(self->attempts); index++) {
        attempts_item(self->attempts, index, &job_id, &number);
        add_running(running, job_id, number);
    }
    for (size_t index = 0; index < spool_count(self->spool); index++) {
        spool_item(self->spool, index, &job_id, &number);
        if (!agent_is_running(self, job_id, number))
            add_running(running, job_id, number);
    }
}

int
agent_is_running(const agent_t *self, uint64_t job_id, uint32_t attempt)
{
    return attempts_number(self->attempts, job_id) == attempt;
}

static char *
lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

static int
say_ready(agent_t *self, struct running *running, struct error *error)
{
    Wire__Label labels[SETTINGS_LIST_MAX];
    Wire__Label *label_pointers[SETTINGS_LIST_MAX];
    for (size_t index = 0; index < self->settings->label_count; index++) {
        labels[index] = (Wire__Label)WIRE__LABEL__INIT;
        labels[index].key = lend(self->settings->labels[index].key);
        labels[index].value = lend(self->settings->labels[index].value);
        label_pointers[index] = &labels[index];
    }
    Wire__Ready ready = WIRE__READY__INIT;
    ready.instance_id = lend(state_instance(self->state));
    ready.boot_id = self->boot_id;
    ready.name = self->settings->name;
    ready.program_version = lend(DBHAUL_VERSION);
    ready.slots = self->settings->slots;
    ready.fetches = 1;
    ready.labels = label_pointers;
    ready.n_labels = self->settings->label_count;
    ready.running = running->pointers;
    ready.n_running = running->count;
    scout_fill(self->scout, &ready);
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.body_case = WIRE__ENVELOPE__BODY_READY;
    envelope.ready = &ready;
    return link_say(self->link, LINK_DUTY_READY, &envelope, self->now_ms, error);
}

static int
say_beat(agent_t *self, struct running *running, struct error *error)
{
    Wire__Beat beat = WIRE__BEAT__INIT;
    beat.running = running->pointers;
    beat.n_running = running->count;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.body_case = WIRE__ENVELOPE__BODY_BEAT;
    envelope.beat = &beat;
    return link_say(self->link, LINK_DUTY_BEAT, &envelope, self->now_ms, error);
}

void
agent_tell_duties(agent_t *self)
{
    enum link_duty duty = link_duty(self->link, self->now_ms);
    if (duty == LINK_DUTY_NONE || !scout_has_looked(self->scout))
        return;
    struct running running;
    struct error error;
    list_running(self, &running);
    if (duty == LINK_DUTY_READY && say_ready(self, &running, &error) == 0)
        spool_all_due(self->spool);
    else if (duty == LINK_DUTY_BEAT)
        say_beat(self, &running, &error);
}

// Sends what is about a job. That there is no connection is no news here: what matters is repeated.
static void
tell(agent_t *self, Wire__Envelope *envelope, uint64_t job_id, uint32_t attempt)
{
    struct error error;
    envelope->job_id = job_id;
    envelope->attempt = attempt;
    if (link_send(self->link, envelope, &error) && error.code != ERROR_UNAVAILABLE)
        log_error("job %" PRIu64 " attempt %" PRIu32 ": %s", job_id, attempt, error.message);
}

void
agent_tell_bye(agent_t *self, const char *reason)
{
    Wire__Bye bye = WIRE__BYE__INIT;
    bye.reason = lend(reason);
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.body_case = WIRE__ENVELOPE__BODY_BYE;
    envelope.bye = &bye;
    if (link_is_greeted(self->link))
        tell(self, &envelope, 0, 0);
}

void
agent_tell_accepted(agent_t *self, const Wire__Envelope *run)
{
    Wire__Accepted accepted = WIRE__ACCEPTED__INIT;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.body_case = WIRE__ENVELOPE__BODY_ACCEPTED;
    envelope.accepted = &accepted;
    tell(self, &envelope, run->job_id, run->attempt);
}

void
agent_tell_refused(agent_t *self, const Wire__Envelope *run, Wire__Refused__Reason reason,
                   const char *message)
{
    agent_log(self, "job %" PRIu64 " attempt %" PRIu32 ": refused: %s", run->job_id, run->attempt,
              message);
    Wire__Refused refused = WIRE__REFUSED__INIT;
    refused.reason = reason;
    refused.message = lend(message);
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.body_case = WIRE__ENVELOPE__BODY_REFUSED;
    envelope.refused = &refused;
    tell(self, &envelope, run->job_id, run->attempt);
}

void
agent_tell_progress(void *context, const Wire__Envelope *message)
{
    agent_t *self = context;
    Wire__Envelope envelope = *message;
    if (link_is_greeted(self->link))
        tell(self, &envelope, message->job_id, message->attempt);
}

static void
log_result(const Wire__Envelope *done, const char *remark)
{
    static const char *const outcomes[] = {"ended", "succeeded", "failed", "cancelled"};
    unsigned outcome = (unsigned)done->done->outcome;
    const char *word = outcomes[outcome < sizeof outcomes / sizeof *outcomes ? outcome : 0];
    log_info("job %" PRIu64 " attempt %" PRIu32 ": %s%s%.1000s", done->job_id, done->attempt, word,
             *done->done->message ? ": " : "", done->done->message);
    if (remark)
        log_warning("job %" PRIu64 " attempt %" PRIu32 ": %s", done->job_id, done->attempt, remark);
}

// An attempt is never begun twice, not even by a daemon that has forgotten it: what is found in the
// spool at the next start says that it is over.
int
agent_expect_result(agent_t *self, const Wire__Envelope *run, struct error *error)
{
    Wire__Done done = WIRE__DONE__INIT;
    done.outcome = WIRE__OUTCOME__OUTCOME_FAILED;
    done.failure_class = WIRE__FAILURE_CLASS__FAILURE_TRY_AGAIN;
    done.message = lend("the worker ended in the middle of the job");
    done.started_unix_ms = self->unix_ms;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.job_id = run->job_id;
    envelope.attempt = run->attempt;
    envelope.body_case = WIRE__ENVELOPE__BODY_DONE;
    envelope.done = &done;
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    if (wire_pack(&envelope, WIRE_FROM_WORKER, &data, &size, error))
        return -1;
    return spool_put(self->spool, run->job_id, run->attempt, data, size, error);
}

void
agent_take_result(void *context, const Wire__Envelope *done, const char *remark)
{
    agent_t *self = context;
    log_result(done, remark);
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    struct error error;
    if (wire_pack(done, WIRE_FROM_WORKER, &data, &size, &error)) {
        log_error("job %" PRIu64 " attempt %" PRIu32 ": its result cannot be told: %s",
                  done->job_id, done->attempt, error.message);
        return;
    }
    if (spool_put(self->spool, done->job_id, done->attempt, data, size, &error) == 0)
        return;
    // Without a disk it is told once. If that is lost, what was spooled at the start is told later,
    // and the job is tried again.
    log_error("job %" PRIu64 " attempt %" PRIu32 ": %s", done->job_id, done->attempt,
              error.message);
    link_send_packed(self->link, data, size, &error);
    spool_defer(self->spool, done->job_id, done->attempt,
                self->now_ms + self->settings->timers.done_resend_ms);
}

// What a damaged disk gave back is not sent: nobody would acknowledge it.
static int
read_result(agent_t *self, uint64_t job_id, uint32_t attempt, char **data, size_t *size,
            struct error *error)
{
    const Wire__Envelope *message = NULL;
    if (spool_read(self->spool, job_id, attempt, data, size, error) ||
        wire_unpack(self->decoder, *data, *size, WIRE_FROM_WORKER, &message, error))
        return -1;
    if (message->body_case != WIRE__ENVELOPE__BODY_DONE || message->job_id != job_id ||
        message->attempt != attempt)
        return error_set(error, ERROR_CORRUPT, "it is not the result that its name says");
    return 0;
}

void
agent_tell_results(agent_t *self)
{
    uint64_t job_id = 0;
    uint32_t attempt = 0;
    while (link_is_greeted(self->link) && spool_due(self->spool, self->now_ms, &job_id, &attempt)) {
        CLEAN(memory_free) char *data = NULL;
        size_t size = 0;
        struct error error;
        if (agent_is_running(self, job_id, attempt)) {
            spool_defer(self->spool, job_id, attempt, INT64_MAX);
            continue;
        }
        if (read_result(self, job_id, attempt, &data, &size, &error)) {
            log_error("job %" PRIu64 " attempt %" PRIu32 ": its spooled result is lost: %s", job_id,
                      attempt, error.message);
            if (spool_remove(self->spool, job_id, attempt, &error))
                log_error("%s", error.message);
            spool_defer(self->spool, job_id, attempt, INT64_MAX);
            continue;
        }
        spool_defer(self->spool, job_id, attempt,
                    self->now_ms + self->settings->timers.done_resend_ms);
        if (link_send_packed(self->link, data, size, &error))
            return;
    }
}

void
agent_news(agent_t *self, enum link_news news, const struct error *error)
{
    switch (news) {
    case LINK_OPENED:
        log_info("connecting to the coordinator at '%s'", link_endpoint(self->link));
        break;
    case LINK_LOST:
        log_warning("the coordinator was given up: the next one tried is '%s'",
                    link_endpoint(self->link));
        break;
    case LINK_FAILED:
        log_error("cannot connect to a coordinator: %s", error->message);
        break;
    case LINK_NOTHING:
        break;
    }
}
