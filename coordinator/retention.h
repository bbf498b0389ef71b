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
// Sets that are not good count for no rule but age, and stay for a time of their own: somebody may
// want to see what became of them. Days are those of a time zone; weeks begin on Monday.
//
// A person may name a set: then no rule keeps it, nor that its database is gone; all else holds.
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
    int64_t unsound_ms;  // how long sets that are not good stay at least
    int is_offsite_wanted;
    int is_database_gone;
    int may_go_when_gone;
};

struct retention_set {
    int64_t id, created_ms;  // UTC
    int is_good, is_pinned, is_offsite;
    int is_used;    // a restore or a verification of it is queued or runs
    int is_locked;  // its store did not let go of it, and it is not time to try again
};

struct retention_verdict {
    int64_t id;
    int may_go;
    char reason[RETENTION_REASON_SIZE];  // "kept: ..." or "goes: ..."
};

// Whether there is a rule that lets sets go at all.
int retention_has_rules(const struct retention_rules *rules);

// "the last 3, all of 30 days, 7 daily; off-site first": the rules for people; "" = no set goes.
enum { RETENTION_TEXT_SIZE = 384 };
void retention_print(const struct retention_rules *rules, char text[RETENTION_TEXT_SIZE]);

// The sets of one database in any order; verdicts in the order of the sets. zone NULL: UTC.
void retention_judge(const struct retention_rules *rules, const zone_t *zone,
                     const struct retention_set *sets, size_t count, int64_t now_ms,
                     struct retention_verdict *verdicts);

// The same of one of them that a person named.
void retention_judge_named(const struct retention_rules *rules, const struct retention_set *sets,
                           size_t count, size_t named, struct retention_verdict *verdict);
