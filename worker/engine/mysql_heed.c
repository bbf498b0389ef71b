#include "worker/engine/mysql_heed.h"

#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"

enum { AGAIN_MS = 30000 };

static void
tell_once(const struct mysql_heed *self, int *is_told, const char *text)
{
    if (!*is_told && *text)
        self->sink->fact(self->sink->self, "throttle is without", text);
    *is_told = 1;
}

static void
open_watch(struct mysql_heed *self, int64_t now_ms)
{
    struct error error = {0};
    self->tried_ms = now_ms;
    int status = mysql_watch_open(&self->watch, self->server, self->limits, self->ours,
                                  self->our_count, &error);
    tell_once(self, &self->is_without_told,
              status ? error.message : mysql_watch_without(self->watch));
}

void
mysql_heed_begin(struct mysql_heed *self, const unsigned long *ours, size_t count)
{
    memcpy(self->ours, ours, count * sizeof *ours);
    self->our_count = count;
    self->throttle = throttle_at(self->limits, self->members);
    if (throttle_is_wanted(self->limits))
        open_watch(self, clock_monotonic_ms());
}

void
mysql_heed_clear(struct mysql_heed *self)
{
    mysql_watch_destroy(&self->watch);
}

// Who is not watched goes on as if nobody else was there, and says so once.
static void
lose(struct mysql_heed *self, const char *why, int64_t now_ms)
{
    CLEAN(memory_free) char *text = throttle_tell_lost("", why);
    mysql_watch_destroy(&self->watch);
    self->tried_ms = now_ms;
    tell_once(self, &self->is_lost_told, text);
}

static void
obey(const struct throttle_answer *answer, struct crew_gait *gait)
{
    *gait = (struct crew_gait){.members = answer->connections, .pause_ms = answer->pause_ms};
}

void
mysql_heed_look(struct mysql_heed *self, struct crew_gait *gait, int64_t now_ms)
{
    struct throttle_sample sample;
    struct error error = {0};
    if (!throttle_is_wanted(self->limits))
        return;
    if (!self->watch && now_ms - self->tried_ms >= AGAIN_MS)
        open_watch(self, now_ms);
    int taken = self->watch ? mysql_watch_take(self->watch, &sample, &error) : 0;
    if (taken > 0)
        obey(throttle_take(&self->throttle, &sample, now_ms), gait);
    if (taken < 0) {
        lose(self, error.message, now_ms);
        obey(throttle_lose(&self->throttle, now_ms), gait);
    }
}

void
mysql_heed_tell(const struct mysql_heed *self)
{
    char text[THROTTLE_TEXT_SIZE];
    if (throttle_tell(&self->throttle, text))
        self->sink->fact(self->sink->self, "throttle", text);
}
