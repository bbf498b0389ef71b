#include "worker/attempts.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/child.h"

enum { REMARK_SIZE = 1024, AT_ONCE_MAX = 64, STUCK_MAX = 64 };

struct attempt {
    uint64_t job_id;
    uint32_t number;
    child_t *child;
    enum attempt_stop stop;
    int64_t limit_ms;     // as the coordinator gave it
    int64_t limit_at_ms;  // monotonic
    int64_t started_unix_ms;
    Wire__Envelope *done;  // what the child said; NULL: nothing yet
    struct error fault;    // what was wrong with what it sent
};

struct attempts {
    struct attempts_options options;
    struct attempts_listener listener;
    wire_decoder_t *decoder;
    size_t count;
    struct attempt *items;  // of `slots`
    child_t *stuck[STUCK_MAX];
    size_t stuck_count;
};

attempts_t *
attempts_new(const struct attempts_options *options, const struct attempts_listener *listener)
{
    attempts_t *self = memory_get(sizeof *self);
    self->options = *options;
    self->listener = *listener;
    self->decoder = wire_decoder_new();
    self->items = memory_get(options->slots * sizeof *self->items);
    return self;
}

static void
attempt_clear(struct attempt *attempt)
{
    child_destroy(&attempt->child);
    wire_free(&attempt->done);
}

void
attempts_destroy(attempts_t **self_p)
{
    attempts_t *self = *self_p;
    if (!self)
        return;
    // All at once first: each one's end is waited for.
    for (size_t index = 0; index < self->count; index++)
        child_kill(self->items[index].child);
    for (size_t index = 0; index < self->count; index++)
        attempt_clear(&self->items[index]);
    while (self->stuck_count > 0)
        child_leave(&self->stuck[--self->stuck_count]);
    wire_decoder_destroy(&self->decoder);
    memory_free(&self->items);
    memory_free(self_p);
}

int
attempts_start(attempts_t *self, const Wire__Envelope *run, int64_t now_ms, int64_t unix_ms,
               struct error *error)
{
    assert(run->body_case == WIRE__ENVELOPE__BODY_RUN);
    if (self->count == self->options.slots)
        return error_set(error, ERROR_BUSY, "all %u slots are taken", self->options.slots);
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    if (wire_pack(run, WIRE_FROM_COORDINATOR, &data, &size, error))
        return -1;
    struct attempt attempt = {.job_id = run->job_id,
                              .number = run->attempt,
                              .limit_ms = run->run->time_limit_ms,
                              .limit_at_ms = now_ms + run->run->time_limit_ms,
                              .started_unix_ms = unix_ms};
    if (child_start(&attempt.child, self->options.command, "--task", data, size, error))
        return -1;
    self->items[self->count++] = attempt;
    return 0;
}

size_t
attempts_count(const attempts_t *self)
{
    return self->count;
}

void
attempts_item(const attempts_t *self, size_t index, uint64_t *job_id, uint32_t *number)
{
    *job_id = self->items[index].job_id;
    *number = self->items[index].number;
}

uint32_t
attempts_number(const attempts_t *self, uint64_t job_id)
{
    for (size_t index = 0; index < self->count; index++) {
        if (self->items[index].job_id == job_id)
            return self->items[index].number;
    }
    return 0;
}

void
attempts_give(attempts_t *self, const Wire__Envelope *piece)
{
    struct error ignored;
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    for (size_t index = 0; index < self->count; index++) {
        struct attempt *attempt = &self->items[index];
        if (attempt->job_id == piece->job_id && attempt->number == piece->attempt &&
            wire_pack(piece, WIRE_FROM_COORDINATOR, &data, &size, &ignored) == 0)
            child_give(attempt->child, data, size, &ignored);
    }
}

static void
stop(attempts_t *self, struct attempt *attempt, enum attempt_stop reason, int64_t now_ms)
{
    if (attempt->stop != ATTEMPT_RUNS)
        return;
    attempt->stop = reason;
    child_stop(attempt->child, now_ms, self->options.kill_grace_ms);
}

void
attempts_stop(attempts_t *self, uint64_t job_id, uint32_t number, enum attempt_stop reason,
              int64_t now_ms)
{
    for (size_t index = 0; index < self->count; index++) {
        struct attempt *attempt = &self->items[index];
        if (attempt->job_id == job_id && attempt->number == number)
            stop(self, attempt, reason, now_ms);
    }
}

