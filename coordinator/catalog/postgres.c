// Connecting, and what differs from MySQL.

#include "coordinator/catalog/postgres.h"

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

enum { VERSION_MIN = 120000, PARAMETERS_MAX = 24, USUAL_PORT = 5432 };

// Advisory locks are each database's own, so one number will do: "dbhl".
#define LEAD_LOCK "1684170860"

static struct remote *
postgres_make(void)
{
    return memory_get(sizeof(struct postgres_catalog));
}

static void
postgres_disconnect(struct remote *base)
{
    struct postgres_catalog *self = (struct postgres_catalog *)base;
    PQfinish(self->connection);
    self->connection = NULL;
    memset(self->is_prepared, 0, sizeof self->is_prepared);
}

static void
postgres_forget(struct remote *base)
{
    (void)base;
}

static int
postgres_is_connected(const struct remote *base)
{
    const struct postgres_catalog *self = (const struct postgres_catalog *)base;
    return self->connection && PQstatus(self->connection) == CONNECTION_OK;
}

// What a server says in passing is not for our standard error.
static void
ignore_notice(void *context, const char *message)
{
    (void)context, (void)message;
}

static const char *
tls_mode(const struct remote *self)
{
    if (remote_tries_tls(self))
        return "prefer";
    return self->access.tls == CATALOG_TLS_OFF  ? "disable"
           : self->access.tls == CATALOG_TLS_ON ? "require"
                                                : "verify-full";
}

struct parameters {
    const char *names[PARAMETERS_MAX], *values[PARAMETERS_MAX];
    size_t count;
};

static void
add(struct parameters *self, const char *name, const char *value)
{
    self->names[self->count] = name;
    self->values[self->count++] = value;
}

// All that libpq would look for in the environment or in files is said here.
static void
add_fixed(struct parameters *self)
{
    add(self, "passfile", "/nonexistent/passfile");
    add(self, "sslcert", "/nonexistent/client.crt");
    add(self, "gssencmode", "disable");
    add(self, "client_encoding", "UTF8");
    add(self, "application_name", "dbhaul-coordinator");
    add(self, "target_session_attrs", "any");
    add(self, "options", "");
    add(self, "keepalives", "1");
    add(self, "keepalives_idle", "15");
    add(self, "keepalives_interval", "5");
    add(self, "keepalives_count", "3");
    add(self, "tcp_user_timeout", "30000");
}

static int
fail_to_connect(struct postgres_catalog *self, struct error *error)
{
    // The server's message has no code here: libpq 15 keeps only the words.
    const char *said = PQerrorMessage(self->connection);
    enum error_code code = ERROR_UNAVAILABLE;
    if (strstr(said, "password authentication failed") || strstr(said, "pg_hba.conf") ||
        strstr(said, "certificate") || strstr(said, "role \"") || strstr(said, "no password") ||
        strstr(said, "does not support SSL"))
        code = ERROR_DENIED;
    if (strstr(said, "database \"") && strstr(said, "does not exist"))
        code = ERROR_NOT_FOUND;
    postgres_catalog_fail(self, NULL, "cannot connect to", error);
    error->code = code;
    return -1;
}

// For each role what the server may not do for longer than we wait, and nothing that a database or
// a role is set to and that would change what a commit is. All we ask for is found by an index, row
// by row; of a young catalog the planner knows too little to see that.
static char *
session_settings(const struct remote *self, int version)
{
    int statement_s = self->role == REMOTE_MIGRATOR ? REMOTE_MIGRATE_S : REMOTE_STATEMENT_S;
    return memory_format(
        "SET search_path = public; SET standard_conforming_strings = on;"
        "SET default_transaction_isolation = 'read committed';"
        "SET default_transaction_read_only = %s; SET statement_timeout = '%ds';"
        "SET lock_timeout = '%ds'; SET idle_in_transaction_session_timeout = '%ds';"
        "SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;"
        "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5;"
        "SET tcp_keepalives_count = 3; SET tcp_user_timeout = 30000;%s"
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'",
        self->role == REMOTE_READER ? "on" : "off", statement_s, REMOTE_ROW_LOCK_S, REMOTE_IDLE_S,
        version >= 140000
            ? "SET idle_session_timeout = 0; SET client_connection_check_interval = '5s';"
            : "");
}

