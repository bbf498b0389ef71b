#include "worker/engine/postgres_head.h"

#include "common/clean.h"
#include "common/memory.h"

void
postgres_head_add(postgres_script_t *script, const char *encoding)
{
    // Money is a whole number of the smallest coin, and where its point stands is a matter of
    // lc_monetary: the same one there and here.
    postgres_script_add(script,
                        "SET client_encoding = %L;\n"
                        "SET standard_conforming_strings = on;\n"
                        "SET client_min_messages = warning;\n"
                        "SET statement_timeout = 0;\n"
                        "SET lock_timeout = 0;\n"
                        "SET row_security = off;\n"
                        "SET check_function_bodies = false;\n"
                        "SET datestyle = ISO;\n"
                        "SET intervalstyle = postgres;\n"
                        "SET lc_monetary = 'C';\n"
                        "SET xmloption = content;\n"
                        "SET search_path = '';\n\n",
                        encoding);
}

// Rows come in one form. With row_security off a policy that would hide rows is an error. Scans
// that join another's midway would begin elsewhere each night. There are as many readers as the
// policy wants: the server shall not add workers of its own.
static const char settings_sql[] =
    "SELECT set_config('extra_float_digits', '3', false), "
    "set_config('intervalstyle', 'postgres', false), set_config('timezone', 'UTC', false), "
    "set_config('lc_monetary', 'C', false), set_config('xmlbinary', 'base64', false), "
    "set_config('row_security', 'off', false), set_config('synchronize_seqscans', 'off', false), "
    "set_config('max_parallel_workers_per_gather', '0', false)";

// Lets the server end a statement soon after we are gone. Not every server's system can look.
static int
set_watch(postgres_t *postgres, struct error *error)
{
    if (postgres_version(postgres) < 140000 ||
        postgres_run(postgres, "SET client_connection_check_interval = 1000", error) == 0)
        return 0;
    return error->code == ERROR_UNAVAILABLE ? -1 : 0;
}

int
postgres_head_open(postgres_t **reader, const struct server *server, const char *database,
                   const struct postgres_point *point, struct error *error)
{
    CLEAN(postgres_destroy) postgres_t *postgres = NULL;
    CLEAN(postgres_script_destroy) postgres_script_t *import = postgres_script_new();
    postgres_script_add(import, "SET TRANSACTION SNAPSHOT %L", point->snapshot.name);
    if (postgres_open(&postgres, server, database, error) ||
        postgres_speak(postgres, point->encoding, error) ||
        postgres_run(postgres, settings_sql, error) || set_watch(postgres, error) ||
        postgres_run(postgres, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error) ||
        postgres_run(postgres, postgres_script_text(import), error))
        return error_wrap(error, "cannot open a session at the point in time of database '%s'",
                          database);
    *reader = STEAL(postgres);
    return 0;
}
