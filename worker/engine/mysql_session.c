#include "worker/engine/mysql_session.h"

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/cutter.h"
#include "worker/engine/login.h"
#include "worker/engine/mysql_connect.h"
#include "worker/engine/tls_advice.h"

enum {
    CONNECT_TIMEOUT_S = 20,
    STATEMENT_TIMEOUT_S = 900,
    SILENT_S = 60,  // until the system asks whether the other side is there
    ASKED_EVERY_S = 10,
    ASKED_TIMES = 6,
};

struct mysql_session {
    MYSQL *handle;
    cutter_t *cutter;  // once connected
    const struct server *server;
    char *version;
    unsigned major, minor;
    int is_mariadb;
    int may_load;  // LOAD DATA LOCAL
};

static const char *const system_authorities[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
};

int
mysql_session_authorities(const struct server *server, const char **path, struct error *error)
{
    if (server->ca_path) {
        if (access(server->ca_path, R_OK)) {
            error_set(error, ERROR_CONFIG, "cannot read the authorities in '%s'", server->ca_path);
            return error_mark(error, ABOUT_TLS);
        }
        *path = server->ca_path;
        return 0;
    }
    for (size_t i = 0; i < sizeof system_authorities / sizeof *system_authorities; i++) {
        if (access(system_authorities[i], R_OK) == 0) {
            *path = system_authorities[i];
            return 0;
        }
    }
    error_set(error, ERROR_CONFIG,
              "no certificate authorities to verify '%s' with: install ca-certificates or name a "
              "CA file for it in the worker's configuration",
              server->name);
    return error_mark(error, ABOUT_TLS);
}

static enum error_about
about_of(unsigned number)
{
    if (number == CR_SSL_CONNECTION_ERROR)
        return ABOUT_TLS;
    switch (mysql_session_code(number)) {
    case ERROR_DENIED:
        return ABOUT_GRANTS;
    case ERROR_UNAVAILABLE:
        return ABOUT_REACH;
    default:
        return ABOUT_NOTHING;
    }
}

static int
fail_with(mysql_session_t *self, unsigned number, const char *text, const char *what,
          struct error *error)
{
    const char *hint = "";
    if (number == CR_SSL_CONNECTION_ERROR && self->version) {
        // TLS was fine: who ends a session does so without a word of TLS's.
        error_set(error, ERROR_UNAVAILABLE, "%s '%s': the connection was lost (%s)", what,
                  self->server->name, text);
        return error_mark(error, ABOUT_REACH);
    }
    if (number == CR_SSL_CONNECTION_ERROR && self->server->verify_tls)
        hint = tls_advice(text);
    else if (number == ER_ACCESS_DENIED_ERROR)
        hint = " (is the secret still its password, and may it log in from this worker?)";
    error_set(error, mysql_session_code(number), "%s '%s': %s (error %u)%s", what,
              self->server->name, text, number, hint);
    return error_mark(error, about_of(number));
}

static int
session_fail(mysql_session_t *self, const char *what, struct error *error)
{
    return fail_with(self, mysql_errno(self->handle), mysql_error(self->handle), what, error);
}

int
mysql_session_fail(mysql_session_t *self, MYSQL_STMT *statement, const char *what,
                   struct error *error)
{
    if (!statement || mysql_stmt_errno(statement) == 0)
        return session_fail(self, what, error);
    return fail_with(self, mysql_stmt_errno(statement), mysql_stmt_error(statement), what, error);
}

MYSQL *
mysql_session_handle(mysql_session_t *self)
{
    return self->handle;
}

unsigned long
mysql_session_id(const mysql_session_t *self)
{
    return mysql_thread_id(self->handle);
}

void
mysql_session_cut(const mysql_session_t *self)
{
    cutter_cut(self->cutter);
}

