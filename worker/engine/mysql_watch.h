// Watches a server's own signals for a throttle, over a session of its own, in a thread of its own:
// some of its questions wait when the server is busy (SHOW REPLICA STATUS while a replica is
// stopped), and nobody else is to wait with it.
//
//   running          Threads_running, without our own sessions
//   replica_lag      what SHOW REPLICA STATUS says of a replica that is read itself
//   transaction_age  of the oldest transaction of InnoDB that is not ours (PROCESS)
//   long_queries     from the list of processes (PROCESS)
//
// What the account may not ask, or this server has not, is left out.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/mysql_session.h"

typedef struct mysql_watch mysql_watch_t;

// `server` must outlive it. `ours`: the numbers of our sessions, which are not counted.
int mysql_watch_open(mysql_watch_t **self_p, const struct server *server,
                     const struct throttle_limits *limits, const unsigned long *ours, size_t count,
                     struct error *error);
void mysql_watch_destroy(mysql_watch_t **self_p);

// The newest sample since the last time: 1; 0: there is none. -1: the session is lost, *error says
// why, and there will be none.
int mysql_watch_take(mysql_watch_t *self, struct throttle_sample *sample, struct error *error);

// The limits that cannot be held, and why: "replica_lag (it is no replica)"; "" = all can. Lent.
const char *mysql_watch_without(const mysql_watch_t *self);
