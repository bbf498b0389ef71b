// Several sessions that see a server at one point in time, without SUPER, by the first way that
// the server and the account's grants allow:
//
//   "one point, by binlog position"  MariaDB and Percona Server say in each session at which place
//                                    of the binlog its snapshot is: taken anew until all are equal.
//                                    Not without a binlog, nor on a replica whose binlog has not
//                                    what it gets
//   "one point, by lock"             tables are locked for reading while the snapshots are taken,
//                                    which waits for writers: 3 s a try at most, and most often
//                                    milliseconds
//   "one point, not proven"          the server's GTIDs or place in its binlog are the same before
//                                    and after the snapshots are taken. Only if a policy names it:
//                                    servers show rows and positions at different times
//   "one point, single session"      none can be had: one session reads all
//
// A policy may permit some only (enum point_way). What the binlog lacks makes a position false:
// filters of databases are seen where SHOW MASTER STATUS is granted; writers with sql_log_bin off
// are not, and a policy for such a server leaves out binlog_snapshot.
//
// Against DDL meanwhile: MySQL's backup lock, where BACKUP_ADMIN is granted; else DDL is found by
// what it leaves (mysql_tables_compare), and by error 1412 of who reads.

#pragma once

#include "worker/engine/mysql_tables.h"

enum { MYSQL_POINT_SESSIONS_MAX = 32, MYSQL_POSITION_SIZE = 512 };

struct mysql_point {
    mysql_session_t *sessions[MYSQL_POINT_SESSIONS_MAX];
    size_t count;
    const char *kind;                    // as above
    char position[MYSQL_POSITION_SIZE];  // of all; "" where the server does not say
    int64_t unix_ms;
    unsigned tries;
    unsigned locked_ms;  // how long writers had to wait, at most, by any of the tries
    int has_backup_lock;
    int are_filters_unseen;  // of the binlog: the account may not see which databases it leaves out
    char remark[256];        // why it is not the first way, or fewer sessions; "" = nothing to say
};

struct mysql_point_wish {
    mysql_session_t *control;  // holds the locks; lent
    const struct server *server;
    mysql_tables_t *tables;  // that are locked
    size_t sessions;
    unsigned ways;  // enum point_way; 0: all that prove it, and the single session
};

// Opens so many sessions, or as many as the server lets us have, before they are at a point: until
// then they may help to list what there is.
int mysql_point_open_sessions(struct mysql_point *self, const struct server *server, size_t count,
                              struct error *error);

// Opens sessions anew, instead of those that are open, and brings them to one
// point: read only, REPEATABLE READ, time zone UTC, results in the columns' own bytes.
int mysql_point_open(struct mysql_point *self, const struct mysql_point_wish *wish,
                     struct error *error);
void mysql_point_close(struct mysql_point *self);

// Takes the backup lock if it is granted; before anything is listed.
void mysql_point_guard(struct mysql_point *self, mysql_session_t *control);
void mysql_point_unguard(struct mysql_point *self, mysql_session_t *control);
