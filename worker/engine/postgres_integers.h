// Where to cut what has a key of integers: a table, or large objects by their numbers. How many
// keys are between two of them a sample of the pages says, which is the same for the same pages
// whatever ANALYZE finds; it reads a small part of them, and counts nothing. The cuts are those of
// ranges.h: at multiples of powers of two where rows are, or where the set before has them.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/postgres_edges.h"
#include "worker/engine/ranges.h"

struct postgres_integers {
    const char *name, *key;  // SQL: of the relation, of its column
    const char *relation;    // SQL: its number
    int64_t least, greatest;
    uint64_t parts;            // how many ranges there should be, about
    int is_tight;              // as of ranges.h
    const char *const *edges;  // of the set before, in order; or NULL
    size_t edge_count;
};

// Fails as postgres_query. Of a range the rows are those of the sample.
int postgres_integers_cut(ranges_t **ranges, postgres_t *postgres,
                          const struct postgres_integers *self, struct error *error);

// Adds the edges of a table: none if it has no rows, or few. Fails as postgres_query.
int postgres_integers_add(struct postgres_edges *edges, postgres_t *postgres,
                          const struct postgres_table *table, const char *database,
                          const struct earlier *earlier, uint64_t parts, int is_tight,
                          struct error *error);
