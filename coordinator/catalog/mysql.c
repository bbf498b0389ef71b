// Connecting, and what differs from PostgreSQL.

#include "coordinator/catalog/mysql.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

enum { USUAL_PORT = 3306, MYSQL_MIN = 80013, MARIADB_MIN = 100600 };

// Locks of this kind are the server's, whatever the database: so its name is in theirs.
#define LEAD_LOCK "concat('dbhaul.', left(sha2(database(), 256), 40))"

static struct remote *
mysql_make(void)
{
    return memory_get(sizeof(struct mysql_catalog));
}

static void
mysql_disconnect(struct remote *base)
{
    struct mysql_catalog *self = (struct mysql_catalog *)base;
    if (self->handle)
        mysql_close(self->handle);
    self->handle = NULL;
}

static void
mysql_forget(struct remote *base)
{
    struct mysql_catalog *self = (struct mysql_catalog *)base;
    for (size_t index = 0; index < STATEMENTS; index++)
        free(self->statements[index]);
}

static int
mysql_is_connected(const struct remote *base)
{
    return ((const struct mysql_catalog *)base)->handle != NULL;
}

static int
set_options(struct mysql_catalog *self, enum catalog_tls tls, struct error *error)
{
    const struct remote *base = &self->base;
    int patience_s =
        base->role == REMOTE_MIGRATOR ? REMOTE_MIGRATE_S + REMOTE_PATIENCE_S : REMOTE_PATIENCE_S;
    unsigned connect_s = REMOTE_CONNECT_S, statement_s = (unsigned)patience_s, off = 0;
    unsigned protocol = *base->address.socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    my_bool verify = tls == CATALOG_TLS_VERIFY, enforce = tls != CATALOG_TLS_OFF, no = 0;
    const char *authorities = NULL;
    mysql_options(self->handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    mysql_options(self->handle, MYSQL_OPT_READ_TIMEOUT, &statement_s);
    mysql_options(self->handle, MYSQL_OPT_WRITE_TIMEOUT, &statement_s);
    mysql_options(self->handle, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_options(self->handle, MYSQL_OPT_LOCAL_INFILE, &off);
    mysql_options(self->handle, MYSQL_OPT_RECONNECT, &no);
    mysql_options(self->handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (verify) {
        if (remote_authorities(base, &authorities, error))
            return -1;
        mysql_options(self->handle, MYSQL_OPT_SSL_CA, authorities);
    }
    mysql_options(self->handle, MYSQL_OPT_SSL_ENFORCE, &enforce);
    mysql_options(self->handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    return 0;
}

static int
fail_to_connect(struct mysql_catalog *self, struct error *error)
{
    enum error_code code = ERROR_UNAVAILABLE;
    const char *advice = "";
    switch (mysql_errno(self->handle)) {
    case CR_SSL_CONNECTION_ERROR:
        advice = " (the server must speak TLS, and its certificate must fit its name and the "
                 "authorities in `catalog_access: {ca: ...}`)";
        code = ERROR_DENIED;
        break;
    case CR_AUTH_PLUGIN_CANNOT_LOAD:
    case ER_ACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_HOST_NOT_PRIVILEGED:
    case ER_MUST_CHANGE_PASSWORD_LOGIN:
    case ER_ACCOUNT_HAS_BEEN_LOCKED:
        code = ERROR_DENIED;
        break;
    case ER_BAD_DB_ERROR:
        code = ERROR_NOT_FOUND;
        break;
    default:
        break;
    }
    return error_set(error, code, "cannot connect to catalog '%s': %.300s (error %u)%s",
                     self->base.base.place, mysql_error(self->handle), mysql_errno(self->handle),
                     advice);
}

static int
connect_once(struct mysql_catalog *self, enum catalog_tls tls, const char *user,
             const char *password, struct error *error)
{
    const struct address *address = &self->base.address;
    mysql_disconnect(&self->base);
    self->handle = mysql_init(NULL);
    if (!self->handle)
        abort();
    if (set_options(self, tls, error))
        return -1;
    if (!mysql_real_connect(self->handle, *address->socket ? NULL : address->host, user, password,
                            address->database, address->port,
                            *address->socket ? address->socket : NULL,
                            CLIENT_FOUND_ROWS | CLIENT_MULTI_STATEMENTS))
        return fail_to_connect(self, error);
    return 0;
}

static int
check_server(struct mysql_catalog *self, int is_mariadb, struct error *error)
{
    unsigned long version = mysql_get_server_version(self->handle);
    if (version < (is_mariadb ? MARIADB_MIN : MYSQL_MIN))
        return error_set(error, ERROR_CONFIG,
                         "the catalog's server is of version %.64s: it must be MariaDB 10.6, MySQL "
                         "8.0.13 or newer",
                         mysql_get_server_info(self->handle));
    return 0;
}

// A value that does not fit is an error (strict mode), a lock is not waited for without end, and no
// time zone or isolation that the server is set to changes what we read.
static int
set_up(struct mysql_catalog *self, struct error *error)
{
    int is_mariadb = strstr(mysql_get_server_info(self->handle), "MariaDB") != NULL;
    if (check_server(self, is_mariadb, error))
        return -1;
    CLEAN(memory_free)
    char *always = memory_format(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00',"
        " autocommit = 1, foreign_key_checks = 1, unique_checks = 1, lock_wait_timeout = %d,"
        " innodb_lock_wait_timeout = %d, wait_timeout = %d;"
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        REMOTE_ROW_LOCK_S, REMOTE_ROW_LOCK_S,
        self->base.role == REMOTE_MIGRATOR ? REMOTE_MIGRATE_S : REMOTE_IDLE_S);
    CLEAN(memory_free)
    char *reader = memory_format(is_mariadb ? "SET SESSION TRANSACTION READ ONLY;"
                                              "SET SESSION max_statement_time = %d"
                                            : "SET SESSION TRANSACTION READ ONLY;"
                                              "SET SESSION max_execution_time = %d000",
                                 REMOTE_STATEMENT_S);
    return mysql_catalog_run(self, always, error) ||
                   (self->base.role == REMOTE_READER && mysql_catalog_run(self, reader, error))
               ? -1
               : 0;
}

static int
mysql_connect_as(struct remote *base, const char *user, const char *password, struct error *error)
{
    struct mysql_catalog *self = (struct mysql_catalog *)base;
    int is_tried = remote_tries_tls(base);
    enum catalog_tls tls = is_tried                                 ? CATALOG_TLS_ON
                           : base->access.tls == CATALOG_TLS_PRESET ? CATALOG_TLS_VERIFY
                                                                    : base->access.tls;
    if (connect_once(self, tls, user, password, error) &&
        (!is_tried || !self->handle || mysql_errno(self->handle) != CR_SSL_CONNECTION_ERROR ||
         connect_once(self, CATALOG_TLS_OFF, user, password, error)))
        return -1;
    return set_up(self, error);
}

static int
mysql_ping_server(struct remote *base, struct error *error)
{
    struct mysql_catalog *self = (struct mysql_catalog *)base;
    return mysql_ping(self->handle) ? mysql_catalog_fail(self, "cannot reach", error) : 0;
}

static int
mysql_lock(struct remote *base, int wait_s, int *is_taken, struct error *error)
{
    CLEAN(memory_free)
    char *sql = memory_format("SELECT GET_LOCK(" LEAD_LOCK ", %d)", wait_s);
    int64_t number = 0;
    if (sql_find_number(&base->base, sql, 0, &number, error))
        return -1;
    *is_taken = number == 1;
    return 0;
}

static int
mysql_commit_all(struct remote *base, struct error *error)
{
    return mysql_catalog_run((struct mysql_catalog *)base, "COMMIT", error);
}

// A table, a column or an index that is there already, or is gone already.
static int
mysql_was_done(struct remote *base)
{
    switch (((struct mysql_catalog *)base)->last_error) {
    case ER_TABLE_EXISTS_ERROR:
    case ER_DUP_FIELDNAME:
    case ER_DUP_KEYNAME:
    case ER_CANT_DROP_FIELD_OR_KEY:
    case ER_BAD_TABLE_ERROR:
        return 1;
    default:
        return 0;
    }
}

static const struct remote_ops mysql_remote_ops = {
    .catalog_ops = &catalog_mysql_ops,
    .sql_ops = &mysql_catalog_sql_ops,
    .migrations = schema_mysql_migrations,
    .usual_port = USUAL_PORT,
    .schema_name = "database()",
    .session_id = "SELECT connection_id()",
    .end_session = "KILL ?",
    .begin = "START TRANSACTION",
    .begin_reading = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;"
                     "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    .make = mysql_make,
    .forget = mysql_forget,
    .is_connected = mysql_is_connected,
    .connect = mysql_connect_as,
    .disconnect = mysql_disconnect,
    .ping = mysql_ping_server,
    .lock = mysql_lock,
    .commit = mysql_commit_all,
    .was_done = mysql_was_done,
    .is_ddl_transactional = 0,
};

static int
mysql_open(catalog_t **self_p, const char *place, const struct catalog_access *access,
           const char *holder, struct error *error)
{
    return remote_open(self_p, &mysql_remote_ops, place, access, holder, error);
}

static int
mysql_open_reader(catalog_t **self_p, const char *place, const struct catalog_access *access,
                  struct error *error)
{
    return remote_open_reader(self_p, &mysql_remote_ops, place, access, error);
}

const struct catalog_ops catalog_mysql_ops = {
    .kind = "mysql",
    .check = remote_check,
    .open = mysql_open,
    .open_reader = mysql_open_reader,
    .destroy = remote_destroy,
    .apply = sql_apply,
    .keep = remote_keep,
    .load = sql_load,
    .query = sql_query,
};
