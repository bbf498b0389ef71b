// The needs of the board's jobs: what they need of a worker, once for all jobs that need the same,
// and whether a connected worker could take them. A part of board; others read the records. No I/O,
// no clock.

#pragma once

#include "coordinator/taker.h"

struct need {
    char *text;          // placement_print's
    char *store;         // that it names; "" = none
    int has_open_store;  // its worker's first store is used
    int is_check;        // which goes to a worker that does not fit rather than to none
    size_t jobs;         // that need it
    size_t waiting;      // of them, when they were judged last: may start and have no worker
    int is_unfit;        // no connected worker could take them
    int is_told;         // the caller's: somebody was told that it is unfit
    char reason[TAKER_REASON_SIZE];  // why, if it is unfit
};

typedef struct needs needs_t;

needs_t *needs_new(void);
void needs_destroy(needs_t **self_p);

// The record of a need, made if no job needs that yet.
struct need *needs_hold(needs_t *self, const struct placement_need *need, int is_check);
void needs_drop(needs_t *self, struct need **need_p);  // NULL is nothing

// Looks which of them a connected worker could take; none waits then.
void needs_judge(needs_t *self, fleet_t *fleet);

struct need *needs_first(needs_t *self);
struct need *needs_next(needs_t *self);
