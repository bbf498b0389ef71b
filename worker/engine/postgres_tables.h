// The tables and sequences of one database whose content a backup reads, from the catalog in bulk:
// plain tables and leaf partitions, each by itself, and what extensions say is their users'. Views,
// foreign tables and partitioned parents have no rows of their own.
//
// `name`, `columns` and so on are SQL in the session's encoding, quoted by the server itself;
// `schema` and `table` are UTF-8, for manifests and messages.

#pragma once

#include <stdint.h>

#include "common/error.h"
#include "worker/engine/postgres.h"
#include "worker/engine/postgres_select.h"
#include "worker/engine/postgres_value.h"

enum { POSTGRES_KEY_COLUMNS_MAX = 8 };  // a key of more is taken for none

struct postgres_table {
    char *name;  // app."we""ird"
    char *schema, *table;
    char *columns;    // "id, total": without generated ones; "" if there are none
    char *condition;  // "WHERE ..." of an extension's table, which holds rows of its own too; or ""
    char *key;        // "a, b": columns of the primary or another unique key; "" if there is none
    char *key_values;  // SQL that gives a row's key as SQL: "quote_literal(a) || ', ' || ..."
    char *key_first;   // the first column
    unsigned key_columns;
    int key_places[POSTGRES_KEY_COLUMNS_MAX];  // of its columns among those that are read, from 0
    int has_key_places;                        // all are read: none is generated
    int is_integer_key;                        // one column of a plain integer type
    int is_readable;                           // by this login
    int has_children;                          // that inherit from it, or has had
    uint64_t size_bytes;
    uint64_t rows;  // as the server's statistics have it; 0 if they have nothing
    unsigned oid;
    uint32_t number;              // as the sink gave it
    char *type_numbers;           // of the columns: "23 25"
    struct postgres_type *types;  // of them
    size_t type_count;
    int is_binary;  // rows are read in COPY's binary form
};

struct postgres_sequence {
    char *name;
    unsigned identity_of;  // the table's number, 0: of none
};

struct postgres_tables {
    struct postgres_table *list;  // by name
    size_t count;
    struct postgres_sequence *sequences;  // by name
    size_t sequence_count;
};

// `in_recovery`: unlogged tables and sequences have nothing to be read there and are not listed.
int postgres_tables_read(struct postgres_tables *self, postgres_t *postgres, int in_recovery,
                         struct error *error);

// Only which tables there are, with what locking and comparing them takes: of thousands the rest
// costs the server much more, as it looks at each one's files and keys. No sequences.
int postgres_tables_read_names(struct postgres_tables *self, postgres_t *postgres, int in_recovery,
                               struct error *error);
void postgres_tables_clear(struct postgres_tables *self);

// Takes off the lists what the selection leaves out or wants no rows of.
void postgres_tables_select(struct postgres_tables *self, const postgres_select_t *select);

// Takes a lock on each table that this login can read, in the transaction that is open, with which
// it can be read and written but neither changed in its form, emptied nor dropped. ERROR_NOT_FOUND:
// one has gone; ERROR_BUSY: one is being changed.
int postgres_tables_lock(const struct postgres_tables *self, postgres_t *postgres,
                         struct error *error);

// Are they the same tables, by their numbers in the catalog?
int postgres_tables_same(const struct postgres_tables *self, const struct postgres_tables *other);
