// What the engines for PostgreSQL have in common: a server that was identified, its tools, and all
// that is not the reading of a database. An engine of this kind embeds struct postgres_base first.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/exclusions.h"
#include "worker/engine/postgres.h"
#include "worker/engine/postgres_databases.h"

struct postgres_base {
    engine_t engine;
    struct server server;  // lent by the caller, who keeps it as long as the engine
    const toolbox_t *toolbox;
    const struct tool *pg_dump;
    unsigned major, minor;
    char *version;
};

// As the ops of struct engine_ops; `ops` are those of the engine that is opened.
int postgres_base_open(engine_t **self_p, const struct engine_ops *ops, const struct server *server,
                       const toolbox_t *toolbox, struct error *error);
void postgres_base_destroy(engine_t **self_p);
int postgres_base_is_empty(engine_t *self, int *empty, struct error *error);
int postgres_base_restore(engine_t *self, const struct restore_options *options,
                          const struct set_source_file *files, size_t count, struct error *error);
const char *postgres_base_tool_version(const engine_t *self);
const char *postgres_base_server_version(const engine_t *self);

// How a database is read. ERROR_NOT_FOUND: it may have been dropped.
typedef int(postgres_base_read)(void *self, const struct postgres_database *database,
                                exclusions_t *exclusions, struct error *error);

// Backs up all of the server: facts, globals, then each database that is to be read. One that was
// dropped since it was listed is left out. `row_order`: a fact for the manifest.
int postgres_base_backup(const struct postgres_base *self, const struct backup_options *options,
                         const struct sink *sink, const char *row_order, postgres_base_read *read,
                         void *reader, struct error *error);
