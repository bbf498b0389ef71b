// The line-up: the board's jobs as the queue has them, which says what starts next within all
// limits. A part of board; nobody else calls it.
//
// Jobs that are queued are put into line when the next one is picked, since only then the time is
// known; until then they are new. A job that ran when the coordinator was started counts at once,
// its worker's name and labels and a store that it left open only when that worker is back: until
// then nobody gets a job who could break a limit by it.

#pragma once

#include "coordinator/board.h"

typedef struct lineup lineup_t;

lineup_t *lineup_new(int64_t wait_max_ms);  // as board_new
void lineup_destroy(lineup_t **self_p);     // no job may be left
quota_t *lineup_quota(lineup_t *self);
queue_t *lineup_queue(lineup_t *self);

// What time it is, for what ends before the next pick.
void lineup_set_time(lineup_t *self, int64_t now_ms);

// A job came, or its state or is_held has changed.
void lineup_follow(lineup_t *self, struct board_job *job);

// A job leaves the board.
void lineup_leave(lineup_t *self, struct board_job *job);

// The worker of a running job is known (again).
void lineup_place(lineup_t *self, struct board_job *job, const struct worker *worker);

// Starts the next job. Returns 1, or 0 if none may start.
int lineup_pick(lineup_t *self, fleet_t *fleet, int64_t now_ms, int64_t unix_ms, int64_t *id,
                struct worker **worker);

// As queue_why.
int lineup_why(lineup_t *self, const struct board_job *job, char reason[QUEUE_REASON_SIZE]);
