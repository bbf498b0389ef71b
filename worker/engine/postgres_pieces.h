// What comes after a database's rows, cut into pieces: keys and indexes of plain tables, which can
// be made at the same time, and all the rest, which comes after them in pg_dump's own order.
//
// A piece's statements lock one table each, for as long as each runs: no two pieces can wait for
// each other. (CREATE INDEX lets others be made on the same table, a key does not.) So what is no
// key and no index, what is on anything else than a plain table of which none inherits, and what
// needs something that comes after rows itself, is left in the rest: foreign keys, which lock two
// tables, INDEX ATTACH, rules, triggers, policies, publications, comments, views that are filled,
// indexes on these, and any kind that is not known here.
//
// A large table has pieces of its own: one of its keys, and its indexes in several. Others share
// pieces by their names. Pieces are in the order in which they are best begun: large tables'
// indexes, the largest first, then their keys, for which they are not waited for, then the shared
// ones. Which table is in which piece follows from names and from how often a size can be halved,
// so it seldom changes.

#pragma once

#include <stdint.h>

#include "worker/engine/postgres_list.h"
#include "worker/engine/postgres_tables.h"

enum {
    POSTGRES_PIECES_LARGE = 32,  // tables with pieces of their own
    POSTGRES_PIECES_OWN = 64,    // of all of their indexes
    POSTGRES_PIECES_SHARED = 16,
    POSTGRES_PIECES_MAX = POSTGRES_PIECES_LARGE + POSTGRES_PIECES_OWN + POSTGRES_PIECES_SHARED,
};

struct postgres_pieces {
    char *lists[POSTGRES_PIECES_MAX];  // as pg_restore --use-list takes them
    size_t count;                      // 0: all is in the rest
    char *rest;
};

// Is there so much in the tables that cutting is worth it? range_bytes: what a file of rows should
// have; 0: the usual.
int postgres_pieces_are_worth(const struct postgres_tables *tables, uint64_t range_bytes);

// `all`: with what depends on what; `after`: what of it comes after rows.
void postgres_pieces_make(struct postgres_pieces *self, const postgres_list_t *all,
                          const postgres_list_t *after, const struct postgres_tables *tables,
                          uint64_t range_bytes);
void postgres_pieces_clear(struct postgres_pieces *self);
