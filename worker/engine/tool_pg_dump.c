// PostgreSQL with its own tools: pg_dump for each database, our own script for roles, psql to load.

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/engine.h"
#include "worker/engine/postgres.h"
#include "worker/engine/postgres_check.h"
#include "worker/engine/postgres_databases.h"
#include "worker/engine/postgres_dump.h"
#include "worker/engine/postgres_globals.h"
#include "worker/engine/postgres_restore.h"
#include "worker/engine/postgres_role.h"
#include "worker/engine/postgres_select.h"

struct engine_pg_dump {
    engine_t base;
    struct server server;  // lent by the caller, who keeps it as long as the engine
    const toolbox_t *toolbox;
    const struct tool *pg_dump;
    unsigned major, minor;
    char *version;
};

static int
find_tool(const struct engine_pg_dump *self, enum tool_kind kind, const struct tool **tool,
          struct error *error)
{
    return toolbox_find(self->toolbox, kind, "postgres", self->major, self->minor, tool, error);
}

static void
destroy(engine_t **self_p)
{
    struct engine_pg_dump *self = (struct engine_pg_dump *)*self_p;
    if (self)
        memory_free(&self->version);
    memory_free(self_p);
}

static int
open_engine(engine_t **self_p, const struct server *server, const toolbox_t *toolbox,
            struct error *error)
{
    CLEAN(postgres_destroy) postgres_t *postgres = NULL;
    if (postgres_open_any(&postgres, server, error) ||
        postgres_role_check(postgres, server->role, error))
        return -1;
    CLEAN(destroy) engine_t *base = memory_get(sizeof(struct engine_pg_dump));
    struct engine_pg_dump *self = (struct engine_pg_dump *)base;
    base->ops = &engine_pg_dump_ops;
    self->server = *server;
    // A name of several readers leads to another one each time, which has no snapshot of ours.
    if (server->role == SERVER_REPLICA)
        snprintf(self->server.address, SERVER_ADDRESS_SIZE, "%s", postgres_address(postgres));
    self->toolbox = toolbox;
    self->version = memory_copy_text(postgres_version_text(postgres));
    unsigned number = postgres_version(postgres);
    self->major = number / 10000;
    self->minor = self->major >= 10 ? number % 10000 : number / 100 % 100;
    if (find_tool(self, TOOL_PG_DUMP, &self->pg_dump, error))
        return -1;
    *self_p = STEAL(base);
    return 0;
}

static int
add_facts(const struct engine_pg_dump *self, postgres_t *postgres, const struct sink *sink,
          struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, "SELECT version(), pg_is_in_recovery()", NULL, &rows, error))
        return error_wrap(error, "cannot ask the server what it is");
    sink->fact(sink->self, "server_version", postgres_version_text(postgres));
    sink->fact(sink->self, "flavour", "postgres");
    sink->fact(sink->self, "server", postgres_rows_text(rows, 0, 0));
    sink->fact(sink->self, "standby", postgres_rows_true(rows, 0, 1) ? "yes" : "no");
    CLEAN(memory_free) char *oldest = memory_format("PostgreSQL %u", self->pg_dump->major);
    sink->fact(sink->self, "oldest_server_to_restore_into", oldest);
    sink->fact(sink->self, "row_order", "as stored: pg_dump cannot order rows by key");
    return 0;
}

// A database that was dropped since it was listed is left out; any other failure is one.
static int
dump_if_there(const struct postgres_dump *dump, const struct postgres_database *database,
              struct error *error)
{
    if (postgres_dump_database(dump, database, error) == 0)
        return 0;
    if (error->code != ERROR_NOT_FOUND)
        return -1;
    struct error cause = *error;
    CLEAN(postgres_destroy) postgres_t *postgres = NULL;
    int has = 0;
    if (postgres_open_any(&postgres, dump->server, error) ||
        postgres_databases_has(postgres, database->name, &has, error))
        return -1;
    if (has) {
        *error = cause;
        return -1;
    }
    CLEAN(memory_free) char *what = memory_format("database '%s'", database->name);
    dump->sink->left_out(dump->sink->self, what, "it was dropped while the backup ran");
    return 0;
}

