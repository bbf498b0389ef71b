#include "worker/engine/postgres_base.h"

#include <stdio.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_dump.h"
#include "worker/engine/postgres_globals.h"
#include "worker/engine/postgres_restore.h"
#include "worker/engine/postgres_role.h"
#include "worker/engine/postgres_select.h"
#include "worker/engine/ranges.h"

static int
find_tool(const struct postgres_base *self, enum tool_kind kind, const struct tool **tool,
          struct error *error)
{
    return toolbox_find(self->toolbox, kind, "postgres", self->major, self->minor, tool, error);
}

void
postgres_base_destroy(engine_t **self_p)
{
    struct postgres_base *self = (struct postgres_base *)*self_p;
    if (self)
        memory_free(&self->version);
    memory_free(self_p);
}

int
postgres_base_open(engine_t **self_p, const struct engine_ops *ops, const struct server *server,
                   const toolbox_t *toolbox, struct error *error)
{
    CLEAN(postgres_destroy) postgres_t *postgres = NULL;
    if (postgres_open_any(&postgres, server, error) ||
        postgres_role_check(postgres, server->role, error))
        return -1;
    CLEAN(postgres_base_destroy) engine_t *engine = memory_get(sizeof(struct postgres_base));
    struct postgres_base *self = (struct postgres_base *)engine;
    engine->ops = ops;
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
    *self_p = STEAL(engine);
    return 0;
}

static int
add_facts(const struct postgres_base *self, postgres_t *postgres, const struct sink *sink,
          const char *row_order, struct error *error)
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
    sink->fact(sink->self, "row_order", row_order);
    return 0;
}

// A backup under way.
struct backup {
    const struct postgres_base *base;
    const struct sink *sink;
    exclusions_t *exclusions;
    postgres_base_read *read;
    void *reader;
};

// A database that was dropped since it was listed is left out; any other failure is one.
static int
read_if_there(const struct backup *self, const struct postgres_database *database,
              struct error *error)
{
    if (self->read(self->reader, database, self->exclusions, error) == 0)
        return 0;
    if (error->code != ERROR_NOT_FOUND)
        return -1;
    struct error cause = *error;
    CLEAN(postgres_destroy) postgres_t *postgres = NULL;
    int has = 0;
    if (postgres_open_any(&postgres, &self->base->server, error) ||
        postgres_databases_has(postgres, database->name, &has, error))
        return -1;
    if (has) {
        *error = cause;
        return -1;
    }
    CLEAN(memory_free) char *what = memory_format("database '%s'", database->name);
    self->sink->left_out(self->sink->self, what, "it was dropped while the backup ran");
    return 0;
}

static int
read_databases(const struct backup *self, const struct postgres_databases *databases,
               struct error *error)
{
    for (size_t index = 0; index < databases->count; index++) {
        const struct postgres_database *each = &databases->list[index];
        if (each->why_not) {
            CLEAN(memory_free) char *what = memory_format("database '%s'", each->name);
            self->sink->left_out(self->sink->self, what, each->why_not);
        } else if (!each->is_left_out && read_if_there(self, each, error)) {
            return -1;
        }
    }
    return exclusions_tell(self->exclusions, self->sink, error);
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

int
postgres_base_backup(const struct postgres_base *self, const struct backup_options *options,
                     const struct sink *sink, const char *row_order, postgres_base_read *read,
                     void *reader, struct error *error)
{
    CLEAN(postgres_destroy) postgres_t *postgres = NULL;
    CLEAN(postgres_databases_clear) struct postgres_databases databases = {0};
    CLEAN(exclusions_destroy)
    exclusions_t *exclusions = exclusions_new(options->selection, NAMES_AS_THEY_ARE);
    struct backup backup = {
        .base = self, .sink = sink, .exclusions = exclusions, .read = read, .reader = reader};
    struct postgres_dump dump = {.server = &self->server,
                                 .tool = self->pg_dump,
                                 .options = options,
                                 .sink = sink,
                                 .exclusions = exclusions};
    if (postgres_open_any(&postgres, &self->server, error) ||
        add_facts(self, postgres, sink, row_order, error) ||
        postgres_databases_get(postgres, &databases, error) ||
        foresee(&self->server, &databases, options->selection, error))
        return -1;
    postgres_databases_select(&databases, exclusions);
    if (postgres_databases_share(&databases, postgres,
                                 options->files_max ? options->files_max : RANGES_FILES_MAX, error))
        return -1;
    if (postgres_globals_dump(postgres, options, sink, error) ||
        postgres_dump_odd_names(&dump, postgres, &databases, error))
        return -1;
    // Not held during the dumps: a session at rest is what a network cuts off first.
    postgres_destroy(&postgres);
    return read_databases(&backup, &databases, error);
}

int
postgres_base_is_empty(engine_t *self, int *empty, struct error *error)
{
    return postgres_restore_is_empty(&((struct postgres_base *)self)->server, empty, error);
}

int
postgres_base_restore(engine_t *engine, const struct restore_options *options,
                      const struct set_source_file *files, size_t count, struct error *error)
{
    struct postgres_base *self = (struct postgres_base *)engine;
    const struct tool *psql = NULL;
    if (find_tool(self, TOOL_PSQL, &psql, error))
        return -1;
    return postgres_restore_load(&self->server, psql, options, files, count, error);
}

const char *
postgres_base_tool_version(const engine_t *self)
{
    return ((const struct postgres_base *)self)->pg_dump->version;
}

const char *
postgres_base_server_version(const engine_t *self)
{
    return ((const struct postgres_base *)self)->version;
}
