// A connection to one database of a PostgreSQL server. The only file that sees libpq.
//
// A connection has 20 s to stand, keepalives find a dead peer, and each statement has ten minutes;
// it sees nothing but pg_catalog without a schema's name, and speaks UTF-8. It belongs to one
// thread. All that waits ends with ERROR_CANCELLED as soon as the server's `stop` is readable, but
// for the look-up of a host's name.
//
//     CLEAN(postgres_destroy) postgres_t *postgres = NULL;
//     CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
//     if (postgres_open(&postgres, server, "shop", error) ||
//         postgres_query(postgres, "SELECT nspname FROM pg_namespace", NULL, &rows, error))
//         return -1;
//     for (size_t row = 0; row < postgres_rows_count(rows); row++)
//         puts(postgres_rows_text(rows, row, 0));

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "worker/engine/engine.h"

enum { POSTGRES_ROWS_MAX = 1000000 };

typedef struct postgres postgres_t;
typedef struct postgres_rows postgres_rows_t;

// ERROR_DENIED: password, rights or TLS; ERROR_NOT_FOUND: no such database; ERROR_UNAVAILABLE: not
// reachable; else as postgres_access_parameters.
int postgres_open(postgres_t **self_p, const struct server *server, const char *database,
                  struct error *error);

// Opens `postgres`, or `template1` where there is no `postgres`.
int postgres_open_any(postgres_t **self_p, const struct server *server, struct error *error);
void postgres_destroy(postgres_t **self_p);

// Before a tool begins its login to a database: where the server's credentials may change it
// connects once, so that the tool gets those that the server takes now. Fails as postgres_open.
int postgres_settle_login(const struct server *server, const char *database, struct error *error);

// From now on statements and rows are in this encoding, instead of UTF-8.
int postgres_speak(postgres_t *self, const char *encoding, struct error *error);

unsigned postgres_version(const postgres_t *self);          // 150020
const char *postgres_version_text(const postgres_t *self);  // "15.20 (Debian 15.20-0+deb12u1)"

// Runs one statement with at most one parameter ($1; NULL: none) and gives its rows (the caller's).
// ERROR_DENIED: a right is missing; ERROR_BUSY: a lock was not to be had, or another uses the
// object; ERROR_UNAVAILABLE: the connection broke or a limit of the server was reached;
// ERROR_NOT_FOUND: no such object; ERROR_CONFIG: else. After an error in a transaction nothing
// works until it is rolled back.
int postgres_query(postgres_t *self, const char *sql, const char *parameter, postgres_rows_t **rows,
                   struct error *error);
int postgres_run(postgres_t *self, const char *sql, struct error *error);  // without rows
int postgres_count(postgres_t *self, const char *sql, int64_t *number, struct error *error);

// The number of the server's process behind the connection.
int postgres_process(const postgres_t *self);

// Where the connection leads: an IP address; "" if it is none.
const char *postgres_address(const postgres_t *self);

void postgres_rows_destroy(postgres_rows_t **self_p);
size_t postgres_rows_count(const postgres_rows_t *self);
const char *postgres_rows_text(const postgres_rows_t *self, size_t row, size_t column);  // NULL: ""
int64_t postgres_rows_integer(const postgres_rows_t *self, size_t row, size_t column);
int postgres_rows_true(const postgres_rows_t *self, size_t row, size_t column);
