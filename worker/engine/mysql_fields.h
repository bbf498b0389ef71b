// The fields of a prepared statement's result: takes them as they come, and writes them into a row.
// Part of mysql_rows.

#pragma once

#include <mysql.h>

#include "worker/engine/mysql_row.h"
#include "worker/engine/mysql_tables.h"

typedef struct mysql_fields mysql_fields_t;

// Binds the result of a statement that was executed. The columns belong to its first fields, one to
// one; what fields it has beyond those are numbers (mysql_fields_number).
int mysql_fields_open(mysql_fields_t **self_p, mysql_session_t *session, MYSQL_STMT *statement,
                      const struct mysql_column *const *columns, size_t count, struct error *error);
void mysql_fields_destroy(mysql_fields_t **self_p);

// The next row: 1, or 0 after the last.
int mysql_fields_fetch(mysql_fields_t *self, int *is_there, struct error *error);

// The value of a field that is an integer; 0 if it is NULL.
int64_t mysql_fields_number(const mysql_fields_t *self, size_t field);
int mysql_fields_is_integer(const mysql_fields_t *self, size_t field);
int mysql_fields_is_null(const mysql_fields_t *self, size_t field);

// Adds a field to the row.
int mysql_fields_add(mysql_fields_t *self, size_t field, mysql_row_t *row, struct error *error);

// Adds a field of so many bytes, which it must have, as a piece of a long one.
int mysql_fields_add_piece(mysql_fields_t *self, size_t field, uint64_t size, mysql_row_t *row,
                           struct error *error);

struct mysql_row_style mysql_fields_style(const struct mysql_column *column);
