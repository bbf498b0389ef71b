// Tests of the engines for MySQL and MariaDB: the servers, the account that backs up, and a dump
// into a sink.

#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "tests/check.h"
#include "tests/file_sink.h"
#include "tests/mariadb_server.h"
#include "worker/engine/engine.h"

#define RIGHTS "SELECT, SHOW VIEW, TRIGGER, EVENT"
#define CREATE_BACKUP_USER \
    "CREATE USER backup@'%' IDENTIFIED BY 'p#w \"d''\\\\x \xc3\xa9;' REQUIRE SSL; "

#define MARIADB_OPTIONS "--log-bin=binlog --log-bin-trust-function-creators=1"

// What all tests of a program share.
static struct {
    struct mariadb_server source, target;
    toolbox_t *toolbox;
    char user[16], password[32];
} world = {.user = "backup", .password = "p#w \"d'\\x \xc3\xa9;"};

static inline engine_t *
open_engine(const struct server *server)
{
    struct error error = {0};
    engine_t *engine = NULL;
    int status = engine_open(&engine, "vendor", server, world.toolbox, &error);
    if (status)
        fail_msg("%s", error.message);
    return engine;
}

static inline int
dump(const struct server *server, struct file_sink *sink, int hashes, struct error *error)
{
    CLEAN(engine_destroy) engine_t *engine = open_engine(server);
    struct backup_options options = {.password_hashes = hashes};
    return engine_backup(engine, &options, &sink->base, error);
}

static inline int
dump_selected(const struct server *server, const selection_t *selection, struct file_sink *sink,
              struct error *error)
{
    CLEAN(engine_destroy) engine_t *engine = open_engine(server);
    struct backup_options options = {.selection = selection};
    return engine_backup(engine, &options, &sink->base, error);
}

// Returns how many bytes of rows the server says there are.
static inline uint64_t
check_server(const struct server *server, findings_t *findings)
{
    struct error error = {0};
    uint64_t size_bytes = 0;
    if (engine_check("vendor", server, world.toolbox, NULL, findings, &size_bytes, &error))
        fail_msg("%s", error.message);
    return size_bytes;
}

static inline char *
read_file(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    struct error error = {0};
    assert_int_equal(fd_read_file(AT_FDCWD, path, 64 << 20, &text, &size, &error), 0);
    return text;
}

// The file that the dump tool wrote: by far the largest.
static inline const struct set_source_file *
dump_of(const struct file_sink *sink)
{
    const struct set_source_file *largest = &sink->files[0];
    for (size_t i = 0; i < sink->count; i++) {
        if (sink->files[i].size_bytes > largest->size_bytes)
            largest = &sink->files[i];
    }
    assert_string_equal(largest->role, "data");
    return largest;
}

// Fails with the first line that differs, as the whole would be too much to read.
static inline void
assert_same_text(const char *one, const char *other)
{
    size_t line = 1;
    while (*one && *one == *other) {
        line += *one == '\n';
        one++;
        other++;
    }
    if (*one || *other)
        fail_msg("line %zu: '%.*s' is not '%.*s'", line, (int)strcspn(one, "\n"), one,
                 (int)strcspn(other, "\n"), other);
}

static inline int
open_error(const struct server *server, struct error *error)
{
    engine_t *engine = NULL;
    int status = engine_open(&engine, "vendor", server, world.toolbox, error);
    engine_destroy(&engine);
    return status;
}

static inline struct server
as_backup(const struct mariadb_server *server)
{
    return mariadb_server_as(server, world.user, world.password);
}

// Starts the source, with all that is odd in it.
static inline int
start_source(void **state)
{
    (void)state;
    if (mariadb_server_start(&world.source, MARIADB_OPTIONS))
        return -1;
    mariadb_server_load(&world.source, "data/mariadb-nasty.sql");
    mariadb_server_tell(&world.source, CREATE_BACKUP_USER "GRANT " RIGHTS " ON *.* TO backup@'%'");
    world.toolbox = toolbox_new(NULL);
    return 0;
}

static inline int
stop_servers(void **state)
{
    (void)state;
    toolbox_destroy(&world.toolbox);
    mariadb_server_stop(&world.source);
    mariadb_server_stop(&world.target);
    return 0;
}
