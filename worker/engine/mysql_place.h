// The place of a row in the order of its table's key: a condition that finds the row again, and one
// for what comes after it. Values stand in it as literals that compare as the columns do. Part of
// mysql_rows.

#pragma once

#include "worker/engine/mysql_fields.h"

// Where the columns of a table's key are among the fields that are read.
typedef struct mysql_place mysql_place_t;

// *self_p stays NULL if a row has no such place: no key, or one with columns that compare otherwise
// than their text (FLOAT, BIT, ENUM, SET). The table and the columns are lent.
void mysql_place_open(mysql_place_t **self_p, const struct mysql_table *table,
                      const struct mysql_column *const *columns, size_t count);
void mysql_place_destroy(mysql_place_t **self_p);

// Conditions for the row that was fetched, without WHERE; the caller's.
int mysql_place_at(const mysql_place_t *self, mysql_fields_t *fields, char **condition,
                   struct error *error);
int mysql_place_after(const mysql_place_t *self, mysql_fields_t *fields, char **condition,
                      struct error *error);
