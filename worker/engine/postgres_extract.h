// Reads one database of a PostgreSQL server into a sink over several sessions at one point in time:
// definitions by pg_dump, in two parts on the same snapshot, rows and large objects by ourselves
// between them.
//
// Files, in the order in which they are loaded: what comes before rows (group "before"), how large
// objects are made, rows (group "data", side by side), values of sequences, keys and indexes where
// there are many or large ones (group "indexes", side by side), what else comes after rows (group
// "after").

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/exclusions.h"
#include "worker/engine/postgres_databases.h"
#include "worker/engine/postgres_types.h"

enum { POSTGRES_CONNECTIONS = 3 };  // what is not said: the keeper, and two that read

struct postgres_extract {
    const struct server *server;
    const struct tool *tool;  // pg_dump
    const struct backup_options *options;
    const struct sink *sink;
    exclusions_t *exclusions;  // of the whole server
    uint64_t range_bytes;      // about so much in a file of rows; 0: the usual
    enum postgres_choice choice;
    size_t place;  // of the database among those that are read, from 0
};

// Fails as postgres_point_take, pg_dump and postgres_share_read.
int postgres_extract_database(const struct postgres_extract *self,
                              const struct postgres_database *database, struct error *error);
