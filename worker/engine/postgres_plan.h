// How a database's rows are cut into shares for several sessions: large tables into ranges of their
// keys, small ones together by their names, large objects by their numbers. Each share's file has a
// number that follows from the table's name and the range's place in it.
//
// Keys are cut where they were cut before; at first integers at multiples of powers of two where
// rows are, other keys where a sample says. No range is empty when it is planned. A table
// without a key is cut by places on disk from PostgreSQL 14 on, and read whole before that.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "worker/engine/postgres_objects.h"
#include "worker/engine/postgres_share.h"

struct postgres_plan {
    struct postgres_share *list;  // in the order of the tables
    size_t count;
};

struct postgres_plan_options {
    uint64_t range_bytes;  // about so much in a share; 0: as ranges.h says
    uint64_t files_max;    // of its shares; 0: RANGES_FILES_MAX
    const char *database;
    size_t place;                   // of the database, from 0
    const struct earlier *earlier;  // cuts to keep; may be NULL
    int by_speed;  // a table larger than the server's memory comes as stored if its key's order is
                   // another than that on disk
};

// Lends the tables. Fails as postgres_query.
int postgres_plan_make(struct postgres_plan *self, postgres_t *postgres,
                       const struct postgres_tables *tables, const struct postgres_objects *objects,
                       const struct postgres_plan_options *options, struct error *error);
void postgres_plan_clear(struct postgres_plan *self);
