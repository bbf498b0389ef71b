#include "worker/engine/postgres.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "worker/engine/login.h"
#include "worker/engine/postgres_access.h"
#include "worker/engine/postgres_inside.h"
#include "worker/engine/tls_advice.h"

enum { STATEMENT_PATIENCE_MS = 600000, VERSION_MIN = 90600 };

struct postgres_rows {
    PGresult *result;
};

static void
finish(PGconn **connection)
{
    PQfinish(*connection);
    *connection = NULL;
}

// libpq's messages have line ends in them.
static char *
one_line(const char *message)
{
    char *line = memory_copy_text(message);
    size_t used = 0;
    for (const char *at = message; *at; at++) {
        char character = *at == '\n' || *at == '\r' || *at == '\t' ? ' ' : *at;
        if (character != ' ' || (used > 0 && line[used - 1] != ' '))
            line[used++] = character;
    }
    while (used > 0 && line[used - 1] == ' ')
        used--;
    line[used] = '\0';
    return line;
}

// What a connection failed of. Where libpq says nothing that is known, the way is taken to be cut.
static enum error_about
about_of(const char *message, enum error_code code)
{
    if (strstr(message, "certificate") || strstr(message, "SSL error") ||
        strstr(message, "does not support SSL"))
        return ABOUT_TLS;
    return code == ERROR_DENIED ? ABOUT_GRANTS : ABOUT_REACH;
}

static int
connection_error(PGconn *connection, const char *database, struct error *error)
{
    CLEAN(memory_free) char *message = one_line(PQerrorMessage(connection));
    enum error_code code = postgres_access_meaning(message);
    if (strstr(message, "FATAL: database") && strstr(message, "does not exist"))
        code = ERROR_NOT_FOUND;
    enum error_about about = about_of(message, code);
    error_set(error, code == ERROR_NONE ? ERROR_UNAVAILABLE : code,
              "cannot connect to database '%s': %.350s%s", database, message,
              about == ABOUT_TLS ? tls_advice(message) : "");
    return error_mark(error, about);
}

// What a server says in passing (a collation's version, a setting) is not for our standard error.
static void
ignore_notice(void *context, const char *message)
{
    (void)context, (void)message;
}

// A server's own settings for a role or a database must not change what we read or end a snapshot.
// Compiling a plan costs more than it saves: of a look at the catalog more than the look itself.
static int
prepare_session(postgres_t *self, struct error *error)
{
    static const struct {
        unsigned version;  // from which on it is known
        const char *name, *value;
    } settings[] = {
        {0, "search_path", ""},
        {0, "statement_timeout", "0"},
        {0, "lock_timeout", "60s"},
        {0, "datestyle", "ISO"},
        {0, "bytea_output", "hex"},
        {0, "standard_conforming_strings", "on"},
        {0, "idle_in_transaction_session_timeout", "0"},
        {110000, "jit", "off"},
        {140000, "idle_session_timeout", "0"},
        {170000, "transaction_timeout", "0"},
    };
    CLEAN(buffer_clear) struct buffer sql = {0};
    for (size_t index = 0; index < sizeof settings / sizeof *settings; index++) {
        if (postgres_version(self) >= settings[index].version)
            buffer_format(&sql, "%s pg_catalog.set_config('%s', '%s', false)",
                          index > 0 ? "," : "SELECT", settings[index].name, settings[index].value);
    }
    return postgres_run(self, buffer_read(&sql), error);
}

static int
connect_as(const struct server *server, const char *database, PGconn **opened, struct error *error)
{
    CLEAN(memory_free) char *parameters = NULL;
    if (postgres_access_parameters(server, database, &parameters, error))
        return -1;
    const char *const names[] = {"dbname",          "password",   "passfile", "sslcert",
                                 "client_encoding", "gssencmode", NULL};
    const char *const values[] = {parameters,
                                  server->credentials.password,
                                  "/nonexistent/passfile",
                                  "/nonexistent/client.crt",
                                  "UTF8",
                                  "disable",
                                  NULL};
    CLEAN(finish) PGconn *connection = NULL;
    if (postgres_inside_connect(&connection, names, values, server->stop, error))
        return -1;
    if (PQstatus(connection) != CONNECTION_OK)
        return connection_error(connection, database, error);
    if (PQserverVersion(connection) < VERSION_MIN)
        return error_set(error, ERROR_CONFIG, "PostgreSQL %s is older than 9.6",
                         PQparameterStatus(connection, "server_version"));
    PQsetNoticeProcessor(connection, ignore_notice, NULL);
    *opened = STEAL(connection);
    return 0;
}

int
postgres_open(postgres_t **self_p, const struct server *server, const char *database,
              struct error *error)
{
    CLEAN(login_end) struct login login = {0};
    CLEAN(finish) PGconn *connection = NULL;
    if (login_begin(&login, server, error))
        return -1;
    int status = 0;
    do
        status = connect_as(&login.server, database, &connection, error);
    while (status && login_again(&login, error));
    if (status)
        return -1;

    CLEAN(postgres_destroy) postgres_t *self = memory_get(sizeof *self);
    self->connection = STEAL(connection);
    self->stop = server->stop;
    if (prepare_session(self, error))
        return error_wrap(error, "cannot set up a session in database '%s'", database);
    *self_p = STEAL(self);
    return 0;
}

int
postgres_open_any(postgres_t **self_p, const struct server *server, struct error *error)
{
    int result = postgres_open(self_p, server, "postgres", error);
    if (result && error->code == ERROR_NOT_FOUND)
        result = postgres_open(self_p, server, "template1", error);
    return result;
}

int
postgres_settle_login(const struct server *server, const char *database, struct error *error)
{
    CLEAN(postgres_destroy) postgres_t *first = NULL;
    return server->login ? postgres_open(&first, server, database, error) : 0;
}

