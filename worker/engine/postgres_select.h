// What a policy's selection leaves out of one database of a PostgreSQL server, at the snapshot of
// its dump, and what must go with it so that the script can be loaded:
// - whatever depends on it, by the server's own account of that (pg_depend): views, foreign keys,
//   functions with its row type, policies, children;
// - foreign keys to tables whose rows are left out, as they could not be made over rows that refer
//   to nothing; the statement to add one again is told;
// - the rows of materialized views that are made from one without rows.
// Partitions are as their parents: left out, without rows or included with them; the parent of a
// partition that is wanted is wanted. Sequences stay.
//
// pg_dump passes over tables by patterns; what else goes is taken out of its archive's list. Names
// go into patterns as the server lists them, quoted, and in the encoding of the database, which is
// the tool's.
//
//     CLEAN(postgres_select_destroy) postgres_select_t *select = NULL;
//     if (postgres_select_open(&select, keeper, "shop", exclusions, error)) ...
//     for (size_t i = 0; i < postgres_select_arguments(select); i++)
//         arguments_add(&arguments, postgres_select_argument(select, i));

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "worker/engine/exclusions.h"
#include "worker/engine/postgres.h"

enum {
    POSTGRES_SELECT_SIZE_MAX = 1 << 20,  // bytes of all patterns, some 20,000 tables
    POSTGRES_SELECT_ARGUMENTS_MAX = 4000,
};

typedef struct postgres_select postgres_select_t;

// Asks for all tables of the database; exclusions must outlive this. ERROR_CONFIG if the names of
// what is left out would fit no command line.
int postgres_select_open(postgres_select_t **self_p, postgres_t *postgres, const char *database,
                         exclusions_t *exclusions, struct error *error);
void postgres_select_destroy(postgres_select_t **self_p);

// For pg_dump, in all of its runs.
size_t postgres_select_arguments(const postgres_select_t *self);
const char *postgres_select_argument(const postgres_select_t *self, size_t index);

// Is there something that no argument leaves out?
int postgres_select_is_filter(const postgres_select_t *self);

// Is the object with this catalog and number such a thing?
int postgres_select_drops(const postgres_select_t *self, uint32_t catalog, uint32_t number);

// Is the table with this number in the dump? Are its rows? What was not asked for is.
int postgres_select_has(const postgres_select_t *self, uint32_t table);
int postgres_select_reads(const postgres_select_t *self, uint32_t table);

int64_t postgres_select_left_out(const postgres_select_t *self);  // tables and partitioned ones

// Numbers of the tables that are left out, and of those whose rows are (these too):
// "{16384,16390}", the caller's.
char *postgres_select_gone(const postgres_select_t *self);
char *postgres_select_rowless(const postgres_select_t *self);
