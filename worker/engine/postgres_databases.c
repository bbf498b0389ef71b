#include "worker/engine/postgres_databases.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/ranges.h"

// What managed services keep for themselves: nobody else may connect, or would want to.
static const char *
service_of(const char *name)
{
    static const struct {
        const char *name, *why_not;
    } own[] = {
        {"rdsadmin", "it is Amazon RDS's own"},  {"cloudsqladmin", "it is Cloud SQL's own"},
        {"alloydbadmin", "it is AlloyDB's own"}, {"azure_maintenance", "it is Azure's own"},
        {"azure_sys", "it is Azure's own"},
    };
    for (size_t index = 0; index < sizeof own / sizeof *own; index++) {
        if (strcmp(own[index].name, name) == 0)
            return own[index].why_not;
    }
    return NULL;
}

static int
is_template(const char *name)
{
    return strcmp(name, "template0") == 0 || strcmp(name, "template1") == 0;
}

static void
database_fill(struct postgres_database *self, const postgres_rows_t *rows, size_t row)
{
    enum { INTERRUPTED_DROP = -2 };
    const char *name = postgres_rows_text(rows, row, 0);
    self->name = memory_copy_text(name);
    self->is_given = strcmp(name, "postgres") == 0;
    self->is_users = !self->is_given && !is_template(name) && !service_of(name);
    self->is_odd = postgres_rows_true(rows, row, 3);
    if (is_template(name))
        self->why_not = "it is the server's template for new databases";
    else if (service_of(name))
        self->why_not = service_of(name);
    else if (postgres_rows_integer(rows, row, 2) == INTERRUPTED_DROP)
        self->why_not = "it was half dropped, and nobody can connect to it";
    else if (!postgres_rows_true(rows, row, 1))
        self->why_not = "it allows no connections";
}

int
postgres_databases_get(postgres_t *postgres, struct postgres_databases *databases,
                       struct error *error)
{
    // pg_dump refuses names with line ends, and in a script of another encoding it writes those
    // that are not ASCII as other names.
    static const char sql[] =
        "SELECT datname, datallowconn, datconnlimit, datname ~ E'[\\r\\n]' OR (datname ~ '[^ -~]' "
        "AND encoding <> (SELECT encoding FROM pg_database WHERE datname = current_database())) "
        "FROM pg_database ORDER BY datname::text COLLATE \"C\"";
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, sql, NULL, &rows, error))
        return error_wrap(error, "cannot list the databases");
    size_t count = postgres_rows_count(rows);
    if (count > POSTGRES_DATABASES_MAX)
        return error_set(error, ERROR_INVALID, "the server has more than %d databases",
                         POSTGRES_DATABASES_MAX);
    databases->list = memory_get(count * sizeof *databases->list);
    databases->count = count;
    for (size_t row = 0; row < count; row++)
        database_fill(&databases->list[row], rows, row);
    return 0;
}

void
postgres_databases_select(struct postgres_databases *databases, exclusions_t *exclusions)
{
    for (size_t index = 0; index < databases->count; index++) {
        struct postgres_database *each = &databases->list[index];
        const struct selection_name name = {.schema = each->name, .inner = ""};
        if (!each->why_not)
            each->is_left_out = exclusions_ask(exclusions, "database", &name) == SELECTION_LEFT_OUT;
    }
}

static int
is_read(const struct postgres_database *self)
{
    return !self->why_not && !self->is_left_out;
}

static uint64_t
size_of(const struct postgres_database *self, const postgres_rows_t *rows)
{
    size_t row = 0;
    while (row < postgres_rows_count(rows) &&
           strcmp(postgres_rows_text(rows, row, 0), self->name) != 0)
        row++;
    return row < postgres_rows_count(rows) ? (uint64_t)postgres_rows_integer(rows, row, 1) : 0;
}

int
postgres_databases_share(struct postgres_databases *databases, postgres_t *postgres,
                         uint64_t files_max, struct error *error)
{
    static const char sql[] = "SELECT datname, pg_database_size(oid) FROM pg_database WHERE "
                              "has_database_privilege(oid, 'CONNECT')";
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    CLEAN(memory_free) uint64_t *sizes = memory_get((databases->count + 1) * sizeof *sizes);
    uint64_t count = 0, total_bytes = 0;
    if (postgres_query(postgres, sql, NULL, &rows, error))
        return error_wrap(error, "cannot read the sizes of the databases");
    for (size_t index = 0; index < databases->count; index++) {
        if (!is_read(&databases->list[index]))
            continue;
        sizes[index] = size_of(&databases->list[index], rows);
        total_bytes += sizes[index];
        count++;
    }
    for (size_t index = 0; index < databases->count; index++)
        databases->list[index].files_max =
            ranges_share(files_max, count, sizes[index], total_bytes);
    return 0;
}

void
postgres_databases_clear(struct postgres_databases *databases)
{
    for (size_t index = 0; index < databases->count; index++)
        memory_free(&databases->list[index].name);
    memory_free(&databases->list);
    databases->count = 0;
}

int
postgres_databases_has(postgres_t *postgres, const char *name, int *has, struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, "SELECT FROM pg_database WHERE datname = $1", name, &rows, error))
        return error_wrap(error, "cannot look for the database '%s'", name);
    *has = postgres_rows_count(rows) > 0;
    return 0;
}
