// Retention: which sets of one database may go, which stay, and why, in a sentence each. No I/O and
// no clock.
//
// Rules add up: a set stays if any of them keeps it. By count (the last so many), by age (all that
// are younger), and one of each of the last so many days, weeks, months and years that have one:
// the newest good one of each. Without any rule all sets stay. What holds whatever the rules say:
//
//   - the last good set of a database never goes, and while there is no good one nothing does;
//   - what is pinned stays;
//   - what is not off-site yet stays, if the policy wants that, and so does the last good set that
//     is;
//   - sets of a database that is gone stay, unless the rules say that they may go as others do.
//
// Sets that are not good count for no rule but age. Days are those of a time zone; weeks begin on
// Monday.
//
//     struct retention_rules rules = {.last = 3, .daily = 7, .weekly = 5, .monthly = 12};
//     retention_judge(&rules, zone, sets, count, now_ms, verdicts);

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "coordinator/zone.h"

enum { RETENTION_REASON_SIZE = 160 };

struct retention_rules {
    int64_t last;  // 0 = no such rule, as all of these
    int64_t younger_ms;
    int64_t daily, weekly, monthly, yearly;
    int is_offsite_wanted;
    int is_database_gone;
    int may_go_when_gone;
};

struct retention_set {
    int64_t id, created_ms;  // UTC
    int is_good, is_pinned, is_offsite;
};

struct retention_verdict {
    int64_t id;
    int may_go;
    char reason[RETENTION_REASON_SIZE];  // "kept: ..." or "goes: ..."
};

// The sets of one database in any order; verdicts in the order of the sets.
void retention_judge(const struct retention_rules *rules, const zone_t *zone,
                     const struct retention_set *sets, size_t count, int64_t now_ms,
                     struct retention_verdict *verdicts);
