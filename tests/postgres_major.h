// A PostgreSQL of another major version than this host's, by tests/lib/postgres-major.sh.

#pragma once

#include "common/clean.h"
#include "tests/postgres_server.h"

// Starts one of another major version. Returns its programs' folder, the caller's, or NULL.
static inline char *
start_major(unsigned major, struct postgres_server *postgres)
{
    CLEAN(memory_free)
    char *command = memory_format("'%s/lib/postgres-major.sh' fetch %u", tests_folder, major);
    CLEAN(memory_free) char *bin = postgres_server_shell(command);
    if (!bin)
        return NULL;
    bin[strcspn(bin, "\n")] = '\0';
    setenv("POSTGRES_BIN", bin, 1);
    int status = postgres_server_start(postgres, "ssl=off");
    unsetenv("POSTGRES_BIN");
    return status ? NULL : STEAL(bin);
}
