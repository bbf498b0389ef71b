// The server's lists of columns and of keys, read into tables. Part of mysql_tables.

#pragma once

#include "worker/engine/mysql_tables.h"

// A list of all tables, or of each so many-th: each part may be another session's, at the same
// time.
struct mysql_listing {
    mysql_tables_t *tables;
    mysql_charsets_t *charsets;  // of columns, noted as they come
    size_t part, parts;
    struct mysql_table *last;  // that a row was of; NULL at first
};

// Is it cheaper to read a list in parts? Servers without tables of definitions go from table to
// table, and look into none that a condition on the names alone leaves out.
int mysql_lists_have_parts(const mysql_session_t *session);

// Keys come after the columns of the same part.
int mysql_lists_read_columns(struct mysql_listing *self, mysql_session_t *session,
                             struct error *error);
int mysql_lists_read_keys(struct mysql_listing *self, mysql_session_t *session,
                          struct error *error);

// What is known once all parts are there.
void mysql_lists_complete(mysql_tables_t *tables, const mysql_session_t *session);