void
attempts_stop_all(attempts_t *self, enum attempt_stop reason, int64_t now_ms)
{
    for (size_t index = 0; index < self->count; index++)
        stop(self, &self->items[index], reason, now_ms);
}

size_t
attempts_fds(const attempts_t *self, int *fds, size_t size)
{
    size_t count = 0;
    for (size_t index = 0; index < self->count; index++) {
        int both[] = {child_frames_fd(self->items[index].child),
                      child_end_fd(self->items[index].child)};
        for (size_t which = 0; which < 2; which++) {
            if (both[which] >= 0 && count < size)
                fds[count++] = both[which];
        }
    }
    return count;
}

int64_t
attempts_deadline(const attempts_t *self)
{
    int64_t earliest = INT64_MAX;
    for (size_t index = 0; index < self->count; index++) {
        const struct attempt *attempt = &self->items[index];
        int64_t deadline = child_deadline(attempt->child);
        if (attempt->stop == ATTEMPT_RUNS && attempt->limit_at_ms < deadline)
            deadline = attempt->limit_at_ms;
        if (deadline < earliest)
            earliest = deadline;
    }
    for (size_t index = 0; index < self->stuck_count; index++) {
        if (child_deadline(self->stuck[index]) < earliest)
            earliest = child_deadline(self->stuck[index]);
    }
    return earliest;
}

// A child is this very program, but it reads what servers say: it is believed within the limits,
// and about its own attempt only.
static int
take_frame(attempts_t *self, struct attempt *attempt, const uint8_t *data, size_t size,
           struct error *error)
{
    const Wire__Envelope *message = NULL;
    if (wire_unpack(self->decoder, data, size, WIRE_FROM_TASK, &message, error))
        return -1;
    if (message->job_id != attempt->job_id || message->attempt != attempt->number)
        return error_set(error, ERROR_INVALID, "it spoke of job %" PRIu64, message->job_id);
    if (message->body_case != WIRE__ENVELOPE__BODY_DONE) {
        self->listener.progress(self->listener.context, message);
        return 0;
    }
    wire_free(&attempt->done);
    attempt->done = wire_clone(message);
    return 0;
}

static void
take_frames(attempts_t *self, struct attempt *attempt, int count_max)
{
    for (int count = 0; count < count_max; count++) {
        const uint8_t *data = NULL;
        size_t size = 0;
        struct error error;
        if (child_next(attempt->child, &data, &size, &error)) {
            if (error.code == ERROR_INVALID || error.code == ERROR_CORRUPT)
                attempt->fault = error;
            return;
        }
        if (take_frame(self, attempt, data, size, &error))
            attempt->fault = error;
    }
}

static const char stuck_text[] = "; its process was killed and hangs in the kernel: the mount of "
                                 "the store does not answer";

// `end`: NULL if the process hangs in the kernel.
static void
say_why(const struct attempt *attempt, const struct process_end *end, Wire__Done *done, char *text,
        size_t size)
{
    char how[64] = "it was killed";
    if (end)
        process_end_text(end, how);
    done->outcome = WIRE__OUTCOME__OUTCOME_FAILED;
    done->failure_class = WIRE__FAILURE_CLASS__FAILURE_TRY_AGAIN;
    done->message = text;
    switch (attempt->stop) {
    case ATTEMPT_CANCELLED:
        done->outcome = WIRE__OUTCOME__OUTCOME_CANCELLED;
        done->failure_class = WIRE__FAILURE_CLASS__FAILURE_UNSPECIFIED;
        snprintf(text, size, "cancelled");
        break;
    case ATTEMPT_SUPERSEDED:
        snprintf(text, size, "a newer attempt of this job was started");
        break;
    case ATTEMPT_TOO_LONG:
        snprintf(text, size, "it took longer than its time limit of %" PRId64 " s%s",
                 attempt->limit_ms / 1000, end ? "" : stuck_text);
        break;
    case ATTEMPT_SHUTDOWN:
        // Cancelled, though nobody asked for that: the coordinator gives it to another worker, and
        // does not count it as a failure.
        done->outcome = WIRE__OUTCOME__OUTCOME_CANCELLED;
        done->failure_class = WIRE__FAILURE_CLASS__FAILURE_UNSPECIFIED;
        snprintf(text, size, "the worker was stopped");
        break;
    case ATTEMPT_RUNS:
        if (attempt->done)
            snprintf(text, size, "the job's process was told to stop by somebody else");
        else
            snprintf(text, size, "the job's process ended without a result: %s%s%s", how,
                     attempt->fault.code ? "; " : "", attempt->fault.message);
        break;
    }
}

