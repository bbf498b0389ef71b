// The tables of an inventory as our own reader needs them: columns, the key that puts rows in
// order, sizes. Read in a few bulk statements for the whole server.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "worker/engine/mysql_charset.h"
#include "worker/engine/mysql_inventory.h"

enum mysql_column_kind {
    MYSQL_COLUMN_PLAIN,
    MYSQL_COLUMN_TEXT,   // in a character set that a script in utf8mb4 can hold as it is
    MYSQL_COLUMN_BYTES,  // all else that is bytes
    MYSQL_COLUMN_LONG,   // bytes, of any length
    MYSQL_COLUMN_WORDS,  // takes text in a character set only: JSON, INET6, UUID
    MYSQL_COLUMN_JSON,   // the same, but its text is the server's own print: a binary field
    MYSQL_COLUMN_VECTOR,
    MYSQL_COLUMN_PERIOD,  // of a system-versioned table
};

// How the first column of a key stands in a condition.
enum mysql_key_kind {
    MYSQL_KEY_NONE,  // no ranges: FLOAT, BIT, ENUM and the like compare otherwise than their text
    MYSQL_KEY_INTEGER,
    MYSQL_KEY_NUMBER,  // decimal
    MYSQL_KEY_QUOTED,  // dates and the like
    MYSQL_KEY_HEX,     // text and binary: edges are hexadecimal
};

struct mysql_column {
    char *name;
    char *charset, *collation;         // of text that a key may have; else NULL
    uint8_t kind;                      // enum mysql_column_kind
    uint8_t key_kind;                  // enum mysql_key_kind
    uint8_t is_text;                   // for the digest: has a character set, or is words
    const mysql_charset_t *stored_in;  // of such text that is not in UTF-8; else NULL
    uint8_t is_generated;              // has no values of its own, and is not read
    uint8_t is_unsigned, is_nullable;
    uint8_t is_single;    // FLOAT
    uint8_t may_be_long;  // longer than memory has room for
    uint8_t is_spatial;
    uint8_t is_unsized;       // JSON of a server that has no JSON_STORAGE_SIZE: before MySQL 5.7.22
    const char *cast;         // of a quoted key: the type by which its text compares
    const char *end_of_time;  // of a period: what a row that still is has as its end; or NULL
};

struct mysql_table {
    const char *schema, *name;  // the inventory's
    char *quoted;               // `schema`.`name`
    struct mysql_column *columns;
    size_t column_count;
    char *index;  // by which rows are put in order; NULL: there is none
    char **keys;  // its columns
    size_t key_count;
    const struct mysql_column *key_column;  // the first
    const struct mysql_column *second;      // NULL: none, or no edge can have it
    uint8_t key_kind, key_is_unsigned;
    uint8_t rows_kind;  // enum mysql_rows
    uint8_t is_versioned;
    uint8_t has_history;      // is read with it
    uint8_t is_without_rows;  // by the policy's selection, or they are elsewhere
    uint64_t bytes, rows;     // about; rows 0: not known
    uint64_t file_bytes;      // with indexes and holes; 0: not known
    uint64_t fingerprint;     // of its columns, as far as rows depend on them
    uint64_t made;            // another once it was made anew, as TRUNCATE TABLE does
    uint8_t is_numbered;      // `made` is by InnoDB's own lists, columns included; else the time
    uint32_t number;          // in the sink; 0: not told yet
    char *definition;         // SHOW CREATE TABLE; NULL: not read yet
};

typedef struct mysql_tables mysql_tables_t;

// The inventory must outlive it. The sizes of tables with less than `exact_bytes` may be rough.
int mysql_tables_open(mysql_tables_t **self_p, mysql_session_t *session,
                      mysql_inventory_t *inventory, uint64_t exact_bytes, struct error *error);

// The same, over several sessions at once.
int mysql_tables_open_by(mysql_tables_t **self_p, mysql_session_t *const *sessions, size_t count,
                         mysql_inventory_t *inventory, uint64_t exact_bytes, struct error *error);
void mysql_tables_destroy(mysql_tables_t **self_p);

// System-versioned tables are read with the rows that were, or without.
int mysql_tables_set_history(mysql_tables_t *self, mysql_session_t *session, int with_history,
                             struct error *error);

// What a script sets for MYSQL_ROW_END_OF_TIME, and what says so of the server: MariaDB's time ends
// in 2106, and before version 11.5 in 2038. A row whose period ends sooner is history.
#define MYSQL_TABLES_END_OF_TIME \
    "IFNULL(FROM_UNIXTIME(4294967295.999999), FROM_UNIXTIME(2147483647.999999))"

size_t mysql_tables_count(const mysql_tables_t *self);
struct mysql_table *mysql_tables_at(mysql_tables_t *self, size_t index);  // by schema and name

// NULL: there is none.
struct mysql_table *mysql_tables_find(mysql_tables_t *self, const char *schema, const char *name);

// Are the tables still what they were? Reads the server's lists again. ERROR_UNAVAILABLE names one
// that was altered, dropped or emptied by DDL meanwhile.
int mysql_tables_compare(const mysql_tables_t *self, mysql_session_t *session, struct error *error);

// The statement's column list, "(`a`, `b`)", and what follows LOAD DATA's table: the same with
// variables where a value must be converted. The caller's.
char *mysql_table_columns(const struct mysql_table *self);
char *mysql_table_load_columns(const struct mysql_table *self);

// An edge is a value of the key's first column, or of the first two, "17,2026-01-01": all rows that
// are there or after.

// May this text be an edge of the table's ranges? One that comes from an earlier set is put into
// statements.
int mysql_table_is_edge(const struct mysql_table *self, const char *edge);

// What a column's value in an edge is in a SELECT; the caller's.
char *mysql_column_edge(const struct mysql_column *self);

// A value of a key's column as a literal that compares as the column does; the caller's.
char *mysql_column_literal(const struct mysql_column *self, const char *edge);

// A condition that one edge comes before another, as the key compares; the caller's.
char *mysql_table_order(const struct mysql_table *self, const char *one, const char *other);

// A condition for a range of the key, " WHERE ...", or ""; the caller's.
char *mysql_table_condition(const struct mysql_table *self, const char *low, const char *high);
