#include "worker/engine/postgres_properties.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_settings.h"

int
postgres_properties_add_create(postgres_t *postgres, const char *database,
                               postgres_script_t *script, struct error *error)
{
    static const char before_15[] = "'c', ''";
    static const char before_17[] = "datlocprovider, daticulocale";
    static const char since_17[] = "datlocprovider, datlocale";
    unsigned version = postgres_version(postgres);
    CLEAN(memory_free)
    char *sql = memory_format("SELECT pg_encoding_to_char(encoding), datcollate, datctype, "
                              "datconnlimit, rolname, %s FROM pg_database JOIN pg_roles ON "
                              "pg_roles.oid = datdba WHERE datname = $1",
                              version < 150000   ? before_15
                              : version < 170000 ? before_17
                                                 : since_17);
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, sql, database, &rows, error))
        return error_wrap(error, "cannot read how database '%s' is created", database);
    if (postgres_rows_count(rows) != 1)
        return error_set(error, ERROR_NOT_FOUND, "there is no database '%s'", database);
    postgres_script_add(
        script,
        "CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L",
        database, postgres_rows_text(rows, 0, 4), postgres_rows_text(rows, 0, 0),
        postgres_rows_text(rows, 0, 1), postgres_rows_text(rows, 0, 2));
    if (postgres_rows_integer(rows, 0, 3) >= 0)
        postgres_script_add(script, " CONNECTION LIMIT %s", postgres_rows_text(rows, 0, 3));
    if (strcmp(postgres_rows_text(rows, 0, 5), "i") == 0)
        postgres_script_add(script, " LOCALE_PROVIDER icu ICU_LOCALE %L",
                            postgres_rows_text(rows, 0, 6));
    if (strcmp(postgres_rows_text(rows, 0, 5), "b") == 0)
        postgres_script_add(script, " LOCALE_PROVIDER builtin BUILTIN_LOCALE %L",
                            postgres_rows_text(rows, 0, 6));
    return 0;
}

static int
add_settings(postgres_t *postgres, const char *database, postgres_script_t *script,
             struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_settings_get(postgres,
                              "setdatabase = (SELECT oid FROM pg_database WHERE datname = $1)",
                              database, &rows, error))
        return -1;
    for (size_t row = 0; row < postgres_rows_count(rows); row++) {
        CLEAN(postgres_script_destroy) postgres_script_t *block = postgres_script_new();
        CLEAN(postgres_script_destroy) postgres_script_t *whose = postgres_script_new();
        if (*postgres_settings_role(rows, row))
            postgres_script_add(whose, "ROLE %I IN ", postgres_settings_role(rows, row));
        postgres_script_add(whose, "DATABASE %I", database);
        postgres_settings_add(block, postgres_script_text(whose), rows, row);
        postgres_script_add_block(script, block);
    }
    return 0;
}

static int
add_grants(postgres_t *postgres, const char *database, postgres_script_t *script,
           struct error *error)
{
    // A right of everybody's that is gone is a revoke.
    static const char sql[] =
        "SELECT true, privilege_type, coalesce(rolname, '') AS role, CASE WHEN is_grantable THEN "
        "' WITH GRANT OPTION' ELSE '' END FROM pg_database, aclexplode(datacl) AS a LEFT JOIN "
        "pg_roles ON pg_roles.oid = grantee WHERE datname = $1 AND grantee <> datdba "
        "UNION ALL SELECT false, p, '', '' FROM pg_database, (VALUES ('CONNECT'), ('TEMPORARY')) "
        "AS v (p) WHERE datname = $1 AND datacl IS NOT NULL AND NOT EXISTS (SELECT FROM "
        "aclexplode(datacl) AS a WHERE grantee = 0 AND privilege_type = p) ORDER BY 1, 3, 2";
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, sql, database, &rows, error))
        return error_wrap(error, "cannot read the grants on database '%s'", database);
    for (size_t row = 0; row < postgres_rows_count(rows); row++) {
        int is_grant = postgres_rows_true(rows, row, 0);
        CLEAN(postgres_script_destroy) postgres_script_t *what = postgres_script_new();
        postgres_script_add(what, "%s %s ON DATABASE %I %s", is_grant ? "GRANT" : "REVOKE",
                            postgres_rows_text(rows, row, 1), database, is_grant ? "TO" : "FROM");
        postgres_script_add_grant(script, postgres_script_text(what),
                                  postgres_rows_text(rows, row, 2),
                                  postgres_rows_text(rows, row, 3));
    }
    return 0;
}

static int
add_comment(postgres_t *postgres, const char *database, postgres_script_t *script,
            struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres,
                       "SELECT shobj_description(oid, 'pg_database'), datistemplate FROM "
                       "pg_database WHERE datname = $1",
                       database, &rows, error))
        return error_wrap(error, "cannot read the comment on database '%s'", database);
    CLEAN(postgres_script_destroy) postgres_script_t *comment = postgres_script_new();
    CLEAN(postgres_script_destroy) postgres_script_t *template = postgres_script_new();
    CLEAN(postgres_script_destroy) postgres_script_t *block = postgres_script_new();
    postgres_script_add(template, "ALTER DATABASE %I IS_TEMPLATE true", database);
    if (postgres_rows_count(rows) > 0 && postgres_rows_true(rows, 0, 1))
        postgres_script_add_attempt(block, template, "insufficient_privilege");
    if (postgres_rows_count(rows) > 0 && *postgres_rows_text(rows, 0, 0)) {
        postgres_script_add(comment, "COMMENT ON DATABASE %I IS %L", database,
                            postgres_rows_text(rows, 0, 0));
        postgres_script_add_attempt(block, comment, "insufficient_privilege");
    }
    if (postgres_script_size(block) > 0)
        postgres_script_add_block(script, block);
    return 0;
}

int
postgres_properties_add(postgres_t *postgres, const char *database, postgres_script_t *script,
                        struct error *error)
{
    return add_settings(postgres, database, script, error) ||
                   add_grants(postgres, database, script, error) ||
                   add_comment(postgres, database, script, error)
               ? -1
               : 0;
}
