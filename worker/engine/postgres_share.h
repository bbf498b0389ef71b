// A share of a database's rows: what one session reads into one file. Either a range of one table's
// rows, or several small tables whole, or a range of large objects.
//
// The file is a script for psql: how the session is to be set, then a `COPY ... FROM stdin` for
// each table, or the statements that fill the objects. Nothing in it changes unless the rows do.
// Rows are in the order of their key; those of very small tables, or without a key, as they are
// stored.

#pragma once

#include <stdint.h>

#include "worker/engine/engine.h"
#include "worker/engine/postgres.h"
#include "worker/engine/postgres_tables.h"

enum { POSTGRES_SHARE_TABLES_MAX = 500 };

struct postgres_share {
    const struct postgres_table *tables;  // lent; side by side in the list of tables
    size_t count;                         // 0: large objects

    // From low on and before high, as SQL: values of the key, or places ("'(17,0)'"). NULL: no end.
    char *low, *high;
    char *low_shown, *high_shown;  // the same for the manifest; NULL: no end, or a place
    int by_place;                  // a range of places on disk, of a table without a key

    uint64_t first_object, end_object;
    uint64_t size_bytes;  // about
};

struct postgres_share_reader {
    postgres_t *postgres;
    const char *encoding;  // that it speaks
    const struct sink *sink;
    void *file;  // begun; closed here
    void *self;

    // So much was read: called a few times a second, and not 0 gives the share up. May be NULL.
    int (*tell)(void *self, uint64_t size_bytes, struct error *error);
};

// `parts`: one for each table, to be filled in. Errors name the table. ERROR_CONFIG: a row is too
// large for COPY; else as postgres_copy_out.
int postgres_share_read(const struct postgres_share *self,
                        const struct postgres_share_reader *reader, struct file_part *parts,
                        struct error *error);

void postgres_share_clear(struct postgres_share *self);
