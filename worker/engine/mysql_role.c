#include "worker/engine/mysql_role.h"

#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/memory.h"

static int
is_on(const char *value)
{
    return value && strcmp(value, "0") != 0 && strcasecmp(value, "OFF") != 0;
}

static int
is_read_only(mysql_session_t *session, int *is, struct error *error)
{
    CLEAN(memory_free) char *all = NULL;
    CLEAN(memory_free) char *storage = NULL;
    if (mysql_session_value(session, "SELECT @@GLOBAL.read_only", &all, error) ||
        mysql_session_value(session, "SELECT @@GLOBAL.innodb_read_only", &storage, error))
        return -1;
    *is = is_on(all) || is_on(storage);
    return 0;
}

static int
note_row(void *context, const char *const *cells, struct error *error)
{
    (void)cells, (void)error;
    *(int *)context = 1;
    return 0;
}

// Does it replicate from another? Not every account may ask.
static int
is_replicating(mysql_session_t *session)
{
    static const char *const questions[] = {"SHOW REPLICA STATUS", "SHOW SLAVE STATUS"};
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        struct error ignored;
        int has_row = 0;
        if (mysql_session_query(session, questions[i], note_row, &has_row, &ignored) == 0)
            return has_row;
    }
    return 0;
}

int
mysql_role_check(mysql_session_t *session, enum server_role role, struct error *error)
{
    int read_only = 0;
    if (role == SERVER_OF_ANY_ROLE)
        return 0;
    if (is_read_only(session, &read_only, error))
        return error_wrap(error, "cannot ask the server whether it is a replica");
    if (role == SERVER_PRIMARY && read_only)
        return error_set(error, ERROR_CONFIG,
                         "the policy reads from the primary, and this server takes no writes "
                         "(read_only): it is a replica, or was made one since; look whether there "
                         "was a failover, or set `read_from`");
    if (role == SERVER_REPLICA && !read_only && !is_replicating(session))
        return error_set(error, ERROR_CONFIG,
                         "the policy reads from a replica, and this server takes writes and "
                         "replicates from nobody that our account may see: look whether there was "
                         "a failover, set read_only on the replica, or set `read_from`");
    return 0;
}
