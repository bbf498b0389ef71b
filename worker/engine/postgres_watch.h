// Watches a PostgreSQL server while it is read: about once a second a session of its own, in a
// thread of its own, asks how busy others are, for struct throttle.
//
//     if (postgres_watch_open(&watch, server, database, &limits, error))
//         return -1;
//     postgres_watch_begin(watch, processes, count);
//     while (...)
//         if (postgres_watch_take(watch, &sample, error) > 0)
//             throttle_take(&throttle, &sample, now_ms);
//
// What others do can be seen by members of pg_monitor only (or of pg_read_all_stats).

#pragma once

#include "worker/engine/postgres.h"
#include "worker/engine/throttle.h"

enum { POSTGRES_WATCH_WITHOUT_SIZE = 512 };

typedef struct postgres_watch postgres_watch_t;

// Fails as postgres_open.
int postgres_watch_open(postgres_watch_t **self_p, const struct server *server,
                        const char *database, const struct throttle_limits *limits,
                        struct error *error);

// Ends the thread, which may take as long as its statement does; at most a few seconds.
void postgres_watch_destroy(postgres_watch_t **self_p);

// Which of the limits mean nothing, as their signals cannot be seen, and why; "" if none.
const char *postgres_watch_without(const postgres_watch_t *self);

// Starts to ask. `processes` are our own sessions, which do not count, besides the watch's. Fails
// if there can be no thread.
int postgres_watch_begin(postgres_watch_t *self, const int *processes, size_t count,
                         struct error *error);

// 1: the newest sample, which was not taken yet. 0: there is none. -1, as postgres_query: the watch
// has gone blind (its session ended, or the server did not answer it in time), and there will be
// none any more. Never waits.
int postgres_watch_take(postgres_watch_t *self, struct throttle_sample *sample,
                        struct error *error);
