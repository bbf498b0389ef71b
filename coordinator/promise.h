// The promise of a policy, held against what there is of a database: how old the newest good set
// may be, and the newest one that is off-site. No I/O, no clock.
//
// What counts is the age of a set, from when it was made; without one the age of the database, from
// when it was first told of. A promise is broken for as long as the age is more than promised,
// whatever the reason: a database that is stopped, cannot be backed up or whose account does not
// answer (stale) is as unprotected as one whose backup failed. Nothing is promised of a database
// that is gone, that has no policy, or whose owner opted out: those are states of their own.
//
//     struct promise_verdict verdict;
//     promise_judge(database, unix_ms, &verdict);
//     if (promise_is_broken(verdict.state))
//         ... since verdict.due_ms
//
// The views and lists of the catalog say the same in SQL (catalog/schema_promise.h);
// test_catalog_promise.c holds the two against each other.

#pragma once

#include <stdint.h>

#include "common/error.h"
#include "coordinator/record.h"
#include "coordinator/timetable.h"

enum { PROMISE_RECENT_MS = 24 * 60 * 60 * 1000 };

enum promise_state {          // from PROMISE_NONE on a policy has it
    PROMISE_GONE,             // its provider does not list it any more
    PROMISE_OPTED_OUT,        // by its owner's tag
    PROMISE_UNMATCHED,        // no policy has it, or it is not known yet which
    PROMISE_TIE,              // two policies could have it
    PROMISE_NONE,             // its policy promises nothing
    PROMISE_KEPT,             // all that is promised is there
    PROMISE_WAITING,          // there is no such set yet, but it is not due either
    PROMISE_LAPSED,           // the newest good set is too old; within the last day it was not
    PROMISE_OVERDUE,          // the same for longer than a day
    PROMISE_UNPROTECTED,      // there is no good set, for longer than promised
    PROMISE_LAPSED_OFFSITE,   // good sets are as promised, those off-site lapsed
    PROMISE_OVERDUE_OFFSITE,  // ... are overdue, or there is none
    PROMISE_STATES,
};

struct promise_verdict {
    enum promise_state state;
    int64_t good_age_ms, offsite_age_ms;  // never negative
    int64_t good_due_ms, offsite_due_ms;  // when the promise is, or was, broken unless there is a
                                          // new set; 0 = nothing is promised
    int64_t due_ms;                       // of a broken promise: since when; else 0
};

void promise_judge(const struct database *database, int64_t unix_ms,
                   struct promise_verdict *verdict);

// Whether the state is one of those of a broken promise: lapsed to overdue off-site.
int promise_is_broken(enum promise_state state);

const char *promise_state_name(enum promise_state state);  // "kept", "overdue off-site", ...

// Whether a schedule can keep a promise of so many milliseconds: sets are no younger than the time
// between two firings. ERROR_CONFIG if no firing follows another so soon. If only some firings are
// further apart (over a weekend, say), returns 0 and sets *gap_ms to the longest time between two;
// else to 0. The answer is the same on any day.
int promise_check(const timetable_t *timetable, int64_t promise_ms, int64_t *gap_ms,
                  struct error *error);
