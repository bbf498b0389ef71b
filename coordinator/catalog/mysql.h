// The catalog in MySQL or MariaDB, seen from the inside: what its files share. Only coordinator/
// catalog/mysql*.c include this; all others go through catalog.h.
//
// Values go to the server as literals within the SQL (mysql_sql.c), so that many changes go in one
// packet. The connection's character set is utf8mb4, and no sql_mode changes what a quote is.

#pragma once

#include <mysql.h>
#include <stdio.h>

#include "coordinator/catalog/remote.h"

struct mysql_catalog {
    struct remote base;
    MYSQL *handle;                 // NULL = not connected
    unsigned last_error;           // the server's number of the last failure
    char *statements[STATEMENTS];  // in MySQL's own SQL, made at first use
};

extern const struct sql_ops mysql_catalog_sql_ops;

// Says what the server or the library just refused. Always returns -1. A connection that is of no
// more use is closed.
int mysql_catalog_fail(struct mysql_catalog *self, const char *tried, struct error *error);

// Runs statements that give no rows, or whose rows nobody needs.
int mysql_catalog_run(struct mysql_catalog *self, const char *sql, struct error *error);

// Appends SQL with literals in place of its `?`.
void mysql_catalog_write(struct mysql_catalog *self, FILE *out, const char *sql,
                         const struct value *values, size_t count);

// The SQL of a change: MySQL has its own words for INSERT or UPDATE. Lent.
const char *mysql_catalog_change_sql(struct mysql_catalog *self, enum statement statement);
