#include "worker/engine/toolbox.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/process.h"

enum { VERSION_PATIENCE_MS = 5000, VERSION_OUTPUT_SIZE = 512, TOOLS_MAX = 256 };

struct toolbox {
    struct tool tools[TOOLS_MAX];
    size_t count;
};

// One row a kind. A file of either MySQL name may be of either maker: see tool_read.
static const struct {
    const char *name;
    const char *package;  // whose package has it, for the sentence that says what to install
} kinds[TOOL_KINDS] = {
    [TOOL_MYSQLDUMP] = {"mysqldump", "MySQL's own client tools (mysql-client, mysqldump)"},
    [TOOL_MARIADB_DUMP] = {"mariadb-dump", "MariaDB's client tools (mariadb-client)"},
    [TOOL_PG_DUMP] = {"pg_dump", "PostgreSQL's client tools (postgresql-client)"},
    [TOOL_MYSQL] = {"mysql", "MySQL's own client tools (mysql-client)"},
    [TOOL_MARIADB] = {"mariadb", "MariaDB's client tools (mariadb-client)"},
    [TOOL_PSQL] = {"psql", "PostgreSQL's client tools (postgresql-client)"},
    [TOOL_PG_DUMPALL] = {"pg_dumpall", "PostgreSQL's client tools (postgresql-client)"},
};

static const char *const usual_folders[] = {
    "/usr/bin",
    "/usr/local/bin",
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql*/bin",
    "/opt/mysql/*/bin",
    "/opt/mysql/bin",
    "/opt/mariadb/*/bin",
    "/opt/mariadb/bin",
    "/usr/local/mysql*/bin",
    "/usr/local/mariadb*/bin",
};

const char *
tool_kind_name(enum tool_kind kind)
{
    return kinds[kind].name;
}

// Runs `path --version`; gives what it printed, or -1.
static int
version_output(const char *path, char output[VERSION_OUTPUT_SIZE])
{
    struct error error;
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC))
        return -1;
    CLEAN(fd_close) int reader = pipe_fds[0];
    CLEAN(fd_close) int writer = pipe_fds[1];
    const char *argv[] = {path, "--version", NULL};
    struct process_options options = {.argv = argv, .stdout_fd = writer};
    CLEAN(process_destroy) process_t *process = NULL;
    struct process_end end;
    if (process_start(&process, &options, &error) ||
        process_wait(process, VERSION_PATIENCE_MS, &end, &error) || end.exit_code != 0)
        return -1;
    if (fcntl(reader, F_SETFL, O_NONBLOCK))
        return -1;
    ssize_t size = read(reader, output, VERSION_OUTPUT_SIZE - 1);
    if (size <= 0)
        return -1;
    output[size] = '\0';
    output[strcspn(output, "\n")] = '\0';
    return 0;
}

// Where the version begins in what a tool of MySQL or MariaDB printed:
// "mysqldump  Ver 8.0.36 for Linux", "mysql  Ver 14.14 Distrib 5.7.44, for Linux",
// "mysqldump  Ver 10.19 Distrib 10.11.19-MariaDB, for", "mariadb from 11.8.2-MariaDB, client 15.2".
static const char *
mysql_version(const char *output, int mariadb)
{
    static const char *const marks[] = {" Distrib ", " from ", " Ver "};
    for (size_t index = 0; index < sizeof marks / sizeof *marks; index++) {
        const char *found = strstr(output, marks[index]);
        if (found && (mariadb || index != 1))
            return found + strlen(marks[index]);
    }
    return NULL;
}

static int
is_of_postgres(enum tool_kind kind)
{
    return kind == TOOL_PG_DUMP || kind == TOOL_PG_DUMPALL || kind == TOOL_PSQL;
}