static int
set_options(mysql_session_t *self, int with_tls, struct error *error)
{
    unsigned connect_s = CONNECT_TIMEOUT_S, statement_s = STATEMENT_TIMEOUT_S;
    unsigned may_load = self->may_load != 0;
    unsigned protocol = MYSQL_PROTOCOL_TCP;
    my_bool verify = self->server->verify_tls != 0, enforce = with_tls != 0, no = 0;
    const char *authorities = NULL;
    mysql_options(self->handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    mysql_options(self->handle, MYSQL_OPT_READ_TIMEOUT, &statement_s);
    mysql_options(self->handle, MYSQL_OPT_WRITE_TIMEOUT, &statement_s);
    mysql_options(self->handle, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_options(self->handle, MYSQL_OPT_LOCAL_INFILE, &may_load);
    mysql_options(self->handle, MYSQL_OPT_RECONNECT, &no);
    mysql_options(self->handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (self->server->verify_tls) {
        if (mysql_session_authorities(self->server, &authorities, error))
            return -1;
        mysql_options(self->handle, MYSQL_OPT_SSL_CA, authorities);
    }
    mysql_options(self->handle, MYSQL_OPT_SSL_ENFORCE, &enforce);
    mysql_options(self->handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    return 0;
}

// Reads flavour and version.
static int
identify(mysql_session_t *self, struct error *error)
{
    if (mysql_session_value(self, "SELECT VERSION()", &self->version, error))
        return -1;
    if (!self->version || sscanf(self->version, "%4u.%4u", &self->major, &self->minor) != 2)
        return error_set(error, ERROR_INVALID, "'%s' says no version that we can read",
                         self->server->name);
    self->is_mariadb = strstr(self->version, "MariaDB") != NULL;
    return 0;
}

static int
prepare(mysql_session_t *self, struct error *error)
{
    if (mysql_session_query(self, "SET SESSION sql_mode = '', time_zone = '+00:00'", NULL, NULL,
                            error) ||
        mysql_session_query(self,
                            "SET SESSION lock_wait_timeout = 60, sql_quote_show_create = 1, "
                            "lc_messages = 'en_US'",
                            NULL, NULL, error))
        return -1;
    return 0;
}

// What stands between, and counts connections, must not take one that waits for one that is gone.
static void
keep_alive(int socket)
{
    static const int on = 1, silent_s = SILENT_S, every_s = ASKED_EVERY_S, times = ASKED_TIMES;
    setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &silent_s, sizeof silent_s);
    setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof every_s);
    setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
}

// Connects with TLS or in plain. On failure the handle tells why.
static int
connect_once(mysql_session_t *self, const struct credentials *credentials, int with_tls,
             struct error *error)
{
    if (self->handle)
        mysql_close(self->handle);
    self->handle = mysql_init(NULL);
    if (!self->handle)
        abort();
    if (set_options(self, with_tls, error))
        return -1;
    if (mysql_connect(&self->handle, self->server, credentials, error))
        return self->handle ? session_fail(self, "cannot connect to", error) : -1;
    keep_alive((int)mysql_get_socket(self->handle));
    self->cutter = cutter_new(mysql_get_socket(self->handle), self->server->stop);
    return 0;
}

// Where TLS need not be verified it is only tried.
static int
connect_as(mysql_session_t *self, const struct credentials *credentials, struct error *error)
{
    if (connect_once(self, credentials, 1, error) == 0)
        return 0;
    if (!self->handle || self->server->verify_tls ||
        mysql_errno(self->handle) != CR_SSL_CONNECTION_ERROR)
        return -1;
    return connect_once(self, credentials, 0, error);
}

static int
connect_to_server(mysql_session_t *self, struct error *error)
{
    CLEAN(login_end) struct login login = {0};
    if (login_begin(&login, self->server, error))
        return -1;
    int status = 0;
    do
        status = connect_as(self, &login.server.credentials, error);
    while (status && login_again(&login, error));
    return status;
}

static int
open_session(mysql_session_t **self_p, const struct server *server, int may_load,
             struct error *error)
{
    CLEAN(mysql_session_destroy) mysql_session_t *self = memory_get(sizeof *self);
    self->server = server;
    self->may_load = may_load;
    if (connect_to_server(self, error) || identify(self, error) || prepare(self, error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

int
mysql_session_open(mysql_session_t **self_p, const struct server *server, struct error *error)
{
    return open_session(self_p, server, 0, error);
}

int
mysql_session_open_to_load(mysql_session_t **self_p, const struct server *server,
                           struct error *error)
{
    return open_session(self_p, server, 1, error);
}

void
mysql_session_destroy(mysql_session_t **self_p)
{
    mysql_session_t *self = *self_p;
    if (!self)
        return;
    if (self->handle)
        mysql_close(self->handle);
    cutter_destroy(&self->cutter);
    memory_free(&self->version);
    memory_free(self_p);
}

const char *
mysql_session_flavour(const mysql_session_t *self)
{
    return self->is_mariadb ? "mariadb" : "mysql";
}

const char *
mysql_session_version(const mysql_session_t *self)
{
    return self->version;
}

unsigned
mysql_session_major(const mysql_session_t *self)
{
    return self->major;
}

unsigned
mysql_session_minor(const mysql_session_t *self)
{
    return self->minor;
}

int
mysql_session_is_mariadb(const mysql_session_t *self)
{
    return self->is_mariadb;
}

int
mysql_session_has_tls(const mysql_session_t *self)
{
    return mysql_get_ssl_cipher(self->handle) != NULL;
}
