// Ends what sessions of ours are at on their server, over another one.

#pragma once

#include "worker/engine/mysql_session.h"

// Ends the statement of `session`, which goes on with ER_QUERY_INTERRUPTED, or a session
// altogether. Who may call it has `over` to itself. Where many read it is the control session that
// ends their statements (mysql_stopper), at each tick of the crew, which needs no thread for it.
// Where the control session itself waits, for locks before there is a crew (mysql_point_lock),
// nobody ticks: one of the sessions to be, which has nothing else to do then, ends its statement
// from a thread.
int mysql_kill_statement(mysql_session_t *over, const mysql_session_t *session,
                         struct error *error);
int mysql_kill_session(mysql_session_t *over, const mysql_session_t *session, struct error *error);

// Over a new connection: for when a job was cancelled while its sessions waited for the server, so
// that nobody is left to end what they wait for (a lock, for as long as lock_wait_timeout; a list
// of many tables, in the making of which the server does not look whether anybody is there). Takes
// half a second at most, and is then given up: the job is to end. `ids` as mysql_session_id says.
// What is gone already is no matter.
void mysql_kill(const struct server *server, const unsigned long *ids, size_t count);

// The same for those sessions that were lost, if that was because the job is cancelled.
void mysql_kill_lost(const struct server *server, mysql_session_t *const *sessions, size_t count);
