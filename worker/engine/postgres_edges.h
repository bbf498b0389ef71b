// Where a large table can be cut: its key's ends, keys that cut it into parts of about one size, or
// how many pages it has. Asked of the server.

#pragma once

#include <stdint.h>

#include "worker/engine/postgres.h"
#include "worker/engine/postgres_tables.h"

struct postgres_edge {
    char *sql;    // the key's values: "'5', 'x'"
    char *shown;  // for the manifest: a value as it is, several as SQL
};

struct postgres_edges {
    struct postgres_edge *list;  // in the key's order
    size_t count;
};

// Keys that cut the table into about so many parts: at least 2, and fewer than wished where it has
// few rows. From a sample that is the same for the same table. Fails as postgres_query.
int postgres_edges_sample(struct postgres_edges *self, postgres_t *postgres,
                          const struct postgres_table *table, uint64_t parts, struct error *error);
// SQL that gives a row's key as an edge is shown; the caller's to free.
char *postgres_edges_shown(const struct postgres_table *table);

// How much of the table such a sample takes, in percent.
double postgres_edges_percent(const struct postgres_table *table, uint64_t parts);

// Takes out edges until there is a row in each range, as an empty one needs no file: by a look into
// the key's index for each. Fails as postgres_query.
int postgres_edges_drop_empty(struct postgres_edges *self, postgres_t *postgres,
                              const struct postgres_table *table, struct error *error);

void postgres_edges_add(struct postgres_edges *self, const char *sql, const char *shown);
void postgres_edges_clear(struct postgres_edges *self);

// The least and the greatest key of a table with an integer key. *is_empty: it has no rows.
int postgres_edges_ends(postgres_t *postgres, const struct postgres_table *table, int64_t *least,
                        int64_t *greatest, int *is_empty, struct error *error);

// How much the order of its key is that on disk, from -1 to 1, by the server's statistics; 1 where
// they say nothing, or where the table fits into the server's own memory.
int postgres_edges_correlation(postgres_t *postgres, const struct postgres_table *table,
                               double *correlation, struct error *error);

// The number of pages of the table's own file.
int postgres_edges_pages(postgres_t *postgres, const struct postgres_table *table, int64_t *pages,
                         struct error *error);
