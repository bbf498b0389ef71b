// InnoDB's own lists of its tables, their columns and files, where the server has them (MariaDB,
// and MySQL before 8) and lets us see them (PROCESS). They cost a tenth of what
// information_schema.columns and .tables do, for which the server reads the definition of each
// table, or opens it. Part of mysql_sizes and mysql_tables.
//
// A table has another number once it was made anew, as TRUNCATE TABLE and most of ALTER TABLE do;
// what ALTER TABLE does in place is in its columns. What neither says (an ENUM that has one value
// more, a column that becomes invisible) changes nothing of rows that are there.
//
// Names that are written in a way of their own there, with other than plain letters, are passed
// over.

#pragma once

#include "worker/engine/mysql_tables.h"

int mysql_innodb_has_lists(const mysql_session_t *session);

// Fills in `made` of the tables that are in the lists: of all, which then are is_numbered; or the
// second time of those that are so already. Without the right to see them it does nothing.
int mysql_innodb_read(mysql_tables_t *tables, mysql_session_t *session, struct error *error);
int mysql_innodb_read_again(mysql_tables_t *tables, mysql_session_t *session, struct error *error);

// Adds to `file_bytes` what files there are of them, about. On any server.
int mysql_innodb_read_files(mysql_tables_t *tables, mysql_session_t *session, struct error *error);
