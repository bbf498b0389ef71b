// Several things asked of a server side by side, over sessions that have nothing else to do: its
// lists, before rows are read. The first errand goes to the first session, the second to the
// second, and so on, and around again; each session runs its own in their order.
//
//     const struct mysql_errand errands[] = {{read_sizes, &sizes}, {read_keys, &keys}};
//     if (mysql_errands_run(sessions, session_count, errands, 2, error))
//         return -1;

#pragma once

#include "worker/engine/mysql_session.h"

enum { MYSQL_ERRANDS_SESSIONS_MAX = 4 };  // more of them are left alone

struct mysql_errand {
    // In any thread: what it changes must be its own.
    int (*run)(void *self, mysql_session_t *session, struct error *error);
    void *self;
};

// Returns when all sessions have ended, each after its last errand or the first that failed. The
// error is that of the first session with one.
int mysql_errands_run(mysql_session_t *const *sessions, size_t session_count,
                      const struct mysql_errand *errands, size_t count, struct error *error);
