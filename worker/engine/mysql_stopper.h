// Ends what the sessions of a crew are at on their server: a statement that becomes too long, so
// that its member goes on after the rows that it got; and at a cancel the sessions themselves. Only
// another session can do so: the control session, which is the caller's thread's. Part of
// mysql_crew.
//
//     if (mysql_stopper_open(&stopper, server, control, sessions, count, error))
//         return -1;
//     mysql_stopper_ask(stopper, number, member, error);  // the member's thread
//     mysql_stopper_serve(stopper);                       // the caller's, at each tick

#pragma once

#include "worker/engine/crew.h"
#include "worker/engine/mysql_session.h"

typedef struct mysql_stopper mysql_stopper_t;

// All is lent.
int mysql_stopper_open(mysql_stopper_t **self_p, const struct server *server,
                       mysql_session_t *control, mysql_session_t *const *sessions, size_t count,
                       struct error *error);
void mysql_stopper_destroy(mysql_stopper_t **self_p);

// For a member: has the server end the statement of its session, and returns once it was told so.
// The session goes on. Errors as crew_tell.
int mysql_stopper_ask(mysql_stopper_t *self, size_t number, crew_member_t *member,
                      struct error *error);

// For the caller: tells the server what members asked for.
void mysql_stopper_serve(mysql_stopper_t *self);

// For the caller: ends a session on the server and cuts it here; once is enough.
void mysql_stopper_cancel(mysql_stopper_t *self, size_t number);

// For the caller, at the end: if the control session was lost before the server heard of all that
// were cancelled, tells it over a new one (mysql_kill).
void mysql_stopper_end(mysql_stopper_t *self);
