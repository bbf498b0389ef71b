// The databases of a PostgreSQL server: which are to be dumped, and why the others are not.

#pragma once

#include <stddef.h>

#include "common/error.h"
#include "worker/engine/exclusions.h"
#include "worker/engine/postgres.h"

enum { POSTGRES_DATABASES_MAX = 10000 };

struct postgres_database {
    char *name;
    const char *why_not;  // NULL: it is to be dumped
    uint64_t files_max;   // of rows, at most; 0: it is not known
    int is_users;         // neither given nor a service's own
    int is_given;         // `postgres`, which every server has: a dump must not create it
    int is_left_out;      // by the policy's selection
    int is_odd;           // pg_dump cannot write a script that creates a database of this name
};

struct postgres_databases {
    struct postgres_database *list;  // by name
    size_t count;
};

// All of them, those to be left out too.
int postgres_databases_get(postgres_t *postgres, struct postgres_databases *databases,
                           struct error *error);
// Asks for all that are to be dumped.
void postgres_databases_select(struct postgres_databases *databases, exclusions_t *exclusions);
// Shares out so many files of rows among those that are to be dumped, by their sizes.
int postgres_databases_share(struct postgres_databases *databases, postgres_t *postgres,
                             uint64_t files_max, struct error *error);
void postgres_databases_clear(struct postgres_databases *databases);

// Is there a database of this name now?
int postgres_databases_has(postgres_t *postgres, const char *name, int *has, struct error *error);