// Reads kind and version out of what a tool printed. Returns 0, or -1 if it is none of ours.
static int
tool_read(struct tool *tool, enum tool_kind wanted, const char *output)
{
    const char *version = NULL;
    tool->kind = wanted;
    if (is_of_postgres(wanted)) {
        const char *mark = strstr(output, "(PostgreSQL) ");
        if (mark && strncmp(output, kinds[wanted].name, strlen(kinds[wanted].name)) == 0)
            version = mark + strlen("(PostgreSQL) ");
    } else {
        int mariadb = strstr(output, "MariaDB") != NULL;
        version = mysql_version(output, mariadb);
        int dump = wanted == TOOL_MYSQLDUMP || wanted == TOOL_MARIADB_DUMP;
        if (mariadb)
            tool->kind = dump ? TOOL_MARIADB_DUMP : TOOL_MARIADB;
        else
            tool->kind = dump ? TOOL_MYSQLDUMP : TOOL_MYSQL;
    }
    if (!version || sscanf(version, "%4u", &tool->major) != 1)
        return -1;
    if (sscanf(version, "%4u.%4u", &tool->major, &tool->minor) != 2)
        tool->minor = 0;  // "18beta1"
    snprintf(tool->version, sizeof tool->version, "%.*s", (int)strcspn(version, " ,"), version);
    return 0;
}

// Of one kind but for the maker, whom the file's name does not tell?
static int
is_alike(enum tool_kind one, enum tool_kind other)
{
    static const enum tool_kind pairs[][2] = {{TOOL_MYSQLDUMP, TOOL_MARIADB_DUMP},
                                              {TOOL_MYSQL, TOOL_MARIADB}};
    for (size_t index = 0; index < sizeof pairs / sizeof *pairs; index++) {
        const enum tool_kind *pair = pairs[index];
        if ((one == pair[0] || one == pair[1]) && (other == pair[0] || other == pair[1]))
            return 1;
    }
    return one == other;
}

// Is the file one that was found before under another name or folder?
static int
is_known(const toolbox_t *self, const struct tool *tool)
{
    for (size_t index = 0; index < self->count; index++) {
        const struct tool *known = &self->tools[index];
        struct stat one, other;
        if (is_alike(known->kind, tool->kind) && stat(known->path, &one) == 0 &&
            stat(tool->path, &other) == 0 && one.st_dev == other.st_dev &&
            one.st_ino == other.st_ino)
            return 1;
    }
    return 0;
}

// engine NULL: any.
static int
is_wanted(enum tool_kind kind, const char *engine)
{
    return !engine || is_of_postgres(kind) == (strcmp(engine, "postgres") == 0);
}

static int
is_program(const char *path)
{
    struct stat facts;
    if (stat(path, &facts) || !S_ISREG(facts.st_mode) || access(path, X_OK))
        return 0;
    CLEAN(memory_free) char *real = realpath(path, NULL);
    const char *name = real ? strrchr(real, '/') : NULL;
    return name && strcmp(name, "/pg_wrapper") != 0;
}

static void
look_in(toolbox_t *self, const char *folder, const char *engine)
{
    // MariaDB's own names first: called by MySQL's, its tools complain.
    static const enum tool_kind order[TOOL_KINDS] = {
        TOOL_MARIADB_DUMP, TOOL_MARIADB,    TOOL_MYSQLDUMP, TOOL_MYSQL,
        TOOL_PG_DUMP,      TOOL_PG_DUMPALL, TOOL_PSQL};
    for (size_t index = 0; index < TOOL_KINDS && self->count < TOOLS_MAX; index++) {
        enum tool_kind kind = order[index];
        struct tool tool = {.kind = kind};
        char output[VERSION_OUTPUT_SIZE];
        int length = snprintf(tool.path, sizeof tool.path, "%s/%s", folder, kinds[kind].name);
        if (length < 0 || (size_t)length >= sizeof tool.path || !is_wanted(kind, engine) ||
            !is_program(tool.path) || is_known(self, &tool))
            continue;
        if (version_output(tool.path, output) == 0 && tool_read(&tool, kind, output) == 0)
            self->tools[self->count++] = tool;
    }
}

toolbox_t *
toolbox_new(const char *const *folders)
{
    return toolbox_new_for(folders, NULL);
}

toolbox_t *
toolbox_new_for(const char *const *folders, const char *engine)
{
    toolbox_t *self = memory_get(sizeof *self);
    for (; folders && *folders; folders++)
        look_in(self, *folders, engine);
    for (size_t usual = 0; usual < sizeof usual_folders / sizeof *usual_folders; usual++) {
        glob_t found = {0};
        if (glob(usual_folders[usual], 0, NULL, &found) == 0) {
            for (size_t index = 0; index < found.gl_pathc; index++)
                look_in(self, found.gl_pathv[index], engine);
        }
        globfree(&found);
    }
    return self;
}

void
toolbox_destroy(toolbox_t **self_p)
{
    memory_free(self_p);
}

