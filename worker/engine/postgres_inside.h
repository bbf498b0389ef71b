// What a PostgreSQL connection is made of, for the files of its class: postgres.c and
// postgres_copy.c.

#pragma once

#include <libpq-fe.h>
#include <stdint.h>

#include "worker/engine/postgres.h"

struct postgres {
    PGconn *connection;
};

// The next result, or NULL if there is none any more. Waits until the deadline, then gives up.
int postgres_inside_next(PGconn *connection, int64_t deadline_ms, PGresult **result,
                         struct error *error);

// What the server, or libpq, said of a statement that failed.
int postgres_inside_error(PGconn *connection, const PGresult *result, struct error *error);

// What libpq says of a connection that broke.
int postgres_inside_broken(PGconn *connection, struct error *error);