static int
postgres_connect(struct remote *base, const char *user, const char *password, struct error *error)
{
    struct postgres_catalog *self = (struct postgres_catalog *)base;
    const char *mode = tls_mode(base), *authorities = "/nonexistent/root.crt";
    if (strcmp(mode, "verify-full") == 0 && remote_authorities(base, &authorities, error))
        return -1;
    CLEAN(memory_free) char *port = memory_format("%u", base->address.port);
    CLEAN(memory_free) char *patience = memory_format("%d", REMOTE_CONNECT_S);
    struct parameters parameters = {0};
    const char *socket = base->address.socket;
    add(&parameters, "host", *socket ? socket : base->address.host);
    add(&parameters, "port", port);
    add(&parameters, "user", user);
    add(&parameters, "password", password);
    add(&parameters, "dbname", base->address.database);
    add(&parameters, "sslmode", mode);
    add(&parameters, "sslrootcert", authorities);
    add(&parameters, "connect_timeout", patience);
    add_fixed(&parameters);
    self->connection = PQconnectdbParams(parameters.names, parameters.values, 0);
    if (!self->connection)
        abort();
    if (PQstatus(self->connection) != CONNECTION_OK)
        return fail_to_connect(self, error);
    PQsetNoticeProcessor(self->connection, ignore_notice, NULL);
    int version = PQserverVersion(self->connection);
    if (version < VERSION_MIN)
        return error_set(error, ERROR_CONFIG,
                         "the catalog's server is PostgreSQL %s: it must be 12 or newer",
                         PQparameterStatus(self->connection, "server_version"));
    if (PQsetnonblocking(self->connection, 1))
        return postgres_catalog_fail(self, NULL, "cannot use", error);
    CLEAN(memory_free) char *settings = session_settings(base, version);
    return postgres_catalog_run(self, settings, error);
}

static int
postgres_ping(struct remote *base, struct error *error)
{
    return postgres_catalog_run((struct postgres_catalog *)base, "", error);
}

// A wait of 0 would be one without end.
static int
postgres_lock(struct remote *base, int wait_s, int *is_taken, struct error *error)
{
    struct postgres_catalog *self = (struct postgres_catalog *)base;
    CLEAN(memory_free)
    char *patience = memory_format("SET lock_timeout = '%dms'", wait_s ? wait_s * 1000 : 1);
    CLEAN(memory_free) char *usual = memory_format("SET lock_timeout = '%ds'", REMOTE_ROW_LOCK_S);
    struct error waited;
    if (postgres_catalog_run(self, patience, error))
        return -1;
    *is_taken = !postgres_catalog_run(self, "SELECT pg_advisory_lock(" LEAD_LOCK ")", &waited);
    if (!*is_taken && !postgres_is_connected(base)) {
        *error = waited;
        return -1;
    }
    return postgres_catalog_run(self, usual, error);
}

// A transaction in which something failed is rolled back by COMMIT, which then is no error.
static int
postgres_commit(struct remote *base, struct error *error)
{
    struct postgres_catalog *self = (struct postgres_catalog *)base;
    CLEAN(postgres_catalog_clear) PGresult *result = NULL, *end = NULL;
    if (!PQsendQuery(self->connection, "COMMIT"))
        return postgres_catalog_fail(self, NULL, "cannot commit to", error);
    if (postgres_catalog_flush(self, error) || postgres_catalog_result(self, &result, error))
        return -1;
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return postgres_catalog_fail(self, result, "cannot commit to", error);
    if (strcmp(PQcmdStatus(result), "COMMIT") != 0)
        return error_set(error, ERROR_UNAVAILABLE, "catalog '%s' took the transaction back",
                         base->base.place);
    return postgres_catalog_result(self, &end, error);
}

static int
postgres_was_done(struct remote *base)
{
    (void)base;
    return 0;  // what was cut off was taken back
}

static const struct remote_ops postgres_remote_ops = {
    .catalog_ops = &catalog_postgres_ops,
    .sql_ops = &postgres_catalog_sql_ops,
    .migrations = schema_postgres_migrations,
    .usual_port = USUAL_PORT,
    .schema_name = "current_schema()",
    .session_id = "SELECT pg_backend_pid()",
    .end_session = "SELECT pg_terminate_backend(pid) FROM pg_locks"
                   " WHERE locktype = 'advisory' AND granted AND pid = ?",
    .begin = "BEGIN",
    .begin_reading = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    .make = postgres_make,
    .forget = postgres_forget,
    .is_connected = postgres_is_connected,
    .connect = postgres_connect,
    .disconnect = postgres_disconnect,
    .ping = postgres_ping,
    .lock = postgres_lock,
    .commit = postgres_commit,
    .was_done = postgres_was_done,
    .is_ddl_transactional = 1,
};

static int
postgres_open(catalog_t **self_p, const char *place, const struct catalog_access *access,
              const char *holder, struct error *error)
{
    return remote_open(self_p, &postgres_remote_ops, place, access, holder, error);
}

static int
postgres_open_reader(catalog_t **self_p, const char *place, const struct catalog_access *access,
                     struct error *error)
{
    return remote_open_reader(self_p, &postgres_remote_ops, place, access, error);
}

const struct catalog_ops catalog_postgres_ops = {
    .kind = "postgres",
    .check = remote_check,
    .open = postgres_open,
    .open_reader = postgres_open_reader,
    .destroy = remote_destroy,
    .apply = sql_apply,
    .keep = remote_keep,
    .load = sql_load,
    .query = sql_query,
};
