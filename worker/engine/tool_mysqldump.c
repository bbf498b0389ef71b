// The engines `mysqldump` and `mariadb-dump`: the vendors' tools for MySQL and MariaDB. They differ
// in the tool only; which of them fits is decided by what the server says it is.

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/engine.h"
#include "worker/engine/mysql_backup.h"
#include "worker/engine/mysql_check.h"
#include "worker/engine/mysql_inventory.h"
#include "worker/engine/mysql_load.h"
#include "worker/engine/mysql_role.h"
#include "worker/engine/mysql_run.h"
#include "worker/engine/mysql_session.h"

// The oldest servers that our own reader reads: major * 100 + minor.
enum { MYSQL_MIN = 507, MARIADB_MIN = 1005 };

struct mysql_engine {
    engine_t base;
    struct server server;  // a copy of its own
    const toolbox_t *toolbox;
    mysql_session_t *session;
    const struct tool *tool;
    int is_ours;  // we read rows ourselves
};

// Strings of `server` that the engine owns.
static void
server_copy(struct server *copy, const struct server *server)
{
    *copy = *server;
    copy->engine = memory_copy_text(server->engine);
    copy->host = memory_copy_text(server->host);
    copy->name = memory_copy_text(server->name ? server->name : server->host);
    copy->ca_path = memory_copy_text(server->ca_path);
    copy->credentials.username = memory_copy_text(server->credentials.username);
    copy->credentials.password = memory_copy_text(server->credentials.password);
}

static void
server_clear(struct server *copy)
{
    memory_free(&copy->engine);
    memory_free(&copy->host);
    memory_free(&copy->name);
    memory_free(&copy->ca_path);
    credentials_clear(&copy->credentials);
}

static void
mysql_engine_destroy(engine_t **self_p)
{
    struct mysql_engine *self = (struct mysql_engine *)*self_p;
    if (!self)
        return;
    mysql_session_destroy(&self->session);
    server_clear(&self->server);
    memory_free(self_p);
}

static void
own_destroy(struct mysql_engine **self_p)
{
    engine_t *base = *self_p ? &(*self_p)->base : NULL;
    if (base)
        mysql_engine_destroy(&base);
}

static int
find_tool(const struct mysql_engine *self, enum tool_kind kind, const struct tool **tool,
          struct error *error)
{
    return toolbox_find(self->toolbox, kind, mysql_session_flavour(self->session),
                        mysql_session_major(self->session), mysql_session_minor(self->session),
                        tool, error);
}

// The dump tool for a server: its own maker's; for a MySQL before 8 MariaDB's will do.
static int
pick_tool(struct mysql_engine *self, const struct engine_ops *ops, struct error *error)
{
    int is_mariadb = mysql_session_is_mariadb(self->session);
    struct error other = {0};
    if (ops == &engine_mysqldump_ops)
        return find_tool(self, TOOL_MYSQLDUMP, &self->tool, error);
    if (ops == &engine_mariadb_dump_ops || is_mariadb) {
        self->base.ops = &engine_mariadb_dump_ops;
        return find_tool(self, TOOL_MARIADB_DUMP, &self->tool, error);
    }
    self->base.ops = &engine_mysqldump_ops;
    if (find_tool(self, TOOL_MYSQLDUMP, &self->tool, error) == 0)
        return 0;
    if (mysql_session_major(self->session) >= 8 ||
        find_tool(self, TOOL_MARIADB_DUMP, &self->tool, &other))
        return -1;
    self->base.ops = &engine_mariadb_dump_ops;
    return 0;
}

static int
open_with(const struct engine_ops *ops, engine_t **self_p, const struct server *server,
          const toolbox_t *toolbox, struct error *error)
{
    CLEAN(own_destroy) struct mysql_engine *self = memory_get(sizeof *self);
    self->base.ops = ops;
    self->toolbox = toolbox;
    server_copy(&self->server, server);
    if (mysql_session_open(&self->session, &self->server, error) ||
        mysql_role_check(self->session, self->server.role, error) || pick_tool(self, ops, error))
        return -1;
    *self_p = &STEAL(self)->base;
    return 0;
}

static int
mysqldump_open(engine_t **self_p, const struct server *server, const toolbox_t *toolbox,
               struct error *error)
{
    return open_with(&engine_mysqldump_ops, self_p, server, toolbox, error);
}

static int
mariadb_dump_open(engine_t **self_p, const struct server *server, const toolbox_t *toolbox,
                  struct error *error)
{
    return open_with(&engine_mariadb_dump_ops, self_p, server, toolbox, error);
}

