// What a PostgreSQL connection is made of, for the files of its class: postgres.c, postgres_copy.c,
// postgres_wire.c and postgres_inside.c. All waits end at once when the job is cancelled.

#pragma once

#include <libpq-fe.h>
#include <stdint.h>

#include "worker/engine/postgres.h"

struct postgres {
    PGconn *connection;
    int stop;  // of struct server
};

// Connects; PQstatus says how that went. At most 20 s. ERROR_CANCELLED: the job is.
int postgres_inside_connect(PGconn **connection, const char *const *names,
                            const char *const *values, int stop, struct error *error);

// Waits until the server has sent something, for so long. Returns 1, or 0 if nothing came.
// ERROR_CANCELLED: the job is; what the server was at is told to stop.
int postgres_inside_await(const postgres_t *self, int timeout_ms, struct error *error);

// Waits until the socket is ready (POLLIN, POLLOUT), for so long; takes nothing. Else as the
// function above.
int postgres_inside_wait(const postgres_t *self, short events, int timeout_ms, struct error *error);

// The same for input where much is to come: waits a millisecond for a large piece first, since
// waking for each of the server's 8 KiB costs it as much as us.
int postgres_inside_gather(const postgres_t *self, int timeout_ms, struct error *error);

// Tells the server to stop what it is at. That takes a connection of its own, which may fail or
// hang: it is waited for a moment, and then left to itself.
void postgres_inside_stop(const postgres_t *self);

// The next result, or NULL if there is none any more. Waits until the deadline, then gives up.
int postgres_inside_next(const postgres_t *self, int64_t deadline_ms, PGresult **result,
                         struct error *error);

// What the server, or libpq, said of a statement that failed.
int postgres_inside_error(PGconn *connection, const PGresult *result, struct error *error);

// The same by an error's state ("57014"; "": there is none) and message.
int postgres_inside_say(const char *state, const char *message, struct error *error);

// What libpq says of a connection that broke.
int postgres_inside_broken(PGconn *connection, struct error *error);
