#include "worker/engine/postgres_heed.h"

#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"

enum { AGAIN_MS = 5000 };

int
postgres_heed_open(struct postgres_heed *self, struct error *error)
{
    if (!throttle_is_wanted(self->limits) || self->members == 0)
        return 0;
    if (postgres_watch_open(&self->watch, self->server, self->database, self->limits, error))
        return -1;
    if (*postgres_watch_without(self->watch))
        self->sink->fact(self->sink->self, "throttle is without",
                         postgres_watch_without(self->watch));
    self->throttle = throttle_at(self->limits, self->members);
    return 0;
}

void
postgres_heed_clear(struct postgres_heed *self)
{
    postgres_watch_destroy(&self->watch);
}

int
postgres_heed_begin(struct postgres_heed *self, const int *processes, size_t count,
                    struct error *error)
{
    memcpy(self->processes, processes, count * sizeof *processes);
    self->process_count = count;
    return self->watch ? postgres_watch_begin(self->watch, processes, count, error) : 0;
}

// Who is not watched goes on as if nobody else was there, and says so once.
static void
lose(struct postgres_heed *self, const char *why)
{
    CLEAN(memory_free) char *where = memory_format(", in database '%s'", self->database);
    CLEAN(memory_free) char *text = throttle_tell_lost(where, why);
    postgres_watch_destroy(&self->watch);
    self->lost_ms = clock_monotonic_ms();
    if (!self->is_lost_told)
        self->sink->fact(self->sink->self, "throttle is without", text);
    self->is_lost_told = 1;
}

static void
open_again(struct postgres_heed *self)
{
    struct error error = {0};
    if (postgres_watch_open(&self->watch, self->server, self->database, self->limits, &error) ||
        postgres_watch_begin(self->watch, self->processes, self->process_count, &error))
        lose(self, error.message);
}

static void
obey(const struct throttle_answer *answer, struct crew_gait *gait)
{
    *gait = (struct crew_gait){.members = answer->connections, .pause_ms = answer->pause_ms};
}

void
postgres_heed_look(struct postgres_heed *self, struct crew_gait *gait, int64_t now_ms)
{
    struct throttle_sample sample;
    struct error error = {0};
    if (!throttle_is_wanted(self->limits) || self->members == 0)
        return;
    if (!self->watch && now_ms - self->lost_ms >= AGAIN_MS)
        open_again(self);
    int taken = self->watch ? postgres_watch_take(self->watch, &sample, &error) : 0;
    if (taken > 0)
        obey(throttle_take(&self->throttle, &sample, now_ms), gait);
    if (taken < 0) {
        lose(self, error.message);
        obey(throttle_lose(&self->throttle, now_ms), gait);
    }
}

void
postgres_heed_tell(const struct postgres_heed *self)
{
    char text[THROTTLE_TEXT_SIZE];
    if (!throttle_tell(&self->throttle, text))
        return;
    CLEAN(memory_free) char *of = memory_format("%s, in database '%s'", text, self->database);
    self->sink->fact(self->sink->self, "throttle", of);
}
