// The sessions that read a database's shares, longest first, while the point is watched.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/postgres_definitions.h"
#include "worker/engine/postgres_plan.h"
#include "worker/engine/postgres_point.h"

struct postgres_crew_job {
    const struct server *server;
    const struct backup_options *options;  // the read limit
    const struct sink *sink;
    const char *database;
    struct postgres_point *point;  // its keeper is asked for a sign of life
    const struct postgres_plan *plan;
    size_t sessions;  // at most, with pg_dump's while that runs

    // Whose failure ends the reading, too; lent. Where there is one session alone, or the server is
    // watched (pg_dump would be a load of others'), their end is waited for.
    postgres_definitions_t *definitions;
};

typedef struct postgres_crew postgres_crew_t;

// Opens the sessions. From now on each has a lock of its own on every table, if the server has room
// for so many: whoever wants to change one then waits behind all of us, not between us. The job is
// lent. Fails as postgres_head_open.
int postgres_crew_open(postgres_crew_t **self_p, const struct postgres_crew_job *job,
                       struct error *error);
void postgres_crew_destroy(postgres_crew_t **self_p);

// Puts a file into the sink for each share. Fails as postgres_share_read, the sink,
// postgres_definitions_check and postgres_point_check.
int postgres_crew_read(postgres_crew_t *self, struct error *error);
