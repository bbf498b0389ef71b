// The vendors' tools on this host: which there are, in which versions, and which fits a server.
//
// Looks in the configured folders and in the usual places (/usr/bin, /usr/lib/postgresql/*/bin,
// /usr/pgsql-*/bin, /opt/mysql/*/bin, /usr/local/mysql*/bin ...), runs each with --version (5 s),
// and tells MySQL's from MariaDB's by what it prints, not by its name (Debian's `mysqldump` is
// MariaDB's). What cannot be run, prints something else, or is Debian's pg_wrapper (which picks a
// version of its own) is no tool.

#pragma once

#include <stddef.h>

#include "common/error.h"

enum tool_kind {
    TOOL_MYSQLDUMP,     // Oracle's
    TOOL_MARIADB_DUMP,  // MariaDB's, whatever the file is called
    TOOL_PG_DUMP,
    TOOL_MYSQL,  // clients, for restore
    TOOL_MARIADB,
    TOOL_PSQL,
    TOOL_PG_DUMPALL,
    TOOL_KINDS,
};

struct tool {
    enum tool_kind kind;
    unsigned major, minor;
    char version[64];  // as printed, without what stands around it: "10.11.19-MariaDB"; cut
    char path[512];
};

typedef struct toolbox toolbox_t;

// `folders`: more places to look in, first ones first; NULL-terminated, may be NULL.
toolbox_t *toolbox_new(const char *const *folders);

// The same, but only of tools for servers of this engine: "mysql", "mariadb" or "postgres". To run
// all of them takes longer than many a job.
toolbox_t *toolbox_new_for(const char *const *folders, const char *engine);

void toolbox_destroy(toolbox_t **self_p);

size_t toolbox_count(const toolbox_t *self);
const struct tool *toolbox_tool(const toolbox_t *self, size_t index);

const char *tool_kind_name(enum tool_kind kind);  // "mysqldump", "mariadb-dump", "pg_dump", ...

// The tool of this kind that fits a server of version major.minor and flavour "mysql", "mariadb" or
// "postgres"; lent. Of those that fit, the lowest version; of equal ones the first found.
// - pg_dump, pg_dumpall, psql: a major not under the server's.
// - mysqldump: MySQL servers only, a version (major.minor) not under the server's.
// - mariadb-dump: MariaDB servers, a version not under the server's; MySQL servers before 8.
// - clients mysql and mariadb: only send text, so any version for a server of their flavour;
//   mariadb also for MySQL before 8. Of those the highest version.
// ERROR_CONFIG with a sentence that says what to install if there is none.
int toolbox_find(const toolbox_t *self, enum tool_kind kind, const char *server_flavour,
                 unsigned major, unsigned minor, const struct tool **tool, struct error *error);
