#include "worker/engine/engine.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "worker/engine/reach.h"

static const struct engine_ops *const kinds[] = {
    &engine_mysqldump_ops, &engine_mariadb_dump_ops, &engine_pg_dump_ops,
    &engine_postgres_ops,  &engine_mysql_reader_ops,
};

static const char vendor[] = "vendor";

// Our own reader of each engine, what drives the vendor's tool that fits, and the tools, best
// first.
static const struct maker {
    const char *engine;
    const struct engine_ops *ours, *vendors;
    enum tool_kind tool, other;
} makers[] = {
    {"mysql", &engine_mysql_reader_ops, &engine_mysql_ops, TOOL_MYSQLDUMP, TOOL_MARIADB_DUMP},
    {"mariadb", &engine_mysql_reader_ops, &engine_mysql_ops, TOOL_MARIADB_DUMP, TOOL_MARIADB_DUMP},
    {"postgres", &engine_postgres_ops, &engine_pg_dump_ops, TOOL_PG_DUMP, TOOL_PG_DUMP},
};

static const struct maker *
find_maker(const char *engine, struct error *error)
{
    for (size_t index = 0; index < sizeof makers / sizeof *makers; index++) {
        if (strcmp(makers[index].engine, engine) == 0)
            return &makers[index];
    }
    error_set(error, ERROR_CONFIG, "no engine reads a server of kind '%s'", engine);
    return NULL;
}

static const struct engine_ops *
find_ops(const char *kind, const char *engine, struct error *error)
{
    if (*kind == '\0' || strcmp(kind, vendor) == 0) {
        const struct maker *maker = find_maker(engine, error);
        return !maker ? NULL : *kind ? maker->vendors : maker->ours;
    }
    for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
        if (strcmp(kinds[index]->kind, kind) == 0)
            return kinds[index];
    }
    error_set(error, ERROR_CONFIG, "no engine is called '%s'", kind);
    return NULL;
}

// A client's library says little of why there is no way to a server: looks for itself.
static int
explain(const struct server *server, struct error *error)
{
    struct error clearer;
    if (error->about == ABOUT_REACH && reach_look(server->host, server->port, &clearer))
        *error = clearer;
    return -1;
}

int
engine_open(engine_t **self_p, const char *kind, const struct server *server,
            const toolbox_t *toolbox, struct error *error)
{
    const struct engine_ops *ops = find_ops(kind, server->engine, error);
    CLEAN(engine_destroy) engine_t *engine = NULL;
    if (!ops)
        return -1;
    if (ops->open(&engine, server, toolbox, error))
        return explain(server, error);
    if (!ops->reads || ops->reads(engine)) {
        *self_p = STEAL(engine);
        return 0;
    }
    if (*kind)
        return error_set(error, ERROR_CONFIG,
                         "the reader '%s' does not read servers as old as version %s: let the "
                         "policy say tool: vendor",
                         kind, engine_server_version(engine));
    return engine_open(self_p, vendor, server, toolbox, error);
}

int
engine_check(const char *kind, const struct server *server, const toolbox_t *toolbox,
             const selection_t *selection, findings_t *findings, uint64_t *size_bytes,
             struct error *error)
{
    const struct engine_ops *ops = find_ops(kind, server->engine, error);
    if (!ops)
        return -1;
    *size_bytes = 0;
    return ops->check(server, toolbox, selection, findings, size_bytes, error)
               ? explain(server, error)
               : 0;
}

int
engine_find_tool(const char *engine, const char *version, const toolbox_t *toolbox,
                 struct error *error)
{
    const struct maker *maker = find_maker(engine, error);
    const struct tool *tool = NULL;
    struct error other;
    unsigned major = 0, minor = 0;
    if (!maker)
        return -1;
    if (sscanf(version, "%4u.%4u", &major, &minor) < 2)
        minor = 0;
    if (toolbox_find(toolbox, maker->tool, engine, major, minor, &tool, error) == 0 ||
        toolbox_find(toolbox, maker->other, engine, major, minor, &tool, &other) == 0)
        return 0;
    return -1;
}

void
engine_destroy(engine_t **self_p)
{
    if (*self_p)
        (*self_p)->ops->destroy(self_p);
}

int
engine_backup(engine_t *self, const struct backup_options *options, const struct sink *sink,
              struct error *error)
{
    return self->ops->backup(self, options, sink, error);
}

int
engine_is_empty(engine_t *self, int *empty, struct error *error)
{
    return self->ops->is_empty(self, empty, error);
}

int
engine_restore(engine_t *self, const struct restore_options *options,
               const struct set_source_file *files, size_t count, struct error *error)
{
    return self->ops->restore(self, options, files, count, error);
}

const char *
engine_tool_name(const engine_t *self)
{
    return self->ops->tool_name(self);
}

const char *
engine_tool_version(const engine_t *self)
{
    return self->ops->tool_version(self);
}

const char *
engine_server_version(const engine_t *self)
{
    return self->ops->server_version(self);
}
