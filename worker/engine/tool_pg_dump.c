// PostgreSQL with its own tools: pg_dump for each database, our own script for roles, psql to load.

#include "worker/engine/engine.h"
#include "worker/engine/postgres_base.h"
#include "worker/engine/postgres_check.h"
#include "worker/engine/postgres_dump.h"

static int
open_engine(engine_t **self_p, const struct server *server, const toolbox_t *toolbox,
            struct error *error)
{
    return postgres_base_open(self_p, &engine_pg_dump_ops, server, toolbox, error);
}

static int
dump(void *self, const struct postgres_database *database, exclusions_t *exclusions,
     struct error *error)
{
    struct postgres_dump job = *(const struct postgres_dump *)self;
    job.exclusions = exclusions;
    return postgres_dump_database(&job, database, error);
}

static int
backup(engine_t *engine, const struct backup_options *options, const struct sink *sink,
       struct error *error)
{
    struct postgres_base *self = (struct postgres_base *)engine;
    struct postgres_dump job = {
        .server = &self->server, .tool = self->pg_dump, .options = options, .sink = sink};
    return postgres_base_backup(self, options, sink, "as stored: pg_dump cannot order rows by key",
                                dump, &job, error);
}

static const char *
tool_name(const engine_t *self)
{
    (void)self;
    return "pg_dump";
}

const struct engine_ops engine_pg_dump_ops = {
    .kind = "pg_dump",
    .open = open_engine,
    .destroy = postgres_base_destroy,
    .backup = backup,
    .is_empty = postgres_base_is_empty,
    .restore = postgres_base_restore,
    .check = postgres_check,
    .tool_name = tool_name,
    .tool_version = postgres_base_tool_version,
    .server_version = postgres_base_server_version,
};
