#include "worker/engine/postgres_access.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

enum { CONNECT_PATIENCE_S = 20 };

// Appends text to *all, which grows.
static void
append(char **all, const char *text)
{
    char *longer = memory_format("%s%s", *all, text);
    memory_free_secret(all);
    *all = longer;
}

// In quotes, as libpq reads a value.
static void
append_parameter(char **all, const char *name, const char *value)
{
    CLEAN(memory_free) char *quoted = memory_get(2 * strlen(value) + 1);
    char *next = quoted;
    for (const char *at = value; *at; at++) {
        if (*at == '\'' || *at == '\\')
            *next++ = '\\';
        *next++ = *at;
    }
    CLEAN(memory_free) char *pair = memory_format("%s='%s' ", name, quoted);
    append(all, pair);
}

static int
check_host(const char *host, struct error *error)
{
    if (*host == '\0' || *host == '-')
        return error_set(error, ERROR_INVALID, "the host '%s' is none", host);
    for (const char *at = host; *at; at++) {
        if (!isalnum((unsigned char)*at) && !strchr(".-_:%", *at))
            return error_set(error, ERROR_INVALID,
                             "the host '%.200s' has a character that a host's name cannot have",
                             host);
    }
    return 0;
}

// libpq of before version 16 does not know where the system's certificates are.
static const char *
find_system_ca(void)
{
    static const char *const places[] = {
        "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Alpine
        "/etc/pki/tls/certs/ca-bundle.crt",    // Red Hat
        "/etc/ssl/ca-bundle.pem",              // SUSE
        "/etc/ssl/cert.pem",
    };
    for (size_t index = 0; index < sizeof places / sizeof *places; index++) {
        if (access(places[index], R_OK) == 0)
            return places[index];
    }
    return NULL;
}

int
postgres_access_parameters(const struct server *server, const char *database, char **text,
                           struct error *error)
{
    if (check_host(server->host, error))
        return -1;
    const char *ca_path = server->ca_path ? server->ca_path : find_system_ca();
    if (server->verify_tls && !ca_path) {
        error_set(error, ERROR_CONFIG,
                  "no file with the system's certificates was found: install ca-certificates, or "
                  "name the server's CA");
        return error_mark(error, ABOUT_TLS);
    }
    if (server->verify_tls && access(ca_path, R_OK)) {
        error_set(error, ERROR_CONFIG, "cannot read the CA's file '%s'", ca_path);
        return error_mark(error, ABOUT_TLS);
    }

    CLEAN(memory_free) char *all = memory_copy_text("");
    CLEAN(memory_free) char *port = memory_format("%u", server->port);
    CLEAN(memory_free) char *patience = memory_format("%d", CONNECT_PATIENCE_S);
    append_parameter(&all, "host", server->host);
    if (*server->address)
        append_parameter(&all, "hostaddr", server->address);
    append_parameter(&all, "port", port);
    append_parameter(&all, "user", server->credentials.username);
    append_parameter(&all, "dbname", database);
    append_parameter(&all, "sslmode", server->verify_tls ? "verify-full" : "prefer");
    // A file that does not exist keeps libpq from ~/.postgresql/root.crt.
    append_parameter(&all, "sslrootcert", server->verify_tls ? ca_path : "/nonexistent/root.crt");
    append_parameter(&all, "connect_timeout", patience);
    append_parameter(&all, "keepalives", "1");
    append_parameter(&all, "keepalives_idle", "60");
    append_parameter(&all, "keepalives_interval", "10");
    append_parameter(&all, "keepalives_count", "6");
    append_parameter(&all, "application_name", "dbhaul");
    *text = STEAL(all);
    return 0;
}

// A field of a password file: ':' and '\' are escaped.
static void
append_field(char **all, const char *value, const char *end)
{
    CLEAN(memory_free_secret) char *escaped = memory_get(2 * strlen(value) + 2);
    char *next = escaped;
    for (const char *at = value; *at; at++) {
        if (*at == ':' || *at == '\\')
            *next++ = '\\';
        *next++ = *at;
    }
    strcpy(next, end);
    append(all, escaped);
}

