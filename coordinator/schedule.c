#include "coordinator/schedule.h"

#include <string.h>

#include "common/clean.h"
#include "common/digest.h"
#include "common/memory.h"

enum { LATE_START_MS = 60000 };

static int64_t
smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t
larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

// The first firing after a moment that was not fired.
int64_t
schedule_next(const struct schedule *self, const struct schedule_memory *memory,
              int64_t after_unix_ms)
{
    if (after_unix_ms < memory->skipped_until_ms) {
        int64_t next_ms =
            timetable_next(self->timetable, larger(after_unix_ms, memory->skipped_after_ms));
        if (next_ms <= memory->skipped_until_ms)
            return next_ms;
    }
    return timetable_next(self->timetable, larger(after_unix_ms, memory->fired_ms));
}

// The last one after `seen_ms` and not after a moment that was not fired.
static int64_t
last_due(const struct schedule *self, const struct schedule_memory *memory, int64_t unix_ms)
{
    int64_t due_ms =
        timetable_last(self->timetable, larger(memory->seen_ms, memory->fired_ms), unix_ms);
    if (due_ms != TIMETABLE_NEVER)
        return due_ms;
    return timetable_last(self->timetable, larger(memory->seen_ms, memory->skipped_after_ms),
                          smaller(unix_ms, memory->skipped_until_ms));
}

static void
count_missed(const struct schedule *self, const struct schedule_memory *memory, int64_t due_ms,
             struct schedule_turn *turn)
{
    int64_t next_ms = schedule_next(self, memory, memory->seen_ms);
    int64_t end_ms = turn->fires ? due_ms : due_ms + 1;
    if (next_ms < end_ms)
        turn->missed_first_ms = next_ms;
    for (; next_ms < end_ms && turn->missed < SCHEDULE_MISSED_MAX;
         next_ms = schedule_next(self, memory, next_ms))
        turn->missed++;
}

static void
remember_fired(const struct schedule *self, struct schedule_memory *memory, int64_t due_ms)
{
    if (due_ms <= memory->fired_ms) {
        memory->skipped_after_ms = due_ms;
        return;
    }
    if (timetable_next(self->timetable, memory->fired_ms) < due_ms) {
        memory->skipped_after_ms = memory->fired_ms;
        memory->skipped_until_ms = due_ms - 1;
    }
    memory->fired_ms = due_ms;
}

static void
fire(const struct schedule *self, int64_t due_ms, int64_t unix_ms, int is_missed,
     struct schedule_turn *turn)
{
    int64_t following_ms = timetable_next(self->timetable, unix_ms);
    turn->fires = 1;
    turn->start_ms = unix_ms - due_ms > LATE_START_MS ? unix_ms : due_ms;
    turn->closes_ms = following_ms;
    if (self->window_ms)
        turn->closes_ms = smaller(following_ms, (is_missed ? unix_ms : due_ms) + self->window_ms);
    turn->spread_ms = smaller(self->spread_ms, (turn->closes_ms - turn->start_ms) / 2);
}

// The clock went back, or this is the first time ever.
static int
begin_anew(struct schedule_memory *memory, int64_t unix_ms, struct schedule_turn *turn)
{
    int64_t back_ms = memory->seen_ms - unix_ms;
    if (memory->seen_ms && back_ms <= 0)
        return 0;
    turn->is_changed = 1;
    if (memory->seen_ms && back_ms <= SCHEDULE_BACK_MAX_MS) {
        memory->seen_ms = unix_ms;
        return 1;
    }
    if (memory->seen_ms)
        turn->back_ms = back_ms;
    *memory = (struct schedule_memory){.seen_ms = unix_ms, .fired_ms = unix_ms};
    return 1;
}

void
schedule_turn(const struct schedule *self, struct schedule_memory *memory, int64_t unix_ms,
              struct schedule_turn *turn)
{
    *turn = (struct schedule_turn){0};
    int64_t due_ms = TIMETABLE_NEVER;
    if (!begin_anew(memory, unix_ms, turn))
        due_ms = last_due(self, memory, unix_ms);
    if (due_ms != TIMETABLE_NEVER) {
        int64_t late_max_ms = self->window_ms ? self->window_ms : SCHEDULE_LATE_MS;
        int is_missed = unix_ms - due_ms >= late_max_ms;
        turn->is_changed = 1;
        turn->planned_ms = due_ms;
        if (!is_missed || self->missed == SCHEDULE_ONCE)
            fire(self, due_ms, unix_ms, is_missed, turn);
        count_missed(self, memory, due_ms, turn);
        if (turn->fires)
            remember_fired(self, memory, due_ms);
    }
    memory->seen_ms = unix_ms;
    turn->next_ms = schedule_next(self, memory, unix_ms);
}

int64_t
schedule_delay(const struct database *database, int64_t spread_ms)
{
    if (spread_ms <= 0)
        return 0;
    CLEAN(digest_destroy) digest_t *digest = digest_new();
    uint8_t sum[DIGEST_SIZE];
    digest_add(digest, database->provider, strlen(database->provider) + 1);
    digest_add(digest, database->resource_id, strlen(database->resource_id));
    digest_end(digest, sum);
    uint64_t number = 0;
    memcpy(&number, sum, sizeof number);
    return (int64_t)(number % (uint64_t)spread_ms);
}

int64_t
schedule_due(const struct schedule *self, const struct database *database, int64_t planned_ms)
{
    int64_t since_ms = larger(database->standing.good_ms, database->standing.tried_ms);
    if (!since_ms)
        since_ms = database->first_seen_ms;
    return smaller(timetable_next(self->timetable, since_ms), planned_ms);
}

size_t
schedule_list(const struct schedule *schedules, size_t count, int64_t after_unix_ms,
              struct schedule_entry *entries, size_t max)
{
    CLEAN(memory_free) int64_t *next_ms = memory_get(count * sizeof *next_ms);
    for (size_t index = 0; index < count; index++)
        next_ms[index] = timetable_next(schedules[index].timetable, after_unix_ms);
    for (size_t found = 0; found < max; found++) {
        size_t first = 0;
        for (size_t index = 1; index < count; index++) {
            if (next_ms[index] < next_ms[first])
                first = index;
        }
        if (count == 0 || next_ms[first] == TIMETABLE_NEVER)
            return found;
        entries[found] = (struct schedule_entry){first, next_ms[first]};
        next_ms[first] = timetable_next(schedules[first].timetable, next_ms[first]);
    }
    return max;
}
