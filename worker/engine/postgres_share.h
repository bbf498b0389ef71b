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

struct postgres_share {
    const struct postgres_table **tables;  // each lent
    size_t count;                          // 0: large objects
    uint32_t number;                       // of the file; 0: the next one

    char *low, *high;  // from low on and before high: values of the key, as SQL; NULL: no end
    char *low_shown, *high_shown;   // the same for the manifest
    int by_place;                   // a range of pages instead
    uint64_t first_page, end_page;  // end_page 0: to the last one
    double correlation;  // of a key whose order was left for speed, with that on disk; by_place
    int is_for_speed;
    uint64_t pages;  // of the table, at least

    uint64_t first_object, end_object;
    uint64_t size_bytes;  // about
};

struct postgres_share_reader {
    postgres_t *postgres;
    const char *encoding;  // that it speaks
    const struct sink *sink;
    void *file;  // begun; closed here
    void *self;

    int64_t limit_ms;     // of one statement that reads a large table; 0: none
    int64_t *longest_ms;  // of those that could not be cut; may be NULL

    // So much was read: called a few times a second, and not 0 gives the share up. May be NULL.
    int (*tell)(void *self, uint64_t size_bytes, struct error *error);

    // As of struct postgres_copy; may be NULL.
    int (*hold)(void *self, uint64_t size_bytes, struct error *error);
};

// `parts`: one for each table, to be filled in. Errors name the table. ERROR_CONFIG: a row is too
// large for COPY; else as postgres_copy_out.
int postgres_share_read(const struct postgres_share *self,
                        const struct postgres_share_reader *reader, struct file_part *parts,
                        struct error *error);

void postgres_share_clear(struct postgres_share *self);
