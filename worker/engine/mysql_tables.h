// The tables of an inventory as our own reader needs them: columns, the key that puts rows in
// order, sizes. Read in a few bulk statements for the whole server.

#pragma once

#include <stddef.h>
#include <stdint.h>

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
    char *charset, *collation;  // of text that a key may have; else NULL
    uint8_t kind;               // enum mysql_column_kind
    uint8_t key_kind;           // enum mysql_key_kind
    uint8_t is_text;            // for the digest: has a character set
    uint8_t is_generated;       // has no values of its own, and is not read
    uint8_t is_unsigned, is_nullable;
    uint8_t is_single;    // FLOAT
    uint8_t may_be_long;  // longer than MYSQL_LONG_VALUE
    uint8_t is_spatial;
    const char *cast;  // of a quoted key: the type by which its text compares
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
    uint8_t key_kind, key_is_unsigned;
    uint8_t rows_kind;  // enum mysql_rows
    uint8_t is_versioned;
    uint8_t has_history;      // is read with it
    uint8_t is_without_rows;  // by the policy's selection, or they are elsewhere
    uint64_t bytes, rows;     // about
    uint64_t fingerprint;     // of its definition, as far as rows depend on it
    uint32_t number;          // in the sink; 0: not told yet
    char *definition;         // SHOW CREATE TABLE; NULL: not read yet
};

typedef struct mysql_tables mysql_tables_t;

// The inventory must outlive it.
int mysql_tables_open(mysql_tables_t **self_p, mysql_session_t *session,
                      mysql_inventory_t *inventory, struct error *error);
void mysql_tables_destroy(mysql_tables_t **self_p);

// System-versioned tables are read with the rows that were, or without.
void mysql_tables_set_history(mysql_tables_t *self, int with_history);

size_t mysql_tables_count(const mysql_tables_t *self);
struct mysql_table *mysql_tables_at(mysql_tables_t *self, size_t index);  // by schema and name

// Are the tables still what they were? Reads the server's lists again. ERROR_UNAVAILABLE names one
// that was altered, dropped or emptied by DDL meanwhile.
int mysql_tables_compare(const mysql_tables_t *self, mysql_session_t *session, struct error *error);

// The statement's column list, "(`a`, `b`)", and what follows LOAD DATA's table: the same with
// variables where a value must be converted. The caller's.
char *mysql_table_columns(const struct mysql_table *self);
char *mysql_table_load_columns(const struct mysql_table *self);

// May this text be an edge of the table's ranges? One that comes from an earlier set is put into
// statements.
int mysql_table_is_edge(const struct mysql_table *self, const char *edge);

// A value of a key's column as a literal that compares as the column does; the caller's.
char *mysql_column_literal(const struct mysql_column *self, const char *edge);

// An edge as a literal that compares with others of its kind as the key does, without a column
// beside it; the caller's.
char *mysql_table_literal(const struct mysql_table *self, const char *edge);

// A condition for a range of the key, " WHERE ...", or ""; the caller's.
char *mysql_table_condition(const struct mysql_table *self, const char *low, const char *high);
