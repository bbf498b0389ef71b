// Real servers for catalogs, by way of tests/lib: one a program, started when it is first wanted,
// with a database a test and the users of deploy/catalog in it.
//
//     CLEAN(memory_free) char *url = catalog_server_prepare(&catalog_postgres_server);
//     catalog_open(&catalog, url, &catalog_server_access, "host:1", &error);
//     catalog_servers_end();

#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/access.h"
#include "tests/folder.h"
#include "tests/source.h"

struct catalog_server {
    const char *name;    // "mysql", "postgres"
    const char *script;  // of tests/lib
    const char *options;
    const char *as_root;  // how the script is told to run SQL
    char *folder;         // once it runs
    unsigned port;
    unsigned databases;
};

static struct catalog_server catalog_mysql_server = {
    .name = "mysql",
    .script = "mariadb.sh",
    .options = "0 --innodb-flush-method=nosync",  // nothing here pulls a plug
    .as_root = "sql"};
static struct catalog_server catalog_oracle_server = {
    .name = "mysql", .script = "mysql-oracle.sh", .options = "0", .as_root = "sql"};
static struct catalog_server catalog_postgres_server = {
    .name = "postgres", .script = "postgres.sh", .options = "", .as_root = "psql"};

// The same for all users of all servers here.
#define CATALOG_PASSWORD "catalog's \"own\" \\password"

static inline int
catalog_server_password(const void *context, enum catalog_user user, char **password,
                        struct error *error)
{
    (void)context, (void)user, (void)error;
    *password = memory_copy_text(CATALOG_PASSWORD);
    return 0;
}

static const struct catalog_access catalog_server_access = {
    .tls = CATALOG_TLS_PRESET, .migrator = "dbhaul_migrator", .password = catalog_server_password};

// The exit status of a script of tests/lib.
static inline int
catalog_server_do(const struct catalog_server *self, const char *word, const char *more)
{
    CLEAN(memory_free)
    char *command =
        memory_format("%s/lib/%s %s '%s' %s", tests_folder, self->script, word, self->folder, more);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline int
catalog_server_is_missing(const struct catalog_server *self)
{
    const char *test = strcmp(self->name, "mysql") == 0
                           ? "command -v mariadbd mariadb mariadb-install-db openssl >/dev/null"
                           : "ls /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb "
                             "2>/dev/null | grep -q . && command -v openssl >/dev/null";
    return system(test) != 0;
}

// Starts it, or starts it again with what it has. The status of the script.
static inline int
catalog_server_start(struct catalog_server *self)
{
    if (!self->folder)
        self->folder = folder_new();
    int status = catalog_server_do(self, "start", self->options);
    CLEAN(memory_free) char *path = memory_format("%s/port", self->folder);
    FILE *file = status ? NULL : fopen(path, "r");
    if (file) {
        assert_int_equal(fscanf(file, "%u", &self->port), 1);
        fclose(file);
    }
    return status;
}

static inline void
catalog_server_stop(struct catalog_server *self)
{
    assert_int_equal(catalog_server_do(self, "stop", ""), 0);
}

static inline void
catalog_server_end(struct catalog_server *self)
{
    if (self->folder)
        catalog_server_do(self, strcmp(self->name, "mysql") == 0 ? "kill" : "stop", "");
    folder_destroy(&self->folder);
}

static inline void
catalog_servers_end(void)
{
    catalog_server_end(&catalog_mysql_server);
    catalog_server_end(&catalog_oracle_server);
    catalog_server_end(&catalog_postgres_server);
}

// Runs a script of deploy/catalog as the administrator, for this database and with our password.
static inline void
catalog_server_deploy(const struct catalog_server *self, const char *name, const char *database)
{
    int is_mysql = strcmp(self->name, "mysql") == 0;
    CLEAN(memory_free)
    char *rules = folder_write(self->folder, "rules.sed", 0600,
                               is_mysql ? "s/[A-Z]*-PASSWORD/catalog\\\\'s \"own\" "
                                          "\\\\\\\\password/\n"
                                        : "s/[A-Z]*-PASSWORD/catalog''s \"own\" \\\\password/\n");
    // The quick way to copy a database, which the script then finds there.
    const char *first = is_mysql || strcmp(name, "users") != 0
                            ? "SELECT 1"
                            : "CREATE DATABASE dbhaul TEMPLATE template0 STRATEGY file_copy";
    CLEAN(memory_free)
    char *command =
        memory_format("(echo '%s;'; cat '%s/../deploy/catalog/%s-%s.sql') |"
                      " sed -f '%s' -e 's/\\bdbhaul\\b/%s/g' >'%s/deploy.sql'",
                      first, tests_folder, self->name, name, rules, database, self->folder);
    assert_int_equal(system(command), 0);
    CLEAN(memory_free)
    char *more =
        is_mysql ? memory_format("<'%s/deploy.sql' >/dev/null", self->folder)
                 : memory_format("-d %s -o /dev/null -f '%s/deploy.sql'",
                                 strcmp(name, "users") == 0 ? "postgres" : database, self->folder);
    assert_int_equal(catalog_server_do(self, self->as_root, more), 0);
}

// Runs SQL in a database as the administrator; gives what it prints, the caller's.
static inline char *
catalog_server_ask(const struct catalog_server *self, const char *database, const char *sql)
{
    CLEAN(memory_free) char *input = folder_write(self->folder, "ask.sql", 0600, sql);
    CLEAN(memory_free) char *output = memory_format("%s/answer", self->folder);
    CLEAN(memory_free)
    char *more = strcmp(self->name, "mysql") == 0
                     ? memory_format("%s <'%s' >'%s'", database, input, output)
                     : memory_format("-A -t -d %s -f '%s' >'%s'", database, input, output);
    if (catalog_server_do(self, self->as_root, more))
        fail_msg("the server refuses: %s", sql);
    char *text = NULL;
    size_t size = 0;
    struct error error = {0};
    assert_int_equal(fd_read_file(AT_FDCWD, output, 1 << 20, &text, &size, &error), 0);
    return text;
}

// The database that a URL names.
static inline const char *
catalog_server_database(const char *url)
{
    return strrchr(url, '/') + 1;
}

// A new database with its users; the URL of the writer, the caller's.
static inline char *
catalog_server_prepare(struct catalog_server *self)
{
    if (!self->folder)
        assert_int_equal(catalog_server_start(self), 0);
    CLEAN(memory_free) char *database = memory_format("catalog%u", ++self->databases);
    catalog_server_deploy(self, "users", database);
    return memory_format("%s://dbhaul_writer@127.0.0.1:%u/%s", self->name, self->port, database);
}
