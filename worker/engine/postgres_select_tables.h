// What tables a database has, for a selection: also views, and each with its parent if it is a
// partition. Part of postgres_select.

#pragma once

#include "worker/engine/postgres.h"
#include "worker/engine/selection.h"

struct postgres_select_table {
    uint32_t number, parent;  // parent: of a partition; 0 = none
    char kind;                // pg_class.relkind
    const char *inner, *name, *inner_hex, *name_hex;
    struct selection_answer answer;
    int is_short;  // rows of it, or of a partition of it, are left out
};

struct postgres_select_tables {
    struct postgres_select_table *list;  // by number
    size_t count;
    postgres_rows_t *rows;  // texts of the tables live in it
};

// All but the system's and those of extensions. Fails as postgres_query.
int postgres_select_tables_read(struct postgres_select_tables *self, postgres_t *postgres,
                                struct error *error);
void postgres_select_tables_clear(struct postgres_select_tables *self);

// NULL: there is none.
struct postgres_select_table *postgres_select_tables_find(const struct postgres_select_tables *self,
                                                          uint32_t number);
struct postgres_select_table *
postgres_select_tables_parent(const struct postgres_select_tables *self,
                              const struct postgres_select_table *table);

// "{16384,16390}" of the tables for which `is_one` holds; the caller's.
char *postgres_select_tables_numbers(const struct postgres_select_tables *self,
                                     int (*is_one)(const struct postgres_select_table *));

const char *postgres_select_table_kind(const struct postgres_select_table *self);
