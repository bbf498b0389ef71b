// Reads the rows of a table, or of a range of its key, in the key's order (mysql_fields says by
// which protocol).
//
// No statement runs longer than it may: it gives no more rows than the speed of those before lets
// expect in half of that time; if it still is at it near the end of it, or is to rest beyond that,
// the server is told to end it, and the next one goes on after the last row that came. Which rows a
// statement gave cannot be seen in what is written. A table without a key, or with one whose values
// do not compare as their text does, is read by one statement.
//
// Values longer than MYSQL_LONG_VALUES, which all columns that may have such share, in a table that
// has such a key, are not taken with their rows: these come after all others, and their long values
// in slices, so that memory stays small whatever a row has.
//
// What the library takes for long values is borrowed: MYSQL_LONG_VALUES for a statement that may
// give them, all that a row may have where they cannot be read in slices.

#pragma once

#include "worker/engine/mysql_longest.h"
#include "worker/engine/mysql_row.h"
#include "worker/engine/mysql_tables.h"

enum {
    MYSQL_LONG_VALUES = 8 << 20,
    MYSQL_SLICE = 8 << 20,
    MYSQL_SLICE_MAX = 32 << 20,
    MYSQL_ROW_WHOLE = 64 << 20,  // of a row that is taken whole, if it is no longer than that
};

enum { MYSQL_ROWS_TELL_MS = 200 };  // between two calls of `tell`, if rows come

struct mysql_reading {
    mysql_session_t *session;
    const struct mysql_table *table;
    const char *low, *high;         // of the key; NULL: no end
    mysql_row_t *row;               // between begin_table and end_table
    int is_small;                   // the table may be read by the text protocol
    int64_t statement_limit_ms;     // 0: five minutes
    uint64_t limit_bytes_per_s;     // that `tell` waits for; 0: none
    struct mysql_longest *longest;  // notes of a statement that took too long; NULL: never mind
    uint8_t *was_refused;           // set to 1 if a prepared statement was; NULL: never mind

    // Called after so many bytes (mysql_rows_piece) or rows, or such a time; not 0 ends the
    // reading.
    int (*tell)(void *context, struct error *error);

    // Called before so much memory may be needed, more than any session may always take: waits
    // until there is room. 0: it is needed no more. May be NULL.
    int (*hold)(void *context, uint64_t size_bytes, struct error *error);

    int64_t (*owed_ms)(void *context);  // for how long it would rest now; NULL: never

    // Has the server end the statement that the session is at; rows that it sent still come. NULL:
    // that cannot be had.
    int (*stop)(void *context, struct error *error);
    void *context;
};

// Calls hold, if there is one; with 0 gives the session's memory back first.
int mysql_rows_hold(const struct mysql_reading *self, uint64_t size_bytes, struct error *error);

// After a failure the session is of no use any more: what the server still sends is not waited for.
int mysql_rows_read(const struct mysql_reading *self, struct error *error);

// The bytes after which it tells, with such a limit.
uint64_t mysql_rows_piece(uint64_t limit_bytes_per_s);
