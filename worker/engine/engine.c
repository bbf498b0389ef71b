#include "worker/engine/engine.h"

#include <stddef.h>
#include <string.h>

static const struct engine_ops *const kinds[] = {
    &engine_mysqldump_ops,
    &engine_mariadb_dump_ops,
    &engine_pg_dump_ops,
};

// Which one opens a server when no kind was asked for.
static const struct {
    const char *engine;
    const struct engine_ops *ops;
} by_engine[] = {
    {"mysql", &engine_mysql_ops},
    {"mariadb", &engine_mysql_ops},
    {"postgres", &engine_pg_dump_ops},
};

static int
open_by_engine(engine_t **self_p, const struct server *server, const toolbox_t *toolbox,
               struct error *error)
{
    for (size_t index = 0; index < sizeof by_engine / sizeof *by_engine; index++) {
        if (strcmp(by_engine[index].engine, server->engine) == 0)
            return by_engine[index].ops->open(self_p, server, toolbox, error);
    }
    return error_set(error, ERROR_CONFIG, "no engine reads a server of kind '%s'", server->engine);
}

int
engine_open(engine_t **self_p, const char *kind, const struct server *server,
            const toolbox_t *toolbox, struct error *error)
{
    if (*kind == '\0')
        return open_by_engine(self_p, server, toolbox, error);
    for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
        if (strcmp(kinds[index]->kind, kind) == 0)
            return kinds[index]->open(self_p, server, toolbox, error);
    }
    return error_set(error, ERROR_CONFIG, "no engine is called '%s'", kind);
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

int
engine_check(engine_t *self, struct finding *findings, size_t *count, size_t count_max,
             struct error *error)
{
    return self->ops->check(self, findings, count, count_max, error);
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
