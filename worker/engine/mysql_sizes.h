// How large tables are, and by what it is seen later that one was made anew, as TRUNCATE TABLE
// does. Part of mysql_tables.
//
// A server opens each table for what information_schema.tables says of sizes and times, which with
// thousands of them takes longer than reading their rows. So tables that have a number of InnoDB's
// (mysql_innodb) and small files are not asked for more. All others are asked for one by one while
// they are few.

#pragma once

#include "worker/engine/mysql_tables.h"

// Fills in bytes, rows, and what mysql_innodb left open of made. Tables with files of `exact_bytes`
// and more have the server's own figures.
int mysql_sizes_read(mysql_tables_t *tables, mysql_session_t *session, uint64_t exact_bytes,
                     struct error *error);

// Fills in `made` alone, of each table in the way that its is_numbered says.
int mysql_sizes_read_made(mysql_tables_t *tables, mysql_session_t *session, struct error *error);
