// Takers: which workers of a fleet can take a job of a need. No I/O, no clock.

#pragma once

#include "coordinator/fleet.h"
#include "coordinator/placement.h"

// Whether a worker may be given a job at all, besides fitting and having a free slot.
typedef int taker_may_fn(void *context, const struct worker *worker);

enum { TAKER_REASON_SIZE = 1024 };

// The worker that fits and may, with most of the labels that are preferred, and among those with
// the most free slots; NULL if there is none. One that is to be avoided only if no other fits.
struct worker *taker_best(fleet_t *fleet, const struct placement_need *need, taker_may_fn *may,
                          void *context);

// The one that comes nearest to fitting, fit or not; of equally near ones by free slots.
struct worker *taker_nearest(fleet_t *fleet, const struct placement_need *need, taker_may_fn *may,
                             void *context);

// Whether any would take it if it were idle; one that drains would not.
int taker_is_there(fleet_t *fleet, const struct placement_need *need);

// The same, but for the worker of that instance.
int taker_is_there_without(fleet_t *fleet, const struct placement_need *need, const char *avoided);

// Which would: "worker 'a', 'b' and 3 more"; "" = none.
void taker_list(fleet_t *fleet, const struct placement_need *need, char names[TAKER_REASON_SIZE]);

// Why none would, worker by worker, those of one reason together: "worker 'a', 'b': it is draining;
// worker 'c': ...". Of many the rest is counted.
void taker_explain(fleet_t *fleet, const struct placement_need *need,
                   char reason[TAKER_REASON_SIZE]);

// Why this worker would not take it, even when it is idle; 0 if it would.
int taker_is_unfit(const struct worker *worker, const struct placement_need *need,
                   char why[PLACEMENT_REASON_SIZE]);
