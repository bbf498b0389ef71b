// What of a database cannot be made without tables that are left out, or without the rows of
// others: by pg_depend, as the server itself would find it for DROP ... CASCADE. Part of
// postgres_select.

#pragma once

#include <stdint.h>

#include "worker/engine/postgres.h"

struct postgres_dependent {
    uint32_t number;
    int is_table;          // or a view or the like: one of pg_class
    int is_told;           // it is no mere part of what is left out already
    const char *kind;      // "view", "function", "table constraint", "policy"
    const char *identity;  // "public.total", "to_log on public.orders", quoted where it must be
    const char *needs;     // what of that which goes it needs
    const char *again;     // the statement that makes a foreign key again; NULL for all else
};

typedef struct postgres_depend postgres_depend_t;

// Materialized views that are made from others, also by way of views and of functions with a body
// that the server knows: they cannot be filled over one that is not. `found` gets their numbers.
int postgres_depend_readers(postgres_t *postgres, const char *views,
                            void (*found)(void *context, uint32_t number), void *context,
                            struct error *error);

// `left_out`, `shorts` (tables of which rows are left out) and `without_data` (of all rows) are
// lists of pg_class numbers, "{16384,16390}". `found` is called for each dependent; texts last as
// long as the call.
int postgres_depend_open(postgres_depend_t **self_p, postgres_t *postgres, const char *left_out,
                         const char *shorts, const char *without_data,
                         void (*found)(void *context, const struct postgres_dependent *each),
                         void *context, struct error *error);
void postgres_depend_destroy(postgres_depend_t **self_p);

// Is there any that pg_dump writes although its table is passed over?
int postgres_depend_is_filter(const postgres_depend_t *self);

// Is it one of them, or a part of one?
int postgres_depend_has(const postgres_depend_t *self, uint32_t catalog, uint32_t number);