// Gives the password file's text, and opens it as a descriptor.
static int
open_password_file(const struct server *server, int *fd, char path[RUNNER_PATH_SIZE],
                   struct error *error)
{
    const struct credentials *credentials = &server->credentials;
    if (strpbrk(credentials->password, "\r\n") || strpbrk(credentials->username, "\r\n"))
        return error_set(error, ERROR_CONFIG,
                         "the user name or password for '%s' has a line's end in it, which "
                         "PostgreSQL's tools cannot be given",
                         server->name);
    // For this server only: a hostile script that connects elsewhere does not get it.
    CLEAN(memory_free_secret) char *line = memory_copy_text("");
    CLEAN(memory_free) char *port = memory_format("%u", server->port);
    append_field(&line, server->host, ":");
    append_field(&line, port, ":*:");
    append_field(&line, credentials->username, ":");
    append_field(&line, credentials->password, "\n");
    return runner_private_file(line, strlen(line), fd, path, error);
}

int
postgres_tool_access_open(struct postgres_tool_access *self, const struct server *server,
                          const char *database, struct error *error)
{
    CLEAN(memory_free) char *parameters = NULL;
    char path[RUNNER_PATH_SIZE];
    if (login_begin(&self->login, server, error) ||
        postgres_access_parameters(&self->login.server, database, &parameters, error) ||
        open_password_file(&self->login.server, &self->password_fd, path, error))
        return -1;
    self->target = memory_format("--dbname=%s", parameters);
    size_t count = 0;
    self->variables[count++] = memory_copy_text("PATH=/usr/bin:/bin");
    self->variables[count++] = memory_copy_text("LC_ALL=C");
    self->variables[count++] = memory_copy_text("HOME=/nonexistent");
    self->variables[count++] = memory_copy_text("PGSYSCONFDIR=/nonexistent");
    self->variables[count++] = memory_copy_text("PGSSLCERT=/nonexistent/client.crt");
    self->variables[count++] = memory_copy_text("PGGSSENCMODE=disable");
    self->variables[count++] = memory_format("PGPASSFILE=%s", path);
    self->variables[count] = NULL;
    for (size_t index = 0; index <= count; index++)
        self->environment[index] = self->variables[index];
    return 0;
}

void
postgres_tool_access_close(struct postgres_tool_access *self)
{
    for (size_t index = 0; self->variables[index]; index++)
        memory_free(&self->variables[index]);
    memory_free(&self->target);
    login_end(&self->login);
    if (self->password_fd > 0)
        fd_close(&self->password_fd);
}

enum error_code
postgres_access_meaning(const char *message)
{
    static const struct {
        const char *text;
        enum error_code code;
    } meanings[] = {
        {"password authentication failed", ERROR_DENIED},
        {"no password supplied", ERROR_DENIED},
        {"authentication failed", ERROR_DENIED},
        {"pg_hba.conf", ERROR_DENIED},
        {"is not permitted to log in", ERROR_DENIED},
        {"permission denied", ERROR_DENIED},
        {"row-level security", ERROR_DENIED},
        {"must be superuser", ERROR_DENIED},
        {"must be owner", ERROR_DENIED},
        {"must be member", ERROR_DENIED},
        {"certificate", ERROR_DENIED},
        {"does not support SSL", ERROR_DENIED},
        {"lock timeout", ERROR_BUSY},
        {"conflict with recovery", ERROR_BUSY},
        {"being accessed by other users", ERROR_BUSY},
        {"server version mismatch", ERROR_CONFIG},
        {"invalid command \\restrict", ERROR_CONFIG},
        {"invalid command \\unrestrict", ERROR_CONFIG},
        {"No space left on device", ERROR_CONFIG},
        {"Connection refused", ERROR_UNAVAILABLE},
        {"timeout expired", ERROR_UNAVAILABLE},
        {"server closed the connection", ERROR_UNAVAILABLE},
        {"terminating connection", ERROR_UNAVAILABLE},
        {"the database system is", ERROR_UNAVAILABLE},
        {"connection slots", ERROR_UNAVAILABLE},
        {"too many", ERROR_UNAVAILABLE},
    };
    for (size_t index = 0; index < sizeof meanings / sizeof *meanings; index++) {
        if (strstr(message, meanings[index].text))
            return meanings[index].code;
    }
    return ERROR_NONE;
}