size_t
toolbox_count(const toolbox_t *self)
{
    return self->count;
}

const struct tool *
toolbox_tool(const toolbox_t *self, size_t index)
{
    return &self->tools[index];
}

static int
is_client(enum tool_kind kind)
{
    return kind == TOOL_MYSQL || kind == TOOL_MARIADB;
}

static int
is_newer(const struct tool *tool, unsigned major, unsigned minor)
{
    return tool->major != major ? tool->major > major : tool->minor > minor;
}

// May the tool be used for a server of this version? Its kind fits already.
static int
is_fit(const struct tool *tool, const char *flavour, unsigned major, unsigned minor)
{
    switch (tool->kind) {
    case TOOL_PG_DUMP:
    case TOOL_PG_DUMPALL:
    case TOOL_PSQL:
        return tool->major >= major;
    case TOOL_MYSQLDUMP:
        return tool->major > major || (tool->major == major && tool->minor >= minor);
    case TOOL_MARIADB_DUMP:
        // MariaDB's numbers have nothing to do with those of a MySQL 5.x.
        return strcmp(flavour, "mariadb") != 0 || tool->major > major ||
               (tool->major == major && tool->minor >= minor);
    default:
        return 1;
    }
}

// Refuses a pair of tool and server that no version makes right.
static int
check_pair(enum tool_kind kind, const char *flavour, unsigned major, unsigned minor,
           struct error *error)
{
    int mariadb = strcmp(flavour, "mariadb") == 0;
    if ((kind == TOOL_MYSQLDUMP || kind == TOOL_MYSQL) && mariadb)
        return error_set(error, ERROR_CONFIG,
                         "MySQL's %s does not fit a MariaDB %u.%u server: install %s of version "
                         "%u.%u or newer on the worker, or name its folder in the configuration",
                         kinds[kind].name, major, minor, kinds[TOOL_MARIADB].package, major, minor);
    if ((kind == TOOL_MARIADB_DUMP || kind == TOOL_MARIADB) && !mariadb && major >= 8)
        return error_set(error, ERROR_CONFIG,
                         "MariaDB's %s does not fit a MySQL %u.%u server (its dump cannot be "
                         "restored): install %s of version %u.%u or newer on the worker, or name "
                         "its folder in the configuration",
                         kinds[kind].name, major, minor, kinds[TOOL_MYSQL].package, major, minor);
    return 0;
}

static int
report_none(enum tool_kind kind, const char *flavour, unsigned major, unsigned minor,
            const struct tool *older, struct error *error)
{
    int postgres = strcmp(flavour, "postgres") == 0;
    char version[32];
    if (postgres)
        snprintf(version, sizeof version, "%u", major);
    else
        snprintf(version, sizeof version, "%u.%u", major, minor);
    if (older)
        return error_set(error, ERROR_CONFIG,
                         "%s %s is too old for a server of version %s: install %s of version %s "
                         "or newer on the worker, or name its folder in the configuration",
                         older->path, older->version, version, kinds[kind].package, version);
    return error_set(error, ERROR_CONFIG,
                     "this worker has no %s%s: install %s%s%s%s, or name its folder in the "
                     "configuration",
                     kind == TOOL_MYSQLDUMP || kind == TOOL_MYSQL ? "MySQL " : "", kinds[kind].name,
                     kinds[kind].package, major ? " of version " : "", major ? version : "",
                     major ? " or newer" : "");
}

int
toolbox_find(const toolbox_t *self, enum tool_kind kind, const char *server_flavour, unsigned major,
             unsigned minor, const struct tool **tool, struct error *error)
{
    if (check_pair(kind, server_flavour, major, minor, error))
        return error_mark(error, ABOUT_TOOL);
    const struct tool *best = NULL, *older = NULL;
    for (size_t index = 0; index < self->count; index++) {
        const struct tool *each = &self->tools[index];
        if (each->kind != kind)
            continue;
        if (!is_fit(each, server_flavour, major, minor)) {
            if (!older || is_newer(each, older->major, older->minor))
                older = each;
        } else if (!best || (is_client(kind) ? is_newer(each, best->major, best->minor)
                                             : is_newer(best, each->major, each->minor))) {
            best = each;
        }
    }
    if (!best) {
        report_none(kind, server_flavour, major, minor, older, error);
        return error_mark(error, ABOUT_TOOL);
    }
    *tool = best;
    return 0;
}