static int
reader_open(engine_t **self_p, const struct server *server, const toolbox_t *toolbox,
            struct error *error)
{
    if (open_with(&engine_mysql_ops, self_p, server, toolbox, error))
        return -1;
    (*self_p)->ops = &engine_mysql_reader_ops;
    ((struct mysql_engine *)*self_p)->is_ours = 1;
    return 0;
}

static int
reader_reads(const engine_t *base)
{
    const mysql_session_t *session = ((const struct mysql_engine *)base)->session;
    unsigned version = mysql_session_major(session) * 100 + mysql_session_minor(session);
    return version >= (mysql_session_is_mariadb(session) ? MARIADB_MIN : MYSQL_MIN);
}

static int
any_open(engine_t **self_p, const struct server *server, const toolbox_t *toolbox,
         struct error *error)
{
    return open_with(&engine_mysql_ops, self_p, server, toolbox, error);
}

static int
mysql_engine_backup(engine_t *base, const struct backup_options *options, const struct sink *sink,
                    struct error *error)
{
    struct mysql_engine *self = (struct mysql_engine *)base;
    const struct mysql_backup backup = {.server = &self->server,
                                        .session = self->session,
                                        .tool = self->tool,
                                        .is_ours = self->is_ours,
                                        .options = options,
                                        .sink = sink};
    return mysql_backup_run(&backup, error);
}

static int
mysql_engine_is_empty(engine_t *base, int *empty, struct error *error)
{
    struct mysql_engine *self = (struct mysql_engine *)base;
    CLEAN(mysql_inventory_destroy) mysql_inventory_t *inventory = mysql_inventory_new();
    if (mysql_inventory_read(inventory, self->session, error))
        return -1;
    *empty = mysql_inventory_schemas(inventory) == 0;
    return 0;
}

// The client that fits the server; for a MySQL before 8 MariaDB's will do.
static int
pick_client(const struct mysql_engine *self, const struct tool **client, struct error *error)
{
    struct error other = {0};
    if (mysql_session_is_mariadb(self->session))
        return find_tool(self, TOOL_MARIADB, client, error);
    if (find_tool(self, TOOL_MYSQL, client, error) == 0)
        return 0;
    return mysql_session_major(self->session) >= 8 || find_tool(self, TOOL_MARIADB, client, &other)
               ? -1
               : 0;
}

static int
load(const struct mysql_engine *self, const struct tool *client, const struct set_source_file *file,
     struct error *error)
{
    // In binary mode the client takes no commands of its own from the file (\! runs a program) and
    // leaves line ends and NUL alone.
    // Comments in the bodies of routines are part of them; some clients strip them by themselves.
    static const char *const options[] = {"--binary-mode",
                                          "--comments",
                                          "--batch",
                                          "--default-character-set=utf8mb4",
                                          "--max-allowed-packet=1G",
                                          "--local-infile=0",
                                          "--skip-auto-rehash",
                                          "--skip-reconnect",
                                          "--connect-timeout=20"};
    struct mysql_run run;
    int status = mysql_run_begin(&run, &self->server, mysql_session_has_tls(self->session), client,
                                 "", error);
    if (status == 0) {
        for (size_t i = 0; i < sizeof options / sizeof *options; i++)
            mysql_run_add(&run, options[i]);
        status = runner_load(mysql_run_runner(&run), file->path, error);
    }
    mysql_run_end(&run);
    return status;
}

// Of our own reader: loaded by ourselves, side by side.
static int
is_rows(const struct set_source_file *file)
{
    return file->group && strcmp(file->group, "data") == 0;
}

static int
load_all(struct mysql_engine *self, const struct tool *client, const struct set_source_file *files,
         size_t count, struct error *error)
{
    for (size_t i = 0, next = 0; i < count; i = next) {
        while (next < count && is_rows(&files[next]))
            next++;
        if (next > i) {
            if (mysql_load_rows(&self->server, files + i, next - i, 0, error))
                return error_wrap(error, "cannot load rows into '%s'", self->server.name);
            continue;
        }
        if (load(self, client, &files[i], error))
            return error_wrap(error, "cannot load file %zu of %zu (%s) into '%s'", i + 1, count,
                              files[i].role, self->server.name);
        next = i + 1;
    }
    return 0;
}

