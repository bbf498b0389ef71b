// The catalog in PostgreSQL, seen from the inside: what its files share. Only coordinator/catalog/
// postgres*.c include this; all others go through catalog.h.

#pragma once

#include <libpq-fe.h>

#include "coordinator/catalog/remote.h"

struct postgres_catalog {
    struct remote base;
    PGconn *connection;            // NULL = none
    char is_prepared[STATEMENTS];  // on this connection
};

extern const struct sql_ops postgres_catalog_sql_ops;

// Says what the server or libpq just said: of a result, or of the connection if it is NULL. Always
// returns -1. A connection that is gone is closed.
int postgres_catalog_fail(struct postgres_catalog *self, const PGresult *result, const char *tried,
                          struct error *error);

// Runs statements that give no rows, or whose rows nobody needs.
int postgres_catalog_run(struct postgres_catalog *self, const char *sql, struct error *error);

// The next result of what was sent, NULL at its end. Waits as long as the role says, no longer.
int postgres_catalog_result(struct postgres_catalog *self, PGresult **result, struct error *error);

// Gets all that was sent out. The connection must not block.
int postgres_catalog_flush(struct postgres_catalog *self, struct error *error);

// Reads what is left of an answer, to its end.
void postgres_catalog_drain(struct postgres_catalog *self);

// For CLEAN.
void postgres_catalog_clear(PGresult **result_p);

// SQL with $1, $2, ... for the values; the caller's.
char *postgres_catalog_sql(const char *sql);

// Values as libpq takes them.
struct postgres_values {
    Oid types[BATCH_VALUES_MAX];
    const char *data[BATCH_VALUES_MAX];
    int sizes[BATCH_VALUES_MAX];
    int formats[BATCH_VALUES_MAX];
    char numbers[BATCH_VALUES_MAX][24];
};

void postgres_catalog_values(const struct value *values, size_t count,
                             struct postgres_values *self);

int postgres_catalog_change(struct sql *base, const struct change *const *changes, size_t count,
                            int *refused, struct error *error);
