// The point in time at which our own reader reads one database: a snapshot, and all tables locked
// from before it on, so that none can be emptied, changed in its form or dropped between the point
// and its last row. (A snapshot alone does not see to that: TRUNCATE and some kinds of ALTER TABLE
// leave nothing for older snapshots.)
//
// Its session, the keeper, holds both. It is watched: when it dies, what was read is not known to
// be of one point.

#pragma once

#include "worker/engine/postgres_snapshot.h"
#include "worker/engine/postgres_tables.h"

enum { POSTGRES_ENCODING_SIZE = 32 };

struct postgres_point {
    struct postgres_snapshot snapshot;
    struct postgres_tables tables;          // as of the point; their names until they are read
    char encoding[POSTGRES_ENCODING_SIZE];  // the database's: the keeper speaks it
};

// lock_wait_ms: how long to wait for a table; 0: a minute.
// ERROR_CONFIG: the server cannot share a snapshot; ERROR_BUSY: a table was being changed; else as
// postgres_open.
int postgres_point_take(struct postgres_point *self, const struct server *server,
                        const char *database, int64_t lock_wait_ms, struct error *error);

// All about the tables, which takes its time if there are thousands.
int postgres_point_read(struct postgres_point *self, struct error *error);
void postgres_point_release(struct postgres_point *self);

// Is the keeper still there? ERROR_UNAVAILABLE if not.
int postgres_point_check(struct postgres_point *self, struct error *error);
