#include "coordinator/promise.h"

#include <inttypes.h>
#include <string.h>

enum { HOUR_MS = 60 * 60 * 1000, MINUTE_MS = 60 * 1000, FIRINGS_MAX = 600 };

// 2028-01-01 00:00:00 UTC: a leap year begins.
static const int64_t check_from_ms = 1830297600000;

static const char *const names[PROMISE_STATES] = {
    [PROMISE_GONE] = "gone",
    [PROMISE_OPTED_OUT] = "opted out",
    [PROMISE_UNMATCHED] = "unmatched",
    [PROMISE_TIE] = "tie",
    [PROMISE_NONE] = "no promise",
    [PROMISE_KEPT] = "kept",
    [PROMISE_WAITING] = "waiting",
    [PROMISE_LAPSED] = "lapsed",
    [PROMISE_OVERDUE] = "overdue",
    [PROMISE_UNPROTECTED] = "unprotected",
    [PROMISE_LAPSED_OFFSITE] = "lapsed off-site",
    [PROMISE_OVERDUE_OFFSITE] = "overdue off-site",
};

const char *
promise_state_name(enum promise_state state)
{
    return names[state];
}

int
promise_is_broken(enum promise_state state)
{
    return state >= PROMISE_LAPSED && state < PROMISE_STATES;
}

// ---- judging

static int64_t
age(int64_t made_ms, int64_t unix_ms)
{
    return unix_ms > made_ms ? unix_ms - made_ms : 0;
}

static int
is_recent(int64_t then_ms, int64_t unix_ms)
{
    return then_ms > unix_ms - PROMISE_RECENT_MS;
}

// Whether a set kept the promise at some time of the last day.
static int
was_kept(int64_t made_ms, int64_t promise_ms, int64_t unix_ms)
{
    return made_ms > 0 && is_recent(made_ms + promise_ms, unix_ms);
}

// The state by one's own promise alone, of what has a policy that promises something.
static enum promise_state
judge_good(const struct database *database, int64_t unix_ms, const struct promise_verdict *verdict)
{
    int64_t made_ms = database->standing.good_ms;
    int64_t lost_ms = database->standing.lost_ms;
    if (!verdict->good_due_ms || unix_ms <= verdict->good_due_ms)
        return made_ms || !verdict->good_due_ms ? PROMISE_KEPT : PROMISE_WAITING;
    if (was_kept(made_ms, database->assignment.good_ms, unix_ms) ||
        (lost_ms > 0 && is_recent(lost_ms, unix_ms)))
        return PROMISE_LAPSED;
    return made_ms ? PROMISE_OVERDUE : PROMISE_UNPROTECTED;
}

static enum promise_state
judge_offsite(const struct database *database, int64_t unix_ms,
              const struct promise_verdict *verdict)
{
    int64_t made_ms = database->standing.offsite_ms;
    if (!verdict->offsite_due_ms || unix_ms <= verdict->offsite_due_ms)
        return made_ms || !verdict->offsite_due_ms ? PROMISE_KEPT : PROMISE_WAITING;
    return was_kept(made_ms, database->assignment.offsite_ms, unix_ms) ? PROMISE_LAPSED_OFFSITE
                                                                       : PROMISE_OVERDUE_OFFSITE;
}

static enum promise_state
judge_policy(const struct database *database)
{
    const struct assignment *assignment = &database->assignment;
    if (database->gone_ms)
        return PROMISE_GONE;
    if (strcmp(assignment->outcome, names[PROMISE_OPTED_OUT]) == 0)
        return PROMISE_OPTED_OUT;
    if (strcmp(assignment->outcome, names[PROMISE_TIE]) == 0)
        return PROMISE_TIE;
    if (strcmp(assignment->outcome, "selected") != 0 && strcmp(assignment->outcome, "tagged") != 0)
        return PROMISE_UNMATCHED;
    return assignment->good_ms || assignment->offsite_ms ? PROMISE_KEPT : PROMISE_NONE;
}

void
promise_judge(const struct database *database, int64_t unix_ms, struct promise_verdict *verdict)
{
    const struct standing *there = &database->standing;
    const struct assignment *promised = &database->assignment;
    int64_t good_from_ms = there->good_ms ? there->good_ms : database->first_seen_ms;
    int64_t offsite_from_ms = there->offsite_ms ? there->offsite_ms : database->first_seen_ms;
    *verdict = (struct promise_verdict){
        .state = judge_policy(database),
        .good_age_ms = age(good_from_ms, unix_ms),
        .offsite_age_ms = age(offsite_from_ms, unix_ms),
    };
    if (verdict->state != PROMISE_KEPT)
        return;
    verdict->good_due_ms = promised->good_ms ? good_from_ms + promised->good_ms : 0;
    verdict->offsite_due_ms = promised->offsite_ms ? offsite_from_ms + promised->offsite_ms : 0;
    enum promise_state good = judge_good(database, unix_ms, verdict);
    enum promise_state offsite = judge_offsite(database, unix_ms, verdict);
    if (promise_is_broken(good) || (good == PROMISE_WAITING && !promise_is_broken(offsite)))
        verdict->state = good;
    else
        verdict->state = offsite;
    if (promise_is_broken(verdict->state))
        verdict->due_ms = promise_is_broken(good) ? verdict->good_due_ms : verdict->offsite_due_ms;
}

// ---- what a schedule can keep

static int
too_short(int64_t promise_ms, int64_t gap_ms, struct error *error)
{
    return error_set(error, ERROR_CONFIG,
                     "%" PRId64 " h %" PRId64
                     " min cannot be kept: the schedule fires every %" PRId64 " h %" PRId64
                     " min at most; promise more than that and what a backup takes, "
                     "or fire more often",
                     promise_ms / HOUR_MS, promise_ms % HOUR_MS / MINUTE_MS, gap_ms / HOUR_MS,
                     gap_ms % HOUR_MS / MINUTE_MS);
}

int
promise_check(const timetable_t *timetable, int64_t promise_ms, int64_t *gap_ms,
              struct error *error)
{
    int64_t shortest_ms = INT64_MAX, longest_ms = 0;
    int64_t last_ms = timetable_next(timetable, check_from_ms);
    for (int count = 0; count < FIRINGS_MAX && last_ms != TIMETABLE_NEVER; count++) {
        int64_t next_ms = timetable_next(timetable, last_ms);
        if (next_ms == TIMETABLE_NEVER)
            break;
        int64_t between_ms = next_ms - last_ms;
        shortest_ms = between_ms < shortest_ms ? between_ms : shortest_ms;
        longest_ms = between_ms > longest_ms ? between_ms : longest_ms;
        last_ms = next_ms;
    }
    if (longest_ms && promise_ms <= shortest_ms)
        return too_short(promise_ms, shortest_ms, error);
    *gap_ms = promise_ms <= longest_ms ? longest_ms : 0;
    return 0;
}