static int
dump_databases(const struct postgres_dump *dump, const struct postgres_databases *databases,
               struct error *error)
{
    for (size_t index = 0; index < databases->count; index++) {
        const struct postgres_database *each = &databases->list[index];
        if (each->why_not) {
            CLEAN(memory_free) char *what = memory_format("database '%s'", each->name);
            dump->sink->left_out(dump->sink->self, what, each->why_not);
        } else if (!each->is_left_out && dump_if_there(dump, each, error)) {
            return -1;
        }
    }
    return exclusions_tell(dump->exclusions, dump->sink, error);
}

// Looks at databases until it is known that the policy's include lists want something, so that a
// typing error in them fails before anything is dumped.
static int
foresee(const struct server *server, struct postgres_databases *databases,
        const selection_t *selection, struct error *error)
{
    CLEAN(exclusions_destroy)
    exclusions_t *exclusions = exclusions_new(selection, NAMES_AS_THEY_ARE);
    postgres_databases_select(databases, exclusions);
    for (size_t index = 0; index < databases->count; index++) {
        const struct postgres_database *each = &databases->list[index];
        CLEAN(postgres_destroy) postgres_t *postgres = NULL;
        CLEAN(postgres_select_destroy) postgres_select_t *select = NULL;
        if (exclusions_check(exclusions, error) == 0)
            return 0;
        if (each->why_not || each->is_left_out)
            continue;
        // One that cannot be opened fails, or is left out, when its turn comes.
        if (postgres_open(&postgres, server, each->name, error))
            return 0;
        if (postgres_select_open(&select, postgres, each->name, exclusions, error))
            return error_wrap(error, "database '%s'", each->name);
    }
    return exclusions_check(exclusions, error);
}

static int
backup(engine_t *base, const struct backup_options *options, const struct sink *sink,
       struct error *error)
{
    struct engine_pg_dump *self = (struct engine_pg_dump *)base;
    CLEAN(postgres_destroy) postgres_t *postgres = NULL;
    CLEAN(postgres_databases_clear) struct postgres_databases databases = {0};
    CLEAN(exclusions_destroy)
    exclusions_t *exclusions = exclusions_new(options->selection, NAMES_AS_THEY_ARE);
    struct postgres_dump dump = {.server = &self->server,
                                 .tool = self->pg_dump,
                                 .options = options,
                                 .sink = sink,
                                 .exclusions = exclusions};
    if (postgres_open_any(&postgres, &self->server, error) ||
        add_facts(self, postgres, sink, error) ||
        postgres_databases_get(postgres, &databases, error) ||
        foresee(&self->server, &databases, options->selection, error))
        return -1;
    postgres_databases_select(&databases, exclusions);
    if (postgres_globals_dump(postgres, options, sink, error) ||
        postgres_dump_odd_names(&dump, postgres, &databases, error))
        return -1;
    // Not held during the dumps: a session at rest is what a network cuts off first.
    postgres_destroy(&postgres);
    return dump_databases(&dump, &databases, error);
}

static int
is_empty(engine_t *base, int *empty, struct error *error)
{
    return postgres_restore_is_empty(&((struct engine_pg_dump *)base)->server, empty, error);
}

static int
restore(engine_t *base, const struct restore_options *options, const struct set_source_file *files,
        size_t count, struct error *error)
{
    struct engine_pg_dump *self = (struct engine_pg_dump *)base;
    const struct tool *psql = NULL;
    if (find_tool(self, TOOL_PSQL, &psql, error))
        return -1;
    return postgres_restore_load(&self->server, psql, options, files, count, error);
}

static const char *
tool_name(const engine_t *base)
{
    (void)base;
    return "pg_dump";
}

static const char *
tool_version(const engine_t *base)
{
    return ((const struct engine_pg_dump *)base)->pg_dump->version;
}

static const char *
server_version(const engine_t *base)
{
    return ((const struct engine_pg_dump *)base)->version;
}

const struct engine_ops engine_pg_dump_ops = {
    .kind = "pg_dump",
    .open = open_engine,
    .destroy = destroy,
    .backup = backup,
    .is_empty = is_empty,
    .restore = restore,
    .check = postgres_check,
    .tool_name = tool_name,
    .tool_version = tool_version,
    .server_version = server_version,
};
