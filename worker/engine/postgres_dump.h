// Dumps one database of a PostgreSQL server into a sink: on a snapshot, whose point in time the
// sink is told, with what is left out and why.
//
// User mappings with options that this login can read (passwords for other servers) are left out
// unless the policy wants them.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/exclusions.h"
#include "worker/engine/postgres_databases.h"

struct postgres_dump {
    const struct server *server;
    const struct tool *tool;  // pg_dump
    const struct backup_options *options;
    const struct sink *sink;
    exclusions_t *exclusions;  // of the whole server
};

// Before the databases: the scripts that create those whose names pg_dump cannot write. They are
// files of the databases too.
int postgres_dump_odd_names(const struct postgres_dump *self, postgres_t *postgres,
                            const struct postgres_databases *databases, struct error *error);

int postgres_dump_database(const struct postgres_dump *self,
                           const struct postgres_database *database, struct error *error);
