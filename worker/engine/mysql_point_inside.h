// The ways of mysql_point. Nobody else includes this.

#pragma once

#include "worker/engine/mysql_point.h"

enum { MYSQL_POINT_TRIES = 400, MYSQL_POINT_LIMIT_MS = 10000 };

// Each sets self->kind if it worked, and else says why in self->remark. -1: the sessions are of no
// use any more.
int mysql_point_by_lock(struct mysql_point *self, const struct mysql_point_wish *wish,
                        struct error *error);
int mysql_point_by_gtid(struct mysql_point *self, const struct mysql_point_wish *wish,
                        struct error *error);

// In all sessions.
int mysql_point_tell_all(struct mysql_point *self, const char *sql, struct error *error);
int mysql_point_take_snapshots(struct mysql_point *self, struct error *error);

// A sentence more in self->remark.
void mysql_point_remark(struct mysql_point *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Where the server is now: place in the binlog and GTIDs, as far as it tells us; most managed
// services do not tell all. Adds to what is there.
void mysql_point_ask_position(mysql_session_t *control, char position[MYSQL_POSITION_SIZE]);
