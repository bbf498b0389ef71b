// Rows of a PostgreSQL connection as a stream: `COPY ... TO STDOUT` in its text or its binary form,
// row by row, whatever their number.
//
// Each row of text is one line as the server made it, with its line end, and was looked at: it is
// no line that would end a COPY in a script (a hostile server's way to have a client run commands),
// and no line end is within it.
//
// Memory: one row at a time, however long it is; none afterwards.
//
//     struct postgres_copy copy = {.sql = "COPY app.orders TO STDOUT", .row = keep, .self = file};
//     if (postgres_copy_out(postgres, &copy, error))
//         return -1;

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "worker/engine/postgres.h"

struct postgres_copy {
    const char *sql;  // one or several COPY statements
    void *self;       // for the functions

    // A row of the statement that began last. The data is lent for the call, and may be spoilt.
    int (*row)(void *self, char *data, size_t size, struct error *error);

    // The same for a statement in binary form: what stands behind its head, as postgres_tuple.h
    // reads it. NULL: there must be none.
    int (*tuple)(void *self, const char *data, size_t size, struct error *error);

    // The statement number `index` (from 0) begins to send; may be NULL.
    int (*begin)(void *self, size_t index, struct error *error);

    // Up to here a statement may take, if it is the only one and its first row came early enough:
    // then it is told to end, and what it gave until then are whole rows. From then on `mark` is
    // called for each row while that is still lent, and `cut` once it has ended before its own end:
    // after the row that was marked last. 0: no limit.
    int64_t limit_ms;
    int (*mark)(void *self, struct error *error);
    void (*cut)(void *self);

    // A row longer than POSTGRES_WIRE_USUAL begins to come: waits until it may take so much memory
    // (before that nothing more of it is received), which is no time of the statement's. 0: that
    // row is gone again. May be NULL.
    int (*hold)(void *self, uint64_t size_bytes, struct error *error);

    // Called several times a second while nothing comes, and after such a row; not 0 gives the work
    // up. May be NULL.
    int (*wait)(void *self, struct error *error);
};

// Fails as postgres_query and as the functions do, after which the server was told to stop;
// ERROR_CORRUPT: the server sent something that is no row. After a failure the connection is good
// for nothing but to be closed.
// After a cut the transaction must be rolled back to a savepoint.
int postgres_copy_out(postgres_t *self, const struct postgres_copy *copy, struct error *error);
