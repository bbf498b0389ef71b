// A connection to MySQL or MariaDB, over MariaDB's client library; besides mysql_rows and
// mysql_load the only class that sees it.
//
// Always TCP. TLS with verified certificate and host name unless the server record says otherwise;
// then TLS is tried. No option file of the host is read and the server cannot ask for files of ours
// (LOCAL INFILE is off). Connecting has 20 s, each statement 15 minutes; one that is silent is
// asked for by TCP after a minute.
//
//     CLEAN(mysql_session_destroy) mysql_session_t *session = NULL;
//     CLEAN(memory_free) char *mode = NULL;
//     if (mysql_session_open(&session, server, error) ||
//         mysql_session_value(session, "SELECT @@sql_mode", &mode, error))
//         return -1;
//
// Errors: ERROR_DENIED for password, grants and TLS; ERROR_UNAVAILABLE for what may be better
// later; ERROR_INVALID for a statement that the server does not understand or cannot answer;
// ERROR_CANCELLED, or the loss of the connection, once server->stop is readable.

#pragma once

#include <stddef.h>

#include "common/error.h"
#include "worker/engine/engine.h"

typedef struct mysql_session mysql_session_t;

// `server` must outlive the session. The session has sql_mode '', time zone UTC, utf8mb4, and
// never waits longer than 60 s for a lock.
int mysql_session_open(mysql_session_t **self_p, const struct server *server, struct error *error);
void mysql_session_destroy(mysql_session_t **self_p);

// A session that may send a file with LOAD DATA LOCAL: only what mysql_load gives it.
int mysql_session_open_to_load(mysql_session_t **self_p, const struct server *server,
                               struct error *error);

const char *mysql_session_flavour(const mysql_session_t *self);  // "mysql" or "mariadb"
const char *mysql_session_version(const mysql_session_t *self);  // as the server says it
unsigned mysql_session_major(const mysql_session_t *self);
unsigned mysql_session_minor(const mysql_session_t *self);
int mysql_session_is_mariadb(const mysql_session_t *self);
int mysql_session_has_tls(const mysql_session_t *self);

// The file with the authorities that verification takes: the server's, or else the system's.
// ERROR_CONFIG if there is none.
int mysql_session_authorities(const struct server *server, const char **path, struct error *error);

// Called for each row; a cell is NULL for an SQL NULL. Not 0 ends the query with the error set.
typedef int(mysql_session_row)(void *context, const char *const *cells, struct error *error);

// Runs a statement and gives its rows as they come. `row` may be NULL.
int mysql_session_query(mysql_session_t *self, const char *sql, mysql_session_row *row,
                        void *context, struct error *error);

// Runs statements that have semicolons between them, in one round trip, and gives the rows of each
// with its number. ERROR_INVALID or ERROR_DENIED also where the server, or a proxy before it, takes
// one at a time.
typedef int(mysql_session_rows)(void *context, size_t number, const char *const *cells,
                                struct error *error);
int mysql_session_queries(mysql_session_t *self, const char *sql, mysql_session_rows *rows,
                          void *context, struct error *error);

// The same as the first, but `row` gets the cells from the column with this name on, and nothing if
// there is no such column. `name` NULL: all.
int mysql_session_column(mysql_session_t *self, const char *sql, const char *name,
                         mysql_session_row *row, void *context, struct error *error);

// The first cell of the first row; the caller's. NULL if there is no row or it is an SQL NULL.
int mysql_session_value(mysql_session_t *self, const char *sql, char **value, struct error *error);

// `name` with backticks around it, and 'text' as a literal, for statements; the caller's.
char *mysql_session_name(const char *name);
char *mysql_session_literal(mysql_session_t *self, const char *text);

// For those who read rows (mysql_rows) and load them (mysql_load): the library's own handle, lent;
// the number by which the server knows the connection; and an error for what the handle, or if
// `statement` is not NULL what that prepared statement, says is wrong.
struct st_mysql *mysql_session_handle(mysql_session_t *self);
unsigned long mysql_session_id(const mysql_session_t *self);
struct st_mysql_stmt;
int mysql_session_fail(mysql_session_t *self, struct st_mysql_stmt *statement, const char *what,
                       struct error *error);

// Was the last failure that somebody had the server end the statement (KILL QUERY)?
int mysql_session_was_stopped(mysql_session_t *self);

int mysql_session_is_lost(mysql_session_t *self);  // or that the connection was lost?

// From another thread: makes whatever waits for the server fail.
void mysql_session_cut(const mysql_session_t *self);

// What one of the server's or library's error numbers is to us.
enum error_code mysql_session_code(unsigned number);
