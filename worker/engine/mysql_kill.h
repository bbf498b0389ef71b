// Ends sessions of ours on their server over a new connection: for when a job was cancelled while
// its control session waited for the server, so that nobody is left to end what that waits for (a
// lock, for as long as lock_wait_timeout). Takes half a second at most, and is then given up: the
// job is to end.

#pragma once

#include "worker/engine/mysql_session.h"

// `ids` as mysql_session_id says. What is gone already is no matter.
void mysql_kill(const struct server *server, const unsigned long *ids, size_t count);

// The same for a session that was lost, if that was because the job is cancelled.
void mysql_kill_lost(const struct server *server, mysql_session_t *session);
