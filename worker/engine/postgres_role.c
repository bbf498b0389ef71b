#include "worker/engine/postgres_role.h"

#include "common/clean.h"

int
postgres_role_check(postgres_t *postgres, enum server_role role, struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (role == SERVER_OF_ANY_ROLE)
        return 0;
    if (postgres_query(postgres, "SELECT pg_is_in_recovery()", NULL, &rows, error))
        return error_wrap(error, "cannot ask the server whether it is a standby");
    int is_standby = postgres_rows_true(rows, 0, 0);
    if (role == SERVER_PRIMARY && is_standby)
        return error_set(error, ERROR_CONFIG,
                         "the policy reads from the primary, and this server is in recovery: it is "
                         "a standby, or was made one since; look whether there was a failover, or "
                         "set `read_from`");
    if (role == SERVER_REPLICA && !is_standby)
        return error_set(error, ERROR_CONFIG,
                         "the policy reads from a replica, and this server is not in recovery: it "
                         "is the primary; look whether there was a failover, or set `read_from`");
    return 0;
}
