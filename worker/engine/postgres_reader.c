// PostgreSQL by our own reader: rows over several sessions from one point in time, definitions by
// pg_dump, psql to load.

#include "worker/engine/engine.h"
#include "worker/engine/postgres_base.h"
#include "worker/engine/postgres_check.h"
#include "worker/engine/postgres_extract.h"

enum { VERSION_MIN = 10 };  // a standby shares its snapshots from then on

static int
open_engine(engine_t **self_p, const struct server *server, const toolbox_t *toolbox,
            struct error *error)
{
    engine_t *engine = NULL;
    if (postgres_base_open(&engine, &engine_postgres_ops, server, toolbox, error))
        return -1;
    unsigned major = ((struct postgres_base *)engine)->major;
    if (major < VERSION_MIN) {
        postgres_base_destroy(&engine);
        return error_set(error, ERROR_CONFIG,
                         "the reader 'postgres' reads PostgreSQL 10 and later: let the policy say "
                         "tool: pg_dump");
    }
    *self_p = engine;
    return 0;
}

static int
read_database(void *self, const struct postgres_database *database, exclusions_t *exclusions,
              struct error *error)
{
    struct postgres_extract job = *(const struct postgres_extract *)self;
    job.exclusions = exclusions;
    return postgres_extract_database(&job, database, error);
}

static int
backup(engine_t *engine, const struct backup_options *options, const struct sink *sink,
       struct error *error)
{
    struct postgres_base *self = (struct postgres_base *)engine;
    struct postgres_extract job = {.server = &self->server,
                                   .tool = self->pg_dump,
                                   .options = options,
                                   .sink = sink,
                                   .range_bytes = options->range_bytes};
    return postgres_base_backup(self, options, sink,
                                "by key; very small tables, and those without a key, as stored",
                                read_database, &job, error);
}

static const char *
tool_name(const engine_t *self)
{
    (void)self;
    return "postgres";
}

const struct engine_ops engine_postgres_ops = {
    .kind = "postgres",
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