static int
mysql_engine_restore(engine_t *base, const struct restore_options *options,
                     const struct set_source_file *files, size_t count, struct error *error)
{
    struct mysql_engine *self = (struct mysql_engine *)base;
    const struct tool *client = NULL;
    int empty = 0;
    if (pick_client(self, &client, error) || mysql_engine_is_empty(base, &empty, error))
        return -1;
    if (!empty && !options->overwrite)
        return error_set(error, ERROR_DENIED,
                         "'%s' is not empty, and the restore was not told to overwrite",
                         self->server.name);
    for (size_t i = 0; i < count; i++) {
        int is_lines = strcmp(files[i].loader, "load-data") == 0 && is_rows(&files[i]);
        if (!is_lines && strcmp(files[i].loader, "mysql") != 0)
            return error_set(error, ERROR_INVALID, "file %zu of the set is for '%s', not for mysql",
                             i + 1, files[i].loader);
    }
    return load_all(self, client, files, count, error);
}

static int
check_with(const struct engine_ops *ops, const struct server *server, const toolbox_t *toolbox,
           const selection_t *selection, findings_t *findings, uint64_t *size_bytes,
           struct error *error)
{
    CLEAN(own_destroy) struct mysql_engine *self = memory_get(sizeof *self);
    struct error missing;
    self->base.ops = ops;
    self->toolbox = toolbox;
    server_copy(&self->server, server);
    if (mysql_session_open(&self->session, &self->server, error) ||
        mysql_role_check(self->session, self->server.role, error))
        return -1;
    if (pick_tool(self, ops, &missing))
        findings_add_error(findings, &missing, ABOUT_TOOL);
    const struct mysql_check check = {.session = self->session,
                                      .tool = self->tool,
                                      .is_ours = ops == &engine_mysql_reader_ops,
                                      .selection = selection,
                                      .findings = findings,
                                      .size_bytes = size_bytes};
    mysql_check_run(&check);
    return 0;
}

static int
mysqldump_check(const struct server *server, const toolbox_t *toolbox, const selection_t *selection,
                findings_t *findings, uint64_t *size_bytes, struct error *error)
{
    return check_with(&engine_mysqldump_ops, server, toolbox, selection, findings, size_bytes,
                      error);
}

static int
mariadb_dump_check(const struct server *server, const toolbox_t *toolbox,
                   const selection_t *selection, findings_t *findings, uint64_t *size_bytes,
                   struct error *error)
{
    return check_with(&engine_mariadb_dump_ops, server, toolbox, selection, findings, size_bytes,
                      error);
}

static int
any_check(const struct server *server, const toolbox_t *toolbox, const selection_t *selection,
          findings_t *findings, uint64_t *size_bytes, struct error *error)
{
    return check_with(&engine_mysql_ops, server, toolbox, selection, findings, size_bytes, error);
}

static int
reader_check(const struct server *server, const toolbox_t *toolbox, const selection_t *selection,
             findings_t *findings, uint64_t *size_bytes, struct error *error)
{
    return check_with(&engine_mysql_reader_ops, server, toolbox, selection, findings, size_bytes,
                      error);
}

static const char *
mysql_engine_tool_name(const engine_t *base)
{
    const struct mysql_engine *self = (const struct mysql_engine *)base;
    return self->is_ours ? "mysql" : tool_kind_name(self->tool->kind);
}

static const char *
mysql_engine_tool_version(const engine_t *base)
{
    const struct mysql_engine *self = (const struct mysql_engine *)base;
    return self->is_ours ? DBHAUL_VERSION : self->tool->version;
}

static const char *
mysql_engine_server_version(const engine_t *base)
{
    return mysql_session_version(((const struct mysql_engine *)base)->session);
}

#define COMMON_OPS \
    .destroy = mysql_engine_destroy, .backup = mysql_engine_backup, \
    .is_empty = mysql_engine_is_empty, .restore = mysql_engine_restore, \
    .tool_name = mysql_engine_tool_name, .tool_version = mysql_engine_tool_version, \
    .server_version = mysql_engine_server_version

const struct engine_ops engine_mysqldump_ops = {
    .kind = "mysqldump", .open = mysqldump_open, .check = mysqldump_check, COMMON_OPS};
const struct engine_ops engine_mariadb_dump_ops = {
    .kind = "mariadb-dump", .open = mariadb_dump_open, .check = mariadb_dump_check, COMMON_OPS};
const struct engine_ops engine_mysql_ops = {
    .kind = "any of MySQL's", .open = any_open, .check = any_check, COMMON_OPS};
const struct engine_ops engine_mysql_reader_ops = {
    .kind = "mysql", .open = reader_open, .reads = reader_reads, .check = reader_check, COMMON_OPS};
