// A point in time of one database: a transaction of ours that exports its snapshot for pg_dump and
// answers what the database holds at that point. Lives until the dump has ended.

#pragma once

#include <stdint.h>

#include "worker/engine/postgres.h"

struct postgres_snapshot {
    postgres_t *keeper;
    char name[64];      // for --snapshot; "": the server cannot export one
    char why_not[256];  // what it said then
    char position[32];  // "0/1A2B3C4D"; "": the server does not tell
    int64_t unix_ms;    // by the server's clock
    int in_recovery;    // a standby
};

// Opens the keeper, which sees what is there at each of its statements.
int postgres_snapshot_open(struct postgres_snapshot *self, const struct server *server,
                           const char *database, struct error *error);

// Begins its transaction, which sees nothing yet: what it locks now stays as it is from before the
// point on.
int postgres_snapshot_begin(struct postgres_snapshot *self, struct error *error);

// Fixes the point: now.
int postgres_snapshot_fix(struct postgres_snapshot *self, struct error *error);

// All three. Fails as postgres_open does.
int postgres_snapshot_take(struct postgres_snapshot *self, const struct server *server,
                           const char *database, struct error *error);
void postgres_snapshot_release(struct postgres_snapshot *self);
