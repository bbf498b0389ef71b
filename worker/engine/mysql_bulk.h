// Asks a server about many things of a kind, 32 of them in one round trip; one by one where that
// fails, so that it is known which one it was, and where a server or a proxy takes one statement at
// a time.
//
//     struct mysql_bulk bulk = {.self = self, .count = count, .sql = sql, .row = keep, .forget =
//     f}; if (mysql_bulk_ask(&bulk, session, error))
//         return error_wrap(error, "cannot read view %s", names[bulk.at]);

#pragma once

#include "worker/engine/mysql_session.h"

struct mysql_bulk {
    void *self;
    size_t count;
    char *(*sql)(void *self, size_t index);  // the statement, to be freed
    int (*row)(void *self, size_t index, const char *const *cells, struct error *error);
    void (*forget)(void *self, size_t index);  // what its rows said: it is asked again
    size_t at;                                 // after a failure: which one it was
};

int mysql_bulk_ask(struct mysql_bulk *self, mysql_session_t *session, struct error *error);

// The same, but goes on after those that cannot be had: nothing is kept of them.
void mysql_bulk_try(struct mysql_bulk *self, mysql_session_t *session);
