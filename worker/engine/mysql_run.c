#include "worker/engine/mysql_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/engine/mysql_option_file.h"
#include "worker/engine/mysql_session.h"

static const char *const known_noise[] = {
    "mysqldump: [Warning] Using a password on the command line interface can be insecure.",
    "mysql: [Warning] Using a password on the command line interface can be insecure.",
    "WARNING: option --ssl-verify-server-cert is disabled, because of an insecure passwordless",
};

// The error's number: "mysqldump: Got error: 1045: ...", "ERROR 1045 (28000): ...",
// "Error 2013: Lost connection ...", "Couldn't execute '...': ... (1142)". 0 if there is none.
static unsigned
error_number(const char *text)
{
    for (const char *at = text; (at = strcasestr(at, "error")); at++) {
        const char *digits = at + strlen("error");
        digits += strspn(digits, ": ");
        unsigned long number = strtoul(digits, NULL, 10);
        if (number >= 1000 && number < 10000)
            return (unsigned)number;
    }
    for (const char *at = strchr(text, '('); at; at = strchr(at + 1, '(')) {
        char *end;
        unsigned long number = strtoul(at + 1, &end, 10);
        if (*end == ')' && number >= 1000 && number < 10000)
            return (unsigned)number;
    }
    return 0;
}

enum error_code
mysql_run_classify(const char *stderr_text)
{
    static const struct {
        const char *text;
        enum error_code code;
    } signs[] = {
        {"unknown option", ERROR_CONFIG},
        {"unknown variable", ERROR_CONFIG},
        {"ambiguous option", ERROR_CONFIG},
        {"error while loading shared libraries", ERROR_CONFIG},
        {"Could not open required defaults file", ERROR_INTERNAL},
        {"TLS/SSL error", ERROR_DENIED},
        {"SSL connection error", ERROR_DENIED},
        {"insufficient privileges", ERROR_DENIED},
        {"Access denied", ERROR_DENIED},
        {"Lost connection", ERROR_UNAVAILABLE},
        {"server has gone away", ERROR_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (strstr(stderr_text, signs[i].text))
            return signs[i].code;
    }
    unsigned number = error_number(stderr_text);
    return number ? mysql_session_code(number) : ERROR_UNAVAILABLE;
}

static void
add_owned(struct mysql_run *self, char *argument)
{
    if (self->count + 1 >= self->room) {
        self->room = self->room ? 2 * self->room : 64;
        self->arguments = memory_resize(self->arguments, self->room * sizeof *self->arguments);
    }
    self->arguments[self->count++] = argument;
    self->arguments[self->count] = NULL;
}

void
mysql_run_add(struct mysql_run *self, const char *argument)
{
    add_owned(self, memory_copy_text(argument));
}

static int
find_login(struct login *login, const struct server *server, struct error *error)
{
    CLEAN(mysql_session_destroy) mysql_session_t *first = NULL;
    if (server->login && mysql_session_open(&first, server, error))
        return -1;
    return login_begin(login, server, error);
}

int
mysql_run_begin(struct mysql_run *self, const struct server *server, int has_tls,
                const struct tool *tool, const char *more, struct error *error)
{
    *self = (struct mysql_run){.option_fd = -1};
    int is_mariadb = tool->kind == TOOL_MARIADB_DUMP || tool->kind == TOOL_MARIADB;
    const char *authorities = NULL;
    CLEAN(memory_free_secret) char *access = NULL;
    if (find_login(&self->login, server, error) ||
        (server->verify_tls && mysql_session_authorities(server, &authorities, error)) ||
        mysql_option_file_make(&self->login.server, is_mariadb, has_tls, authorities, &access,
                               error))
        return -1;
    // Clients read the first group only, dump tools both.
    CLEAN(memory_free_secret) char *text = memory_format("%s\n[mysqldump]\n%s", access, more);
    if (runner_private_file(text, strlen(text), &self->option_fd, self->option_path, error))
        return -1;
    snprintf(self->name, sizeof self->name, "%s %s", tool_kind_name(tool->kind), tool->version);
    self->deprecated = memory_format("%s: Deprecated program name", tool->path);
    size_t used = sizeof known_noise / sizeof *known_noise;
    memcpy(self->noise, known_noise, sizeof known_noise);
    self->noise[used] = self->deprecated;
    mysql_run_add(self, tool->path);
    add_owned(self, memory_format("--defaults-file=%s", self->option_path));  // must be the first
    self->runner = (struct runner){.name = self->name,
                                   .process = {.keep_fds = {self->option_fd}},
                                   .credentials = &self->login.server.credentials,
                                   .login = server->login,
                                   .classify = mysql_run_classify,
                                   .noise = self->noise,
                                   .fence = "--------------"};
    return 0;
}

void
mysql_run_end(struct mysql_run *self)
{
    for (size_t i = 0; i < self->count; i++)
        memory_free(&self->arguments[i]);
    memory_free(&self->arguments);
    memory_free(&self->deprecated);
    fd_close(&self->option_fd);
    login_end(&self->login);
    self->count = self->room = 0;
}

const struct runner *
mysql_run_runner(struct mysql_run *self)
{
    self->runner.process.argv = (const char *const *)self->arguments;
    return &self->runner;
}
