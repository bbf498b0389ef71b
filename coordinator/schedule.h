// A policy's schedule: which of its firings happens now. No clock and no memory of its own: the
// caller says what time it is (UTC) and keeps a record for each policy in the catalog.
//
// A firing is known by the time that it is planned for. Whatever happens to the coordinator and to
// the clock, each planned firing is fired once or told as missed:
// - A restart finds the record. It must be kept in the transaction that makes the firing's run.
// - After a downtime, and after a step forward, several are due at once. The last of them fires if
//   its window is still open (without a window: if it is less than SCHEDULE_LATE_MS late), or if
//   the policy says `once`; the others are missed.
// - A step back of up to SCHEDULE_BACK_MAX_MS fires nothing twice, and what was called missed in
//   the time that is to come again fires then. (Of several such times, the last is remembered.)
// - A step back by more means that the clock was wrong before: what was fired for a time that is
//   yet to come counts for nothing, and fires again at its time. Rather a backup too many.
// A policy that is new fires from then on, nothing of before; so the record of one that was taken
// out of the configuration is to be forgotten. A firing takes the place of the one before it: what
// that has not started, the new one has a job for.
//
//     struct schedule_turn turn;
//     schedule_turn(&schedule, &memory, unix_ms, &turn);
//     if (turn.fires)  // for each database, with turn.closes_ms as the end of its window
//         job->not_before_ms = turn.start_ms + schedule_delay(database, turn.spread_ms);
//     if (turn.is_changed)  // keep the memory, together with the run

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "coordinator/record.h"
#include "coordinator/timetable.h"

enum {
    SCHEDULE_LATE_MS = 3600000,
    SCHEDULE_BACK_MAX_MS = 3 * 3600000,
    SCHEDULE_MISSED_MAX = 1000,  // more are not counted
};

enum schedule_missed { SCHEDULE_SKIP, SCHEDULE_ONCE };

struct schedule {
    const timetable_t *timetable;  // lent
    int64_t window_ms;             // 0 = until the next firing
    int64_t spread_ms;
    enum schedule_missed missed;
};

// All 0 for a policy that was never asked for.
struct schedule_memory {
    int64_t seen_ms;   // until when all that was planned has been decided
    int64_t fired_ms;  // until when all that was planned was fired, but for
    int64_t skipped_after_ms, skipped_until_ms;  // what was planned in between
};

struct schedule_turn {
    int fires, is_changed;
    int64_t planned_ms;  // the firing; also if it is the last of those missed
    int64_t start_ms;    // from when its jobs may start
    int64_t closes_ms;   // when what was not started is left to the next firing
    int64_t spread_ms;   // over which its jobs are spread, well within the window
    size_t missed;       // how many firings were not fired
    int64_t missed_first_ms;
    int64_t back_ms;  // by how much the clock went back, if that was too much; a window that is
                      // open has an end that means nothing any more: it closes
    int64_t next_ms;  // the next firing; TIMETABLE_NEVER if there is none
};

void schedule_turn(const struct schedule *self, struct schedule_memory *memory, int64_t unix_ms,
                   struct schedule_turn *turn);

// When a firing is next due, as far as is known after `after_unix_ms`.
int64_t schedule_next(const struct schedule *self, const struct schedule_memory *memory,
                      int64_t after_unix_ms);

// The wait of a database within a spread: always the same, evenly spread over all databases.
int64_t schedule_delay(const struct database *database, int64_t spread_ms);

// Since when a database has been due at a firing: from the first firing after a backup of it ended,
// well or failed (or, without one, after it was first seen), which is this one unless others left
// it. So a database that fails each night, and takes long to do so, is not before all others.
int64_t schedule_due(const struct schedule *self, const struct database *database,
                     int64_t planned_ms);

struct schedule_entry {
    size_t index;  // of the schedule
    int64_t planned_ms;
};

// The next `max` firings of all schedules after a moment, in order. Returns how many there are.
size_t schedule_list(const struct schedule *schedules, size_t count, int64_t after_unix_ms,
                     struct schedule_entry *entries, size_t max);
