// A private MariaDB server for a test, by way of tests/lib/mariadb.sh.
//
//     struct mariadb_server server;
//     if (mariadb_server_start(&server, "--log-bin=binlog"))
//         ... not installed: skip ...
//     CLEAN(memory_free) char *answer = mariadb_server_ask(&server, "SELECT 1");
//     mariadb_server_stop(&server);

#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/folder.h"
#include "tests/source.h"
#include "worker/engine/engine.h"

struct mariadb_server {
    const char *script;  // of tests/lib
    char *folder;
    char *ca_path;
    unsigned port;
};

// Runs "tests/lib/<script> <word> <folder> <more>"; returns its exit status.
static inline int
mariadb_server_do(const struct mariadb_server *self, const char *word, const char *more)
{
    CLEAN(memory_free)
    char *command =
        memory_format("%s/lib/%s %s '%s' %s", tests_folder, self->script, word, self->folder, more);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Is there no MariaDB server on this host? Says so then.
static inline int
mariadb_server_is_missing(void)
{
    if (system("command -v mariadbd mariadb mariadb-install-db openssl >/dev/null") == 0)
        return 0;
    print_message("not run: mariadb-server, mariadb-client and openssl are not all here\n");
    return 1;
}

// Starts a server by way of a script of tests/lib. `options` are the server's.
static inline void
mariadb_server_start_by(struct mariadb_server *self, const char *script, const char *options)
{
    *self = (struct mariadb_server){.script = script, .folder = folder_new()};
    self->ca_path = memory_format("%s/ca.pem", self->folder);
    CLEAN(memory_free) char *more = memory_format("0 %s", options);
    assert_int_equal(mariadb_server_do(self, "start", more), 0);
    CLEAN(memory_free) char *path = memory_format("%s/port", self->folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%u", &self->port), 1);
    fclose(file);
}

// -1 if there is no MariaDB server on this host.
static inline int
mariadb_server_start(struct mariadb_server *self, const char *options)
{
    *self = (struct mariadb_server){0};
    if (mariadb_server_is_missing())
        return -1;
    mariadb_server_start_by(self, "mariadb.sh", options);
    return 0;
}

static inline void
mariadb_server_stop(struct mariadb_server *self)
{
    if (self->folder)
        mariadb_server_do(self, "kill", "");
    folder_destroy(&self->folder);
    memory_free(&self->ca_path);
}

// Runs statements as root; fails the test if they fail. Returns what they print, the caller's.
static inline char *
mariadb_server_ask(const struct mariadb_server *self, const char *sql)
{
    CLEAN(memory_free) char *input = folder_write(self->folder, "ask.sql", 0600, sql);
    CLEAN(memory_free) char *output = memory_format("%s/answer", self->folder);
    CLEAN(memory_free) char *more = memory_format("<'%s' >'%s'", input, output);
    assert_int_equal(mariadb_server_do(self, "sql", more), 0);
    char *text = NULL;
    size_t size = 0;
    struct error error = {0};
    assert_int_equal(fd_read_file(AT_FDCWD, output, 64 << 20, &text, &size, &error), 0);
    return text;
}

static inline void
mariadb_server_tell(const struct mariadb_server *self, const char *sql)
{
    CLEAN(memory_free) char *answer = mariadb_server_ask(self, sql);
}

// Ends the sessions of which this condition on the processlist holds, but those that are gone
// already.
static inline void
mariadb_server_end_sessions(const struct mariadb_server *self, const char *where)
{
    CLEAN(memory_free)
    char *sql = memory_format(
        "DELIMITER //\nBEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR 1094 BEGIN END; FOR one IN "
        "(SELECT id FROM information_schema.processlist WHERE (%s) AND id <> CONNECTION_ID()) DO "
        "EXECUTE IMMEDIATE CONCAT('KILL ', one.id); END FOR; END//",
        where);
    mariadb_server_tell(self, sql);
}

// Runs the statements in a file of tests/.
static inline void
mariadb_server_load(const struct mariadb_server *self, const char *name)
{
    CLEAN(memory_free)
    char *more = memory_format("<'%s/%s' >/dev/null", tests_folder, name);
    assert_int_equal(mariadb_server_do(self, "sql", more), 0);
}

// How an engine reaches it. The texts are lent; the password's and user's memory is the caller's.
static inline struct server
mariadb_server_as(const struct mariadb_server *self, char *username, char *password)
{
    return (struct server){.engine = "mariadb",
                           .host = "127.0.0.1",
                           .port = self->port,
                           .name = "test server",
                           .credentials = {.username = username, .password = password},
                           .verify_tls = 1,
                           .ca_path = self->ca_path};
}
