// The ceiling of what a client can read: the same rows by the text protocol, over so many
// connections, thrown away as they come.
//
//     bench_discard mysql|postgres PORT CONNECTIONS <STATEMENTS
//
// Statements are lines, of PostgreSQL `COPY ... TO STDOUT`; each connection takes the next one when
// it has ended one. User and password come from BENCH_USER and BENCH_PASSWORD, the database from
// BENCH_DATABASE. Prints how many bytes of rows came.

#include <inttypes.h>
#include <libpq-fe.h>
#include <mysql.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

enum { CONNECTIONS_MAX = 32, TIMEOUT_S = 600 };

struct work {
    const char *port;
    void *(*read)(void *work);
    pthread_mutex_t lock;
    char **statements;
    size_t count, next;
    uint64_t bytes;
};

static const char *
setting(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

static void
fail(const char *message)
{
    fprintf(stderr, "bench_discard: %s\n", message);
    exit(1);
}

static const char *
take(struct work *work, uint64_t bytes)
{
    pthread_mutex_lock(&work->lock);
    work->bytes += bytes;
    const char *statement = work->next < work->count ? work->statements[work->next++] : NULL;
    pthread_mutex_unlock(&work->lock);
    return statement;
}

static uint64_t
read_mysql_rows(MYSQL *handle, const char *statement)
{
    uint64_t bytes = 0;
    if (mysql_query(handle, statement))
        fail(mysql_error(handle));
    MYSQL_RES *result = mysql_use_result(handle);
    if (!result)
        return 0;
    unsigned fields = mysql_num_fields(result);
    while (mysql_fetch_row(result)) {
        const unsigned long *lengths = mysql_fetch_lengths(result);
        for (unsigned i = 0; i < fields; i++)
            bytes += lengths[i] + 1;
    }
    if (mysql_errno(handle))
        fail(mysql_error(handle));
    mysql_free_result(result);
    return bytes;
}

static void *
read_mysql(void *context)
{
    struct work *work = context;
    unsigned port = (unsigned)strtoul(work->port, NULL, 10), timeout = TIMEOUT_S;
    MYSQL *handle = mysql_init(NULL);
    mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &timeout);
    mysql_options(handle, MYSQL_SET_CHARSET_NAME, "binary");
    if (!mysql_real_connect(handle, "127.0.0.1", setting("BENCH_USER"), setting("BENCH_PASSWORD"),
                            setting("BENCH_DATABASE"), port, NULL, 0))
        fail(mysql_error(handle));
    uint64_t bytes = 0;
    for (const char *statement = NULL; (statement = take(work, bytes));)
        bytes = read_mysql_rows(handle, statement);
    mysql_close(handle);
    return NULL;
}

static uint64_t
read_postgres_rows(PGconn *connection, const char *statement)
{
    uint64_t bytes = 0;
    char *row = NULL;
    int size = 0;
    PGresult *result = PQexec(connection, statement);
    if (PQresultStatus(result) != PGRES_COPY_OUT)
        fail(PQerrorMessage(connection));
    PQclear(result);
    while ((size = PQgetCopyData(connection, &row, 0)) > 0) {
        bytes += (uint64_t)size;
        PQfreemem(row);
    }
    if (size == -2)
        fail(PQerrorMessage(connection));
    while ((result = PQgetResult(connection))) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            fail(PQerrorMessage(connection));
        PQclear(result);
    }
    return bytes;
}

static void *
read_postgres(void *context)
{
    struct work *work = context;
    const char *const keys[] = {"host",    "port", "user", "password", "dbname", "client_encoding",
                                "sslmode", NULL};
    const char *const values[] = {"127.0.0.1",
                                  work->port,
                                  setting("BENCH_USER"),
                                  setting("BENCH_PASSWORD"),
                                  setting("BENCH_DATABASE"),
                                  "UTF8",
                                  "disable",
                                  NULL};
    PGconn *connection = PQconnectdbParams(keys, values, 0);
    if (PQstatus(connection) != CONNECTION_OK)
        fail(PQerrorMessage(connection));
    uint64_t bytes = 0;
    for (const char *statement = NULL; (statement = take(work, bytes));)
        bytes = read_postgres_rows(connection, statement);
    PQfinish(connection);
    return NULL;
}

static void
read_statements(struct work *work)
{
    char *line = NULL;
    size_t room = 0;
    for (ssize_t size = 0; (size = getline(&line, &room, stdin)) > 0;) {
        line[strcspn(line, "\n")] = '\0';
        work->statements =
            memory_resize(work->statements, (work->count + 1) * sizeof *work->statements);
        work->statements[work->count++] = memory_copy_text(line);
    }
    free(line);
}

int
main(int argc, char **argv)
{
    pthread_t threads[CONNECTIONS_MAX];
    struct work work = {.lock = PTHREAD_MUTEX_INITIALIZER};
    size_t connections = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    if (connections == 0 || connections > CONNECTIONS_MAX) {
        fputs("usage: bench_discard mysql|postgres PORT CONNECTIONS <STATEMENTS\n", stderr);
        return 2;
    }
    work.port = argv[2];
    work.read = strcmp(argv[1], "mysql") == 0 ? read_mysql : read_postgres;
    read_statements(&work);
    if (mysql_library_init(0, NULL, NULL))
        fail("no memory");
    for (size_t i = 0; i < connections; i++) {
        if (pthread_create(&threads[i], NULL, work.read, &work))
            fail("cannot start a thread");
    }
    for (size_t i = 0; i < connections; i++)
        pthread_join(threads[i], NULL);
    printf("%" PRIu64 "\n", work.bytes);
    for (size_t i = 0; i < work.count; i++)
        memory_free(&work.statements[i]);
    memory_free(&work.statements);
    return 0;
}
