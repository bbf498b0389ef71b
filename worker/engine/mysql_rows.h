// Reads the rows of a table, or of a range of its key, by a prepared statement without a cursor:
// values come in binary form and are made text by us, which loads the server least.
//
// Values longer than MYSQL_LONG_VALUE, in a table that has a key, are not taken with their rows:
// such rows come after all others, and their long values in slices, so that memory stays small.

#pragma once

#include "worker/engine/mysql_row.h"
#include "worker/engine/mysql_tables.h"

enum { MYSQL_LONG_VALUE = 32 << 20, MYSQL_SLICE = 16 << 20 };

struct mysql_reading {
    mysql_session_t *session;
    const struct mysql_table *table;
    const char *low, *high;  // of the key; NULL: no end
    mysql_row_t *row;        // between begin_table and end_table
    int may_be_long;         // some values may be longer than MYSQL_LONG_VALUE

    // Called after so many bytes or rows; not 0 ends the reading.
    int (*tell)(void *context, struct error *error);
    void *context;
};

// After a failure the session is of no use any more: what the server still sends is not waited for.
int mysql_rows_read(const struct mysql_reading *self, struct error *error);
