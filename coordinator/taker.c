#include "coordinator/taker.h"

#include <stdio.h>
#include <string.h>

enum { REASONS_MAX = 4, NAMES_SIZE = 160, REASON_SHOWN = 200 };

// Whether a worker that fits as well is better.
static int
is_better(const struct placement_need *need, const struct worker *worker, const struct worker *best)
{
    if (!best)
        return 1;
    unsigned preference = placement_preference(need, worker->hello->ready);
    unsigned other = placement_preference(need, best->hello->ready);
    return preference != other ? preference > other : worker_free(worker) > worker_free(best);
}

static int
is_avoided(const struct placement_need *need, const struct worker *worker)
{
    return need->avoided && *need->avoided && strcmp(need->avoided, worker_instance(worker)) == 0;
}

// Whether one that need not be avoided would take it, now or when it has a free slot.
static int
has_other(fleet_t *fleet, const struct placement_need *need)
{
    char why[PLACEMENT_REASON_SIZE];
    if (!need->avoided || !*need->avoided)
        return 0;
    for (struct worker *worker = fleet_first(fleet); worker; worker = fleet_next(fleet)) {
        if (!worker->gone && !is_avoided(need, worker) && !taker_is_unfit(worker, need, why))
            return 1;
    }
    return 0;
}

struct worker *
taker_best(fleet_t *fleet, const struct placement_need *need, taker_may_fn *may, void *context)
{
    struct worker *best = NULL;
    char reason[PLACEMENT_REASON_SIZE];
    int must_avoid = has_other(fleet, need);
    for (struct worker *worker = fleet_first(fleet); worker; worker = fleet_next(fleet)) {
        if (must_avoid && is_avoided(need, worker))
            continue;
        if (worker_free(worker) > 0 && is_better(need, worker, best) &&
            placement_fits(need, worker->hello->ready, reason) && may(context, worker))
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
taker_is_there_without(fleet_t *fleet, const struct placement_need *need, const char *avoided)
{
    struct placement_need other = *need;
    other.avoided = avoided;
    return has_other(fleet, &other);
}

int
taker_is_there(fleet_t *fleet, const struct placement_need *need)
{
    char why[PLACEMENT_REASON_SIZE];
    for (struct worker *worker = fleet_first(fleet); worker; worker = fleet_next(fleet)) {
        if (!worker->gone && !taker_is_unfit(worker, need, why))
            return 1;
    }
    return 0;
}

// ---- why there is none

// Workers of one reason, or of none.
struct unfit {
    char why[PLACEMENT_REASON_SIZE], names[NAMES_SIZE];
    size_t count, unnamed;
};

static void
add_name(struct unfit *unfit, const char *name)
{
    size_t length = strlen(unfit->names);
    int room = (int)(NAMES_SIZE - length);
    unfit->count++;
    if (snprintf(unfit->names + length, (size_t)room, "%s'%.64s'", length ? ", " : "", name) < room)
        return;
    unfit->names[length] = '\0';
    unfit->unnamed++;
}

// Returns whether there was room for its reason.
static int
add_unfit(struct unfit unfits[REASONS_MAX], const struct worker *worker, const char *why)
{
    size_t index = 0;
    while (index < REASONS_MAX && unfits[index].count && strcmp(unfits[index].why, why) != 0)
        index++;
    if (index == REASONS_MAX)
        return 0;
    snprintf(unfits[index].why, PLACEMENT_REASON_SIZE, "%s", why);
    add_name(&unfits[index], worker_name(worker));
    return 1;
}

static void
print_names(const struct unfit *unfit, char text[TAKER_REASON_SIZE])
{
    char more[40] = "";
    size_t length = strlen(text);
    if (unfit->unnamed)
        snprintf(more, sizeof more, " and %zu more", unfit->unnamed);
    snprintf(text + length, TAKER_REASON_SIZE - length, "%sworker %s%s", length ? "; " : "",
             unfit->names, more);
}

static void
print_unfit(const struct unfit *unfit, char reason[TAKER_REASON_SIZE])
{
    print_names(unfit, reason);
    size_t length = strlen(reason);
    snprintf(reason + length, TAKER_REASON_SIZE - length, ": %.*s", REASON_SHOWN, unfit->why);
}

void
taker_list(fleet_t *fleet, const struct placement_need *need, char names[TAKER_REASON_SIZE])
{
    struct unfit fit = {0};
    char why[PLACEMENT_REASON_SIZE];
    *names = '\0';
    for (struct worker *worker = fleet_first(fleet); worker; worker = fleet_next(fleet)) {
        if (!worker->gone && !taker_is_unfit(worker, need, why))
            add_name(&fit, worker_name(worker));
    }
    if (fit.count)
        print_names(&fit, names);
}

void
taker_explain(fleet_t *fleet, const struct placement_need *need, char reason[TAKER_REASON_SIZE])
{
    struct unfit unfits[REASONS_MAX] = {0};
    size_t others = 0;
    char why[PLACEMENT_REASON_SIZE];
    *reason = '\0';
    for (struct worker *worker = fleet_first(fleet); worker; worker = fleet_next(fleet)) {
        if (!worker->gone && taker_is_unfit(worker, need, why))
            others += !add_unfit(unfits, worker, why);
    }
    for (size_t index = 0; index < REASONS_MAX && unfits[index].count; index++)
        print_unfit(&unfits[index], reason);
    size_t length = strlen(reason);
    if (length == 0)
        snprintf(reason, TAKER_REASON_SIZE, "no worker is connected");
    else if (others)
        snprintf(reason + length, TAKER_REASON_SIZE - length,
                 "; and %zu more workers for other reasons", others);
}
