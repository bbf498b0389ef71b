// A policy: which databases are protected, what of them, when and how well. A plain record, made by
// policy_config from the configuration; policies.h says which one a database has. No I/O.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "coordinator/criteria.h"
#include "coordinator/schedule.h"

enum policy_source { POLICY_PRIMARY, POLICY_READER, POLICY_REPLICA, POLICY_SOURCES };
enum policy_tls { POLICY_TLS_VERIFIED, POLICY_TLS_UNVERIFIED, POLICY_TLS_NONE, POLICY_TLS_KINDS };

struct policy_texts {
    char **items;
    size_t count;
};

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

    // What of a database. Patterns are "SCHEMA" and "SCHEMA.TABLE".
    struct policy_texts include_schemas, exclude_schemas, include_tables, exclude_tables;
    struct policy_texts tables_without_data;

    // How.
    char *store, *tool, *secret;
    struct policy_texts option_names, option_values;  // of the tool, by name
    enum policy_source read_from;
    enum policy_tls tls;
    int password_hashes;
    int64_t read_bytes_per_second, connections, time_limit_ms;
    int64_t priority, jobs;  // jobs at once

    // The promise: how old the last good set, and the last off-site set, may be.
    int64_t good_age_ms, offsite_age_ms;

    char digest[DIGEST_HEX_SIZE];  // of all of this, in a canonical form
};

struct policy *policy_new(const char *name);
void policy_destroy(struct policy **self_p);
void policy_add_text(struct policy_texts *texts, const char *text);

// Fills in specificity and digest from the rest.
void policy_seal(struct policy *self);
