// What a PostgreSQL database holds that matters to how it is backed up, at a point in time, and
// what of it a set goes without.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/postgres_snapshot.h"

struct postgres_contents {
    int64_t tables;
    int64_t mappings, readable_mappings;
    int64_t foreign_tables;
    int64_t unlogged_tables;
    int64_t subscriptions;
};

// Fails as postgres_query.
int postgres_contents_read(struct postgres_contents *self, postgres_t *postgres,
                           struct error *error);

// Are there passwords in user mappings that the policy does not want?
int postgres_contents_must_hide(const struct postgres_contents *self,
                                const struct backup_options *options);

// Tells the sink of the database, its point in time and what is left out.
void postgres_contents_report(const struct postgres_contents *self, const struct sink *sink,
                              const struct backup_options *options, const char *database,
                              const struct postgres_snapshot *snapshot);
