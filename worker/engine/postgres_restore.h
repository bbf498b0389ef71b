// Loads the files of a set into a PostgreSQL server with psql, in their order, and says whether a
// server holds anything of a user's.
//
// Each file goes through one psql that stops at the first error (worker/engine/postgres_load.h).
// What was loaded before an error stays: a restore that failed is repeated with `overwrite`, which
// drops each database of the set before it is created anew, and clears `postgres` if the set has a
// file for it. Roles are never dropped: those that exist stay as they are. Databases that are not
// in the set are not touched.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/postgres.h"

// Empty: no databases but `postgres` and the templates, and in `postgres` nothing of a user's.
int postgres_restore_is_empty(const struct server *server, int *empty, struct error *error);

// ERROR_INVALID: a file that is not for psql. Errors name the database and psql's line.
int postgres_restore_load(const struct server *server, const struct tool *psql,
                          const struct restore_options *options,
                          const struct set_source_file *files, size_t count, struct error *error);
