// A whole server through mysqldump or mariadb-dump into a sink.
//
// One run of the tool over all schemas, in one transaction (--single-transaction), so that the
// server is at one point. Only if the names of the schemas do not fit a command line (some
// thousands) there are several runs, each with a point of its own. On MariaDB with a binary log the
// point is known exactly, without any lock and any further right (binlog_snapshot_position, which
// --master-data=2 reads inside the transaction); else only its time is.
//
// What success proves, beyond the tool's exit status, silence and end mark:
// - the account may see everything: SELECT, SHOW VIEW, TRIGGER and EVENT on *.*, because a server
//   hides in silence what an account has no right to;
// - every schema, table, sequence, routine and event that the server listed just before the
//   dump is in it by name, and as many triggers as were listed (mysql_scan). A table that is
//   dropped or changed meanwhile fails the job: the tool stops on it or it is missed here.
// - views are written by us, in an order in which they can be made (mysql_views says why), and so
//   are events, at which the tools can hang (mysql_events).
// What it does not prove: that the rows are all there (the tool's word, its end mark).
//
// Told, not failed: rows of tables without transactions (MyISAM, Aria, MEMORY), which have no
// common point; rows that are elsewhere (FEDERATED, MERGE); views that no longer work, which the
// tools would stop at; history of system-versioned tables if the tool cannot dump it; schemas that
// the service keeps for itself; what was made while the dump ran.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/mysql_session.h"

struct mysql_backup {
    const struct server *server;
    mysql_session_t *session;
    const struct tool *tool;
    const struct backup_options *options;
    const struct sink *sink;
    int is_ours;             // rows are read by mysql_reader; the tool writes programs only
    size_t names_max_bytes;  // of schemas on one command line; 0: what the kernel takes
};

int mysql_backup_run(const struct mysql_backup *self, struct error *error);

// The rights on *.* that the account lacks, comma-separated, in `missing`; "" if it has all.
enum { MYSQL_MISSING_SIZE = 128 };
int mysql_backup_missing_rights(mysql_session_t *session, char missing[MYSQL_MISSING_SIZE],
                                struct error *error);
