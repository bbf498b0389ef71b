// How a PostgreSQL server is reached: parameters in libpq's spelling, the password file, the
// environment of the vendor's tools, and what a failure's text means. Knows no connection.
//
// TLS is verified in full (verify-full) unless the server's record says otherwise; then it is
// tried. The password is in none of the texts but the password file's.

#pragma once

#include <stddef.h>

#include "common/error.h"
#include "worker/engine/engine.h"
#include "worker/engine/login.h"
#include "worker/engine/runner.h"

// The connection's parameters for libpq ("host='...' port=..."), to be a tool's --dbname. The
// caller's. ERROR_INVALID: a host that is no host's name or address (libpq would take several with
// commas, and try the password on each); ERROR_CONFIG: no certificates to verify with.
int postgres_access_parameters(const struct server *server, const char *database, char **text,
                               struct error *error);

// What a tool needs beside its arguments. Keep it until the tool has ended.
struct postgres_tool_access {
    struct login login;
    char *target;     // "--dbname=host='...' port=..."
    int password_fd;  // goes to process_options.keep_fds
    char *variables[8];
    const char *environment[9];  // NULL-terminated
};

// To be opened for each start of a tool, with the login that is good now; closed before, and all
// zero at first. ERROR_CONFIG if the password has a line's end in it, which a password file cannot
// hold; else as postgres_access_parameters and the login.
int postgres_tool_access_open(struct postgres_tool_access *self, const struct server *server,
                              const char *database, struct error *error);
void postgres_tool_access_close(struct postgres_tool_access *self);

// What libpq's or a server's English message about a failure means. ERROR_NONE: cannot say.
enum error_code postgres_access_meaning(const char *message);
