// A policy: which databases are protected, when and how. A plain record, made by policy_config from
// the configuration; policies.h says which one a database has. No I/O.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "coordinator/criteria.h"
#include "coordinator/record.h"
#include "coordinator/retention.h"
#include "coordinator/schedule.h"
#include "coordinator/wanted.h"
#include "coordinator/what.h"

// Texts are owned and never NULL; "" and 0 = nothing said.
struct policy {
    char *name;
    struct criteria *select;  // NULL: no database but those whose tag names it
    uint64_t specificity;
    int64_t precedence;
    int is_selectable, may_opt_out;

    char *cron, *zone;         // as written
    timetable_t *timetable;    // NULL: only when an operator asks
    struct schedule schedule;  // over the timetable

    // How. Of what nothing is said the coordinator's section `backup` decides.
    char *store, *tool;
    int password_hashes;  // -1 = nothing said
    int64_t time_limit_ms;
    int64_t priority, jobs;  // jobs at once
    struct wanted workers;   // with what `placement` says of other labels

    // How old the newest good set may be, and the newest that is off-site; 0 = nothing is promised.
    int64_t promise_good_ms, promise_offsite_ms;
    int64_t gap_ms;       // the longest time between two firings, if that is more than is promised
    struct what what;     // of a database
    int64_t connections;  // to a source at once
    int64_t range_bytes;  // of rows, that our own readers put into a file
    struct jump_rules alarm;  // which new set is told

    // Which sets go, in days of `zone`; without a rule none does.
    struct retention_rules retention;
    zone_t *retention_zone;  // NULL without a rule
    int64_t snapshot_days;   // how long snapshots that cover its sets are kept

    char digest[DIGEST_HEX_SIZE];  // of all of this, in a canonical form
};

struct policy *policy_new(const char *name);
void policy_destroy(struct policy **self_p);

// Fills in specificity and digest from the rest.
void policy_seal(struct policy *self);

// Whether it says what may not be meant: why, for people.
enum { POLICY_DOUBT_SIZE = 384 };
int policy_doubt(const struct policy *self, char text[POLICY_DOUBT_SIZE]);
