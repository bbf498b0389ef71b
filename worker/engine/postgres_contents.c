#include "worker/engine/postgres_contents.h"

#include "common/clean.h"
#include "common/memory.h"

#define USERS_RELATIONS \
    "FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace " \
    "WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM " \
    "pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND " \
    "d.deptype = 'e')"

static const char contents_sql[] =
    "SELECT (SELECT count(*) " USERS_RELATIONS " AND c.relkind IN ('r', 'p')), "
    "(SELECT count(*) FROM pg_user_mappings), "
    "(SELECT count(umoptions) FROM pg_user_mappings), "
    "(SELECT count(*) " USERS_RELATIONS " AND c.relkind = 'f'), "
    "(SELECT count(*) " USERS_RELATIONS " AND c.relkind = 'r' AND c.relpersistence = 'u'), ";

int
postgres_contents_read(struct postgres_contents *self, postgres_t *postgres, struct error *error)
{
    CLEAN(memory_free)
    char *sql = memory_format(
        "%s%s", contents_sql,
        postgres_version(postgres) < 100000
            ? "0"
            : "(SELECT count(*) FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database "
              "WHERE datname = current_database()))");
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, sql, NULL, &rows, error))
        return error_wrap(error, "cannot read what the database holds");
    self->tables = postgres_rows_integer(rows, 0, 0);
    self->mappings = postgres_rows_integer(rows, 0, 1);
    self->readable_mappings = postgres_rows_integer(rows, 0, 2);
    self->foreign_tables = postgres_rows_integer(rows, 0, 3);
    self->unlogged_tables = postgres_rows_integer(rows, 0, 4);
    self->subscriptions = postgres_rows_integer(rows, 0, 5);
    return 0;
}

static void
leave_out(const struct sink *sink, int64_t count, const char *what, const char *database,
          const char *why)
{
    if (count == 0)
        return;
    CLEAN(memory_free)
    char *text = memory_format("%s of database '%s' (%lld)", what, database, (long long)count);
    sink->left_out(sink->self, text, why);
}

int
postgres_contents_must_hide(const struct postgres_contents *self,
                            const struct backup_options *options)
{
    return self->readable_mappings > 0 && !options->password_hashes;
}

void
postgres_contents_report(const struct postgres_contents *self, const struct sink *sink,
                         const struct backup_options *options, const char *database,
                         const struct postgres_snapshot *snapshot)
{
    sink->schema(sink->self, database, (uint64_t)self->tables);
    int is_exact = *snapshot->name != '\0';
    sink->point(sink->self, database, is_exact ? "snapshot" : "single-transaction",
                is_exact && *snapshot->position ? snapshot->position : NULL, snapshot->unix_ms);
    if (!is_exact) {
        CLEAN(memory_free)
        char *what = memory_format("exact point in time of database '%s'", database);
        sink->left_out(sink->self, what, snapshot->why_not);
    }
    if (postgres_contents_must_hide(self, options))
        leave_out(sink, self->mappings, "user mappings", database,
                  "passwords may be in them, and the policy does not want them");
    else
        leave_out(sink, self->mappings - self->readable_mappings, "options of user mappings",
                  database, "the server hides them from this login");
    leave_out(sink, self->foreign_tables, "rows of foreign tables", database,
              "other servers hold them");
    leave_out(sink, self->subscriptions, "subscriptions", database,
              "passwords may be in them, and a restored one would fetch from its publisher");
    if (snapshot->in_recovery)
        leave_out(sink, self->unlogged_tables, "rows of unlogged tables", database,
                  "a standby does not have them");
}
