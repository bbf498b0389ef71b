#include "coordinator/timetable.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/calendar.h"

enum { MS = 1000, HOUR_MS = 3600 * MS };
static const int64_t end_s = 253402300800;    // 10000-01-01
static const int64_t begin_s = -62009366400;  // 0005-01-01: zones know some years before

struct timetable {
    cron_t *cron;
    zone_t *zone;
};

timetable_t *
timetable_new(cron_t **cron_p, zone_t **zone_p)
{
    timetable_t *self = memory_get(sizeof *self);
    self->cron = STEAL(*cron_p);
    self->zone = STEAL(*zone_p);
    return self;
}

void
timetable_destroy(timetable_t **self_p)
{
    if (!*self_p)
        return;
    zone_destroy(&(*self_p)->zone);
    cron_destroy(&(*self_p)->cron);
    memory_free(self_p);
}

// The latest that the local clock has shown until a moment. It shows less now if it was set back
// lately; further back than twice the largest offset that cannot matter.
static int64_t
latest_local(const zone_t *zone, int64_t unix_s)
{
    struct zone_span span;
    zone_span(zone, unix_s, &span);
    int64_t latest_s = unix_s + span.offset_s;
    while (span.from_s > unix_s - INT64_C(2) * ZONE_OFFSET_MAX_S) {
        int64_t before_s = span.from_s - 1;
        zone_span(zone, before_s, &span);
        if (before_s + span.offset_s > latest_s)
            latest_s = before_s + span.offset_s;
    }
    return latest_s;
}

// The first moment at which the local clock shows a time or a later one.
static int64_t
first_moment(const zone_t *zone, int64_t local_s)
{
    int64_t unix_s = local_s - ZONE_OFFSET_MAX_S;
    while (unix_s < end_s) {
        struct zone_span span;
        zone_span(zone, unix_s, &span);
        int64_t found_s = local_s - span.offset_s > unix_s ? local_s - span.offset_s : unix_s;
        if (found_s < span.until_s)
            return found_s;
        unix_s = span.until_s;
    }
    return end_s;
}

static int64_t
next_time_of_day(const timetable_t *self, int64_t after_s)
{
    int64_t local_s = cron_next(self->cron, latest_local(self->zone, after_s) + 1);
    return local_s == CRON_NEVER ? end_s : first_moment(self->zone, local_s);
}

static int64_t
next_real_hour(const timetable_t *self, int64_t after_s)
{
    int64_t unix_s = after_s + 1;
    while (unix_s < end_s) {
        struct zone_span span;
        zone_span(self->zone, unix_s, &span);
        int64_t local_s = cron_next(self->cron, unix_s + span.offset_s);
        if (local_s == CRON_NEVER)
            return end_s;
        if (local_s - span.offset_s < span.until_s)
            return local_s - span.offset_s;
        unix_s = span.until_s;
    }
    return end_s;
}

int64_t
timetable_next(const timetable_t *self, int64_t after_unix_ms)
{
    int64_t after_s = after_unix_ms / MS - (after_unix_ms % MS < 0);
    if (after_s < begin_s)
        after_s = begin_s;
    if (after_s >= end_s)
        return TIMETABLE_NEVER;
    int64_t next_s = cron_is_hourly(self->cron) ? next_real_hour(self, after_s)
                                                : next_time_of_day(self, after_s);
    return next_s < end_s ? next_s * MS : TIMETABLE_NEVER;
}

// Looks at the last hour, the last two, four and so on.
int64_t
timetable_last(const timetable_t *self, int64_t after_unix_ms, int64_t until_unix_ms)
{
    int64_t last_ms = TIMETABLE_NEVER;
    int64_t reach_ms = HOUR_MS;
    int64_t from_ms = until_unix_ms;
    while (last_ms == TIMETABLE_NEVER && from_ms > after_unix_ms) {
        from_ms =
            until_unix_ms - reach_ms > after_unix_ms ? until_unix_ms - reach_ms : after_unix_ms;
        reach_ms *= 2;
        int64_t next_ms = timetable_next(self, from_ms);
        for (; next_ms <= until_unix_ms && next_ms != TIMETABLE_NEVER;
             next_ms = timetable_next(self, next_ms))
            last_ms = next_ms;
    }
    return last_ms;
}

void
timetable_print(const timetable_t *self, int64_t unix_ms, char text[TIMETABLE_TEXT_SIZE])
{
    int64_t unix_s = unix_ms / MS - (unix_ms % MS < 0);
    text[0] = '\0';
    if (unix_s < begin_s || unix_s >= end_s)
        return;
    struct zone_span span;
    zone_span(self->zone, unix_s, &span);
    int64_t local_s = unix_s + span.offset_s;
    int64_t days = calendar_day_of(local_s);
    int minute = (int)((local_s - days * CALENDAR_DAY_S) / 60);
    struct calendar_day day;
    calendar_split(days, &day);
    snprintf(text, TIMETABLE_TEXT_SIZE, "%04" PRId64 "-%02d-%02d %02d:%02d %s", day.year, day.month,
             day.day, minute / 60, minute % 60, span.name);
}
