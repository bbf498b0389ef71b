#include "worker/engine/postgres_settings.h"

#include "common/clean.h"
#include "common/memory.h"

// Lists of names are kept in double quotes; each name becomes a literal, since an empty one
// (search_path = '') cannot be written as a name.
static const char settings_sql[] =
    "SELECT coalesce(rolname, ''), name, CASE WHEN lower(name) IN ('search_path', "
    "'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries') THEN "
    "coalesce((SELECT string_agg(quote_literal(CASE WHEN m[1] IS NOT NULL THEN "
    "replace(m[1], '\"\"', '\"') ELSE m[2] END), ', ') FROM regexp_matches(value, "
    "'\"((?:[^\"]|\"\")*)\"|([^,\"[:space:]]+)', 'g') AS m), '''''') ELSE quote_literal(value) END "
    "FROM (SELECT setdatabase, setrole, left(entry, strpos(entry, '=') - 1) AS name, "
    "substr(entry, strpos(entry, '=') + 1) AS value, number FROM pg_db_role_setting, "
    "unnest(setconfig) WITH ORDINALITY AS entries (entry, number)) AS settings "
    "LEFT JOIN pg_roles ON pg_roles.oid = setrole WHERE %s "
    "ORDER BY rolname::text COLLATE \"C\" NULLS FIRST, number";

int
postgres_settings_get(postgres_t *postgres, const char *condition, const char *parameter,
                      postgres_rows_t **rows, struct error *error)
{
    CLEAN(postgres_script_destroy) postgres_script_t *sql = postgres_script_new();
    postgres_script_add(sql, settings_sql, condition);
    if (postgres_query(postgres, postgres_script_text(sql), parameter, rows, error))
        return error_wrap(error, "cannot read the settings of roles and databases");
    return 0;
}

const char *
postgres_settings_role(const postgres_rows_t *rows, size_t row)
{
    return postgres_rows_text(rows, row, 0);
}

void
postgres_settings_add(postgres_script_t *block, const char *whose, const postgres_rows_t *rows,
                      size_t row)
{
    CLEAN(postgres_script_destroy) postgres_script_t *statement = postgres_script_new();
    postgres_script_add(statement, "ALTER %s SET %I TO %s", whose, postgres_rows_text(rows, row, 1),
                        postgres_rows_text(rows, row, 2));
    postgres_script_add_attempt(block, statement, "OTHERS");
}
