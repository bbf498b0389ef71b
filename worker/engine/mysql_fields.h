// The fields of a statement's result: takes them as they come, and writes them into a row. Part of
// mysql_rows.
//
// By a prepared statement without a cursor, as values in binary form load the server least. By the
// text protocol where there is little to read, for a prepared statement takes two round trips more
// and opens the table twice; and where the server or a proxy before it refuses to prepare (too many
// prepared statements, no such command). The same values give the same bytes and digests
// (tests/test_engine_mysql_bytes.c holds both to that).

#pragma once

#include "worker/engine/mysql_row.h"
#include "worker/engine/mysql_tables.h"
#include "worker/engine/mysql_text.h"

typedef struct mysql_fields mysql_fields_t;

enum mysql_fields_way {
    FIELDS_AS_THEY_COME,
    FIELDS_HELD,    // few: the whole result is taken at once, so that the session is free
    FIELDS_OF_FEW,  // rows: as they come; both by the text protocol
};

// Runs a statement. The columns belong to its first fields, one to one; what fields it has beyond
// those are numbers (mysql_fields_number). A result that was not read to its end is read by
// destroy: cut the session first.
int mysql_fields_open(mysql_fields_t **self_p, mysql_session_t *session, const char *sql,
                      const struct mysql_column *const *columns, size_t count,
                      enum mysql_fields_way way, struct error *error);
void mysql_fields_destroy(mysql_fields_t **self_p);

int mysql_fields_was_refused(const mysql_fields_t *self);  // a prepared statement

// The next row: 1, or 0 after the last.
int mysql_fields_fetch(mysql_fields_t *self, int *is_there, struct error *error);

// The value of a field that is an integer; 0 if it is NULL.
int64_t mysql_fields_number(const mysql_fields_t *self, size_t field);
int mysql_fields_is_integer(const mysql_fields_t *self, size_t field);
int mysql_fields_is_null(const mysql_fields_t *self, size_t field);

// Adds a field to the row; or all of a row, its first fields.
int mysql_fields_add(mysql_fields_t *self, size_t field, mysql_row_t *row, struct error *error);
int mysql_fields_add_first(mysql_fields_t *self, size_t count, mysql_row_t *row,
                           struct error *error);

// Adds a field of so many bytes, which it must have, as a piece of a long one.
int mysql_fields_add_piece(mysql_fields_t *self, size_t field, uint64_t size, mysql_row_t *row,
                           struct error *error);

// The value of a key's column as an edge (mysql_column_literal): bytes as hexadecimal digits if
// is_hex. ERROR_INVALID if it is too long for a key.
int mysql_fields_edge(mysql_fields_t *self, size_t field, int is_hex, struct mysql_text *edge,
                      struct error *error);

struct mysql_row_style mysql_fields_style(const struct mysql_column *column);
