#include "worker/engine/postgres_public.h"

#include "common/clean.h"

enum { VERSION_OF_CLOSED_PUBLIC = 150000 };

int
postgres_public_add(postgres_t *postgres, postgres_script_t *script, struct error *error)
{
    static const char sql[] =
        "SELECT FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS a "
        "WHERE nspname = 'public' AND a.grantee = 0 AND a.privilege_type = 'CREATE'";
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_version(postgres) >= VERSION_OF_CLOSED_PUBLIC)
        return 0;
    if (postgres_query(postgres, sql, NULL, &rows, error))
        return error_wrap(error, "cannot read who may create in schema 'public'");
    if (postgres_rows_count(rows) > 0)
        postgres_script_add_grant(script, "GRANT CREATE ON SCHEMA public TO", "", "");
    return 0;
}
