#include "coordinator/taker.h"

#include <stdio.h>

struct worker *
taker_best(fleet_t *fleet, const struct placement_need *need, taker_may_fn *may, void *context)
{
    struct worker *best = NULL;
    char reason[PLACEMENT_REASON_SIZE];
    for (struct worker *worker = fleet_first(fleet); worker; worker = fleet_next(fleet)) {
        if (worker_free(worker) > (best ? worker_free(best) : 0) && may(context, worker) &&
            placement_fits(need, worker->hello->ready, reason))
            best = worker;
    }
    return best;
}

struct worker *
taker_nearest(fleet_t *fleet, const struct placement_need *need, taker_may_fn *may, void *context)
{
    struct worker *best = NULL;
    int best_nearness = -1;
    for (struct worker *worker = fleet_first(fleet); worker; worker = fleet_next(fleet)) {
        int nearness = placement_nearness(need, worker->hello->ready);
        if (worker_free(worker) == 0 || nearness < best_nearness || !may(context, worker) ||
            (nearness == best_nearness && worker_free(worker) <= worker_free(best)))
            continue;
        best = worker;
        best_nearness = nearness;
    }
    return best;
}

int
taker_is_unfit(const struct worker *worker, const struct placement_need *need,
               char why[PLACEMENT_REASON_SIZE])
{
    if (!worker->draining)
        return !placement_fits(need, worker->hello->ready, why);
    snprintf(why, PLACEMENT_REASON_SIZE, "it is draining");
    return 1;
}

int
taker_is_there(fleet_t *fleet, const struct placement_need *need,
               char reason[PLACEMENT_REASON_SIZE])
{
    snprintf(reason, PLACEMENT_REASON_SIZE, "no worker is connected");
    for (struct worker *worker = fleet_first(fleet); worker; worker = fleet_next(fleet)) {
        char why[PLACEMENT_REASON_SIZE];
        if (!taker_is_unfit(worker, need, why))
            return 1;
        snprintf(reason, PLACEMENT_REASON_SIZE, "worker '%.64s': %.160s", worker_name(worker), why);
    }
    return 0;
}
