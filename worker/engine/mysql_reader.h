// Our own reader of MySQL and MariaDB: tables' definitions and rows over several connections that
// see one point in time; triggers, routines and events by the vendor's tool. Part of mysql_backup,
// where it stands in for mysql_dump_all.
//
// In order: the sessions, and the backup lock, if it is granted; what tables there are, and where
// they are cut; the sessions at one point; rows, by a crew; a second look at the tables, so that
// DDL meanwhile fails the backup; definitions, which are loaded first; programs.
//
// The manifest says by which way there is one point and where each session was; which tables have
// no common point; and of each range how many rows it has and their digest.

#pragma once

#include "worker/engine/mysql_dump.h"

// Our own default where a policy names no number of connections.
enum { MYSQL_READER_CONNECTIONS = 2 };

// Opens the sessions that are to read rows, so that they help to list what there is: before
// anything is listed, as they take the backup lock.
int mysql_reader_open(struct mysql_point *point, const struct mysql_backup *backup,
                      struct error *error);

// The control session and those; returns how many.
size_t mysql_reader_sessions(const struct mysql_point *point, const struct mysql_backup *backup,
                             mysql_session_t *sessions[MYSQL_POINT_SESSIONS_MAX + 1]);

int mysql_reader_run(const struct mysql_dump *self, struct error *error);
