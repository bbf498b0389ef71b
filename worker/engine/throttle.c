#include "worker/engine/throttle.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/memory.h"

enum { FIRST_PAUSE_MS = 100, SECOND_MS = 1000 };

static const char *const names[THROTTLE_SIGNALS] = {
    [THROTTLE_RUNNING] = "running",
    [THROTTLE_LAG] = "replica_lag",
    [THROTTLE_TRANSACTION] = "transaction_age",
    [THROTTLE_LONG] = "long_queries",
};

const char *
throttle_name(enum throttle_signal signal)
{
    return names[signal];
}

int
throttle_is_wanted(const struct throttle_limits *limits)
{
    for (size_t i = 0; i < THROTTLE_SIGNALS; i++) {
        if (limits->at_most[i] > 0)
            return 1;
    }
    return 0;
}

struct throttle
throttle_at(const struct throttle_limits *limits, unsigned connections_max)
{
    unsigned connections = connections_max > 0 ? connections_max : 1;
    return (struct throttle){.limits = *limits,
                             .connections_max = connections,
                             .answer = {.connections = connections},
                             .taken_ms = -1,
                             .stepped_ms = -THROTTLE_UP_MS};
}

struct throttle_sample
throttle_unknown(void)
{
    struct throttle_sample sample;
    for (size_t i = 0; i < THROTTLE_SIGNALS; i++)
        sample.values[i] = -1;
    return sample;
}

static int
is_slowed(const struct throttle *self)
{
    return self->answer.pause_ms > 0 || self->answer.connections < self->connections_max;
}

// What the time since the last sample was.
static void
count(struct throttle *self, int64_t now_ms)
{
    int64_t span_ms = self->taken_ms < 0 ? 0 : now_ms - self->taken_ms;
    self->taken_ms = now_ms;
    if (!is_slowed(self))
        return;
    self->slowed_ms += span_ms;
    if (self->answer.pause_ms > 0)
        self->paused_ms += span_ms;
    for (unsigned i = 0; i < THROTTLE_SIGNALS; i++) {
        if (self->causes & 1U << i)
            self->caused_ms[i] += span_ms;
    }
}

// Bits of the signals above their limits. *is_easy: some are known, and all well below.
static unsigned
judge(const struct throttle *self, const struct throttle_sample *sample, int *is_easy)
{
    unsigned above = 0, near = 0, known = 0;
    for (unsigned i = 0; i < THROTTLE_SIGNALS; i++) {
        int64_t limit = self->limits.at_most[i], value = sample->values[i];
        if (limit <= 0 || value < 0)
            continue;
        known++;
        if (value > limit)
            above |= 1U << i;
        if (value > limit - (limit + 3) / 4)
            near++;
    }
    *is_easy = known > 0 && near == 0;
    return above;
}

static void
slow_down(struct throttle *self)
{
    struct throttle_answer *answer = &self->answer;
    if (answer->connections > 1)
        answer->connections /= 2;
    else if (answer->pause_ms == 0)
        answer->pause_ms = FIRST_PAUSE_MS;
    else if (answer->pause_ms < THROTTLE_PAUSE_MS)
        answer->pause_ms *= 2;
    if (answer->pause_ms > THROTTLE_PAUSE_MS)
        answer->pause_ms = THROTTLE_PAUSE_MS;
}

static void
speed_up(struct throttle *self)
{
    struct throttle_answer *answer = &self->answer;
    if (answer->pause_ms > FIRST_PAUSE_MS)
        answer->pause_ms /= 2;
    else if (answer->pause_ms > 0)
        answer->pause_ms = 0;
    else if (answer->connections < self->connections_max)
        answer->connections++;
}

const struct throttle_answer *
throttle_take(struct throttle *self, const struct throttle_sample *sample, int64_t now_ms)
{
    int is_easy = 0;
    count(self, now_ms);
    unsigned above = judge(self, sample, &is_easy);
    if (above)
        self->causes = above;
    if (above && now_ms - self->stepped_ms >= THROTTLE_DOWN_MS) {
        slow_down(self);
        self->stepped_ms = now_ms;
    } else if (is_easy && is_slowed(self) && now_ms - self->stepped_ms >= THROTTLE_UP_MS) {
        speed_up(self);
        self->stepped_ms = now_ms;
    }
    if (self->paused_ms >= self->limits.pause_limit_ms)
        self->answer.pause_ms = 0;
    return &self->answer;
}

const struct throttle_answer *
throttle_lose(struct throttle *self, int64_t now_ms)
{
    count(self, now_ms);
    self->taken_ms = -1;
    self->answer = (struct throttle_answer){.connections = self->connections_max};
    return &self->answer;
}

int
throttle_tell(const struct throttle *self, char text[THROTTLE_TEXT_SIZE])
{
    text[0] = '\0';
    if (self->slowed_ms == 0 && !is_slowed(self))
        return 0;
    int used = snprintf(text, THROTTLE_TEXT_SIZE,
                        "slowed down for %" PRId64 " s, resting in %" PRId64 " s of them%s",
                        self->slowed_ms / SECOND_MS, self->paused_ms / SECOND_MS,
                        self->paused_ms > 0 && self->paused_ms >= self->limits.pause_limit_ms
                            ? " (as long as its policy allows)"
                            : "");
    const char *before = ", because of ";
    for (unsigned i = 0; i < THROTTLE_SIGNALS; i++) {
        if (self->caused_ms[i] == 0 && !(self->causes & 1U << i))
            continue;
        used += snprintf(text + used, (size_t)(THROTTLE_TEXT_SIZE - used), "%s%s (%" PRId64 " s)",
                         before, names[i], self->caused_ms[i] / SECOND_MS);
        before = ", ";
    }
    return 1;
}

char *
throttle_tell_lost(const char *where, const char *why)
{
    return memory_format("all signals for a while%s, as the session that watches was lost: %s",
                         where, why);
}