void
postgres_destroy(postgres_t **self_p)
{
    if (*self_p)
        finish(&(*self_p)->connection);
    memory_free(self_p);
}

int
postgres_speak(postgres_t *self, const char *encoding, struct error *error)
{
    if (PQsetClientEncoding(self->connection, encoding))
        return error_set(error, ERROR_UNAVAILABLE, "the server does not speak '%s'", encoding);
    return 0;
}

unsigned
postgres_version(const postgres_t *self)
{
    return (unsigned)PQserverVersion(self->connection);
}

int
postgres_process(const postgres_t *self)
{
    return PQbackendPID(self->connection);
}

const char *
postgres_address(const postgres_t *self)
{
    const char *address = PQhostaddr(self->connection);
    return address ? address : "";
}

const char *
postgres_version_text(const postgres_t *self)
{
    const char *text = PQparameterStatus(self->connection, "server_version");
    return text ? text : "";
}

int
postgres_inside_broken(PGconn *connection, struct error *error)
{
    CLEAN(memory_free) char *message = one_line(PQerrorMessage(connection));
    return error_set(error, ERROR_UNAVAILABLE, "%s", message);
}

int
postgres_inside_next(const postgres_t *self, int64_t deadline_ms, PGresult **result,
                     struct error *error)
{
    while (PQisBusy(self->connection)) {
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        if (left_ms <= 0)
            return error_set(error, ERROR_UNAVAILABLE, "the server did not answer within %d s",
                             STATEMENT_PATIENCE_MS / 1000);
        if (postgres_inside_await(self, (int)left_ms, error) < 0)
            return -1;
    }
    *result = PQgetResult(self->connection);
    return 0;
}

static enum error_code
state_code(const char *state)
{
    static const struct {
        const char *prefix;
        enum error_code code;
    } states[] = {
        {"42501", ERROR_DENIED},    {"28", ERROR_DENIED},       {"55P03", ERROR_BUSY},
        {"55006", ERROR_BUSY},      {"57014", ERROR_BUSY},      {"40", ERROR_UNAVAILABLE},
        {"08", ERROR_UNAVAILABLE},  {"53", ERROR_UNAVAILABLE},  {"57P", ERROR_UNAVAILABLE},
        {"3D000", ERROR_NOT_FOUND}, {"42P01", ERROR_NOT_FOUND}, {"42704", ERROR_NOT_FOUND},
        {"42883", ERROR_NOT_FOUND}, {"XX", ERROR_UNAVAILABLE},
    };
    for (size_t index = 0; index < sizeof states / sizeof *states; index++) {
        if (strncmp(state, states[index].prefix, strlen(states[index].prefix)) == 0)
            return states[index].code;
    }
    return ERROR_CONFIG;
}

int
postgres_inside_say(const char *state, const char *message, struct error *error)
{
    CLEAN(memory_free) char *line = one_line(message);
    // Without a state it is libpq that speaks: the connection is gone.
    error_set(error, *state ? state_code(state) : ERROR_UNAVAILABLE, "%s", line);
    return error_mark(error, error->code == ERROR_DENIED ? ABOUT_GRANTS : ABOUT_NOTHING);
}

int
postgres_inside_error(PGconn *connection, const PGresult *result, struct error *error)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    return postgres_inside_say(state ? state : "", primary ? primary : PQerrorMessage(connection),
                               error);
}

int
postgres_query(postgres_t *self, const char *sql, const char *parameter, postgres_rows_t **rows,
               struct error *error)
{
    int64_t deadline_ms = clock_monotonic_ms() + STATEMENT_PATIENCE_MS;
    CLEAN(postgres_rows_destroy) postgres_rows_t *found = memory_get(sizeof *found);
    if (!PQsendQueryParams(self->connection, sql, parameter ? 1 : 0, NULL, &parameter, NULL, NULL,
                           0))
        return postgres_inside_broken(self->connection, error);
    for (;;) {
        PGresult *result = NULL;
        if (postgres_inside_next(self, deadline_ms, &result, error))
            return -1;
        if (!result)
            break;
        PQclear(found->result);
        found->result = result;
    }
    ExecStatusType status = PQresultStatus(found->result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        return postgres_inside_error(self->connection, found->result, error);
    if (PQntuples(found->result) > POSTGRES_ROWS_MAX)
        return error_set(error, ERROR_INVALID, "the server gave more than %d rows",
                         POSTGRES_ROWS_MAX);
    *rows = STEAL(found);
    return 0;
}

int
postgres_run(postgres_t *self, const char *sql, struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    return postgres_query(self, sql, NULL, &rows, error);
}

int
postgres_count(postgres_t *self, const char *sql, int64_t *number, struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(self, sql, NULL, &rows, error))
        return -1;
    if (postgres_rows_count(rows) != 1)
        return error_set(error, ERROR_INVALID, "the server gave no number");
    *number = postgres_rows_integer(rows, 0, 0);
    return 0;
}

void
postgres_rows_destroy(postgres_rows_t **self_p)
{
    if (*self_p)
        PQclear((*self_p)->result);
    memory_free(self_p);
}

size_t
postgres_rows_count(const postgres_rows_t *self)
{
    return (size_t)PQntuples(self->result);
}

const char *
postgres_rows_text(const postgres_rows_t *self, size_t row, size_t column)
{
    return PQgetvalue(self->result, (int)row, (int)column);
}

int64_t
postgres_rows_integer(const postgres_rows_t *self, size_t row, size_t column)
{
    return strtoll(postgres_rows_text(self, row, column), NULL, 10);
}

int
postgres_rows_true(const postgres_rows_t *self, size_t row, size_t column)
{
    return strcmp(postgres_rows_text(self, row, column), "t") == 0;
}
