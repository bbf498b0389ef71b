// A private PostgreSQL for a test, made by tests/lib/postgres.sh: on 127.0.0.1, with TLS, below a
// folder of its own in /tmp.
//
//     struct postgres_server postgres;
//     if (postgres_server_start(&postgres, "")) skip();      // it has said why
//     postgres_server_run(&postgres, "postgres", "CREATE DATABASE shop");
//     struct server server = postgres_server_record(&postgres, "postgres", postgres.password);
//     postgres_server_stop(&postgres);

#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/folder.h"
#include "tests/source.h"
#include "worker/engine/engine.h"

struct postgres_server {
    char *folder;
    char *script;    // tests/lib/postgres.sh
    char *password;  // of the superuser, `postgres`
    char *ca_path;
    unsigned port;
};

// Runs a shell command and gives what it printed (the caller's); NULL if it failed.
static inline char *
postgres_server_shell(const char *command)
{
    FILE *pipe = popen(command, "re");
    assert_non_null(pipe);
    char *text = memory_copy_text("");
    char buffer[65536];
    for (size_t size; (size = fread(buffer, 1, sizeof buffer - 1, pipe)) > 0;) {
        buffer[size] = '\0';
        char *longer = memory_format("%s%s", text, buffer);
        free(text);
        text = longer;
    }
    if (pclose(pipe) != 0)
        memory_free(&text);
    return text;
}

static inline char *
postgres_server_file(const struct postgres_server *self, const char *name)
{
    char path[512];
    struct error error = {0};
    char *text = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s", self->folder, name);
    assert_int_equal(fd_read_file(AT_FDCWD, path, 4096, &text, &size, &error), 0);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static inline void
postgres_server_stop(struct postgres_server *self)
{
    if (self->folder) {
        char *command = memory_format("'%s' stop '%s'", self->script, self->folder);
        free(postgres_server_shell(command));
        free(command);
    }
    folder_destroy(&self->folder);
    memory_free(&self->script);
    memory_free(&self->password);
    memory_free(&self->ca_path);
}

// `settings`: for postgresql.conf, "NAME=VALUE NAME=VALUE". Returns 0, or -1 if there is no
// PostgreSQL on this host.
static inline int
postgres_server_start(struct postgres_server *self, const char *settings)
{
    memset(self, 0, sizeof *self);
    self->folder = folder_new();
    self->script = memory_format("%s/lib/postgres.sh", tests_folder);
    char *command = memory_format("'%s' start '%s' %s 2>&1", self->script, self->folder, settings);
    char *said = postgres_server_shell(command);
    free(command);
    if (!said) {
        printf("not run: PostgreSQL's server cannot be started\n");
        postgres_server_stop(self);
        return -1;
    }
    free(said);
    self->password = postgres_server_file(self, "password");
    self->ca_path = memory_format("%s/ca.pem", self->folder);
    char *port = postgres_server_file(self, "port");
    self->port = (unsigned)strtoul(port, NULL, 10);
    free(port);
    return 0;
}

// Runs SQL (or psql's commands) in a database as the superuser; gives its output without headings,
// the caller's. The statements must succeed.
static inline char *
postgres_server_ask(const struct postgres_server *self, const char *database, const char *sql)
{
    char *path = folder_write(self->folder, "ask.sql", 0600, sql);
    char *command = memory_format("'%s' psql '%s' -A -t -d \"dbname='%s'\" -f '%s'", self->script,
                                  self->folder, database, path);
    char *answer = postgres_server_shell(command);
    unlink(path);
    free(path);
    free(command);
    assert_non_null(answer);
    return answer;
}

static inline void
postgres_server_run(const struct postgres_server *self, const char *database, const char *sql)
{
    free(postgres_server_ask(self, database, sql));
}

// Does the query give this one value?
static inline int
postgres_server_says(const struct postgres_server *self, const char *database, const char *sql,
                     const char *value)
{
    char *answer = postgres_server_ask(self, database, sql);
    answer[strcspn(answer, "\n")] = '\0';
    int same = strcmp(answer, value) == 0;
    if (!same)
        printf("'%s' gives '%s', not '%s'\n", sql, answer, value);
    free(answer);
    return same;
}

// Runs a file of SQL as the superuser.
static inline void
postgres_server_load(const struct postgres_server *self, const char *path)
{
    char *command =
        memory_format("'%s' psql '%s' -o /dev/null -f '%s'", self->script, self->folder, path);
    char *said = postgres_server_shell(command);
    free(command);
    assert_non_null(said);
    free(said);
}

// The texts stay the caller's.
static inline struct server
postgres_server_record(const struct postgres_server *self, char *username, char *password)
{
    return (struct server){.engine = "postgres",
                           .host = "127.0.0.1",
                           .port = self->port,
                           .name = "test",
                           .credentials = {.username = username, .password = password},
                           .verify_tls = 1,
                           .ca_path = self->ca_path};
}
