// Rows with values that are too long to be taken at once: remembered by their keys while others are
// read, then read one by one, long values in slices. Part of mysql_rows.

#pragma once

#include "worker/engine/mysql_place.h"
#include "worker/engine/mysql_rows.h"

typedef struct mysql_long mysql_long_t;

// *self_p stays NULL if the table has no such column or no place (NULL) to find a row again by;
// then values are taken as they are. All is lent.
void mysql_long_open(mysql_long_t **self_p, const mysql_place_t *place,
                     const struct mysql_column *const *columns, size_t count);
void mysql_long_destroy(mysql_long_t **self_p);

// What a column's value is in a SELECT, and whether it is too long to be taken with its row; the
// caller's.
char *mysql_long_value(const struct mysql_column *column);
char *mysql_long_test(const mysql_long_t *self, const struct mysql_column *column);

// Does a MySQL of this version have JSON_STORAGE_SIZE? Where it has not, JSON is to be made text
// (mysql_column's is_unsized).
int mysql_long_has_json_size(const char *version);

// The row that was fetched has such a value. ERROR_INVALID beyond a number.
int mysql_long_remember(mysql_long_t *self, mysql_fields_t *fields, struct error *error);

// Reads all that were remembered. The session must be free.
int mysql_long_read(mysql_long_t *self, const struct mysql_reading *reading, struct error *error);