// What the child said counts, but a job that was made to stop did not choose its end.
static int
is_own_end(const struct attempt *attempt)
{
    if (!attempt->done)
        return 0;
    if (attempt->stop == ATTEMPT_RUNS)
        return attempt->done->done->outcome != WIRE__OUTCOME__OUTCOME_CANCELLED;
    return attempt->done->done->outcome == WIRE__OUTCOME__OUTCOME_SUCCEEDED;
}

static void
end(attempts_t *self, size_t index, const struct process_end *how, int64_t unix_ms)
{
    struct attempt attempt = self->items[index];
    self->items[index] = self->items[--self->count];

    char text[REMARK_SIZE] = "";
    char remark[REMARK_SIZE] = "";
    Wire__Done done = WIRE__DONE__INIT;
    if (is_own_end(&attempt)) {
        done = *attempt.done->done;
        if (!how)
            snprintf(remark, sizeof remark, "the process had sent its result%s", stuck_text);
        else if (how->exit_code != 0)
            snprintf(remark, sizeof remark, "the process had sent its result, then: %s",
                     process_end_text(how, (char[64]){0}));
    } else {
        say_why(&attempt, how, &done, text, sizeof text);
        done.elsewhere = !how && done.outcome == WIRE__OUTCOME__OUTCOME_FAILED;
    }
    done.started_unix_ms = attempt.started_unix_ms;
    done.ended_unix_ms = unix_ms;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.version = WIRE_VERSION;
    envelope.job_id = attempt.job_id;
    envelope.attempt = attempt.number;
    envelope.body_case = WIRE__ENVELOPE__BODY_DONE;
    envelope.done = &done;
    self->listener.ended(self->listener.context, &envelope, *remark ? remark : NULL);
    attempt_clear(&attempt);
}

// What is left of its process does nothing of its own any more: it counts as ended, so that its
// slot is free and another attempt may begin.
static void
abandon(attempts_t *self, size_t index, int64_t unix_ms)
{
    self->stuck[self->stuck_count++] = STEAL(self->items[index].child);
    end(self, index, NULL, unix_ms);
}

static void
look_at_stuck(attempts_t *self, int64_t now_ms)
{
    for (size_t index = 0; index < self->stuck_count;) {
        struct process_end how;
        child_tick(self->stuck[index], now_ms);
        if (!child_ended(self->stuck[index], &how)) {
            index++;
            continue;
        }
        child_destroy(&self->stuck[index]);
        self->stuck[index] = self->stuck[--self->stuck_count];
    }
}

void
attempts_tick(attempts_t *self, int64_t now_ms, int64_t unix_ms)
{
    for (size_t index = 0; index < self->count;) {
        struct attempt *attempt = &self->items[index];
        struct process_end how;
        // Asked before the last frames are read: what it sent, it sent before it ended.
        int has_ended = child_ended(attempt->child, &how);
        take_frames(self, attempt, has_ended ? INT_MAX : AT_ONCE_MAX);
        if (has_ended) {
            end(self, index, &how, unix_ms);
            continue;
        }
        // It has said all there is to say: it has the grace to leave by itself.
        if (attempt->done)
            child_expect_end(attempt->child, now_ms, self->options.kill_grace_ms);
        if (attempt->stop == ATTEMPT_RUNS && now_ms >= attempt->limit_at_ms)
            stop(self, attempt, ATTEMPT_TOO_LONG, now_ms);
        child_tick(attempt->child, now_ms);
        if (child_is_stuck(attempt->child, now_ms) && self->stuck_count < STUCK_MAX)
            abandon(self, index, unix_ms);
        else
            index++;
    }
    look_at_stuck(self, now_ms);
}
