#include "worker/engine/postgres_dump.h"

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_dump_run.h"
#include "worker/engine/postgres_properties.h"
#include "worker/engine/postgres_script.h"
#include "worker/engine/postgres_snapshot.h"

// What a database holds that matters to how it is dumped, at the snapshot.
struct contents {
    int64_t tables;
    int64_t mappings, readable_mappings;
    int64_t foreign_tables;
    int64_t unlogged_tables;
    int64_t subscriptions;
};

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

static int
read_contents(struct contents *self, postgres_t *postgres, struct error *error)
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

static int
must_hide(const struct postgres_dump *self, const struct contents *contents)
{
    return contents->readable_mappings > 0 && !self->options->password_hashes;
}

static void
report(const struct postgres_dump *self, const char *database, const struct contents *contents,
       const struct postgres_snapshot *snapshot)
{
    const struct sink *sink = self->sink;
    sink->schema(sink->self, database, (uint64_t)contents->tables);
    int is_exact = *snapshot->name != '\0';
    sink->point(sink->self, database, is_exact ? "snapshot" : "single-transaction",
                is_exact && *snapshot->position ? snapshot->position : NULL, snapshot->unix_ms);
    if (!is_exact) {
        CLEAN(memory_free)
        char *what = memory_format("exact point in time of database '%s'", database);
        sink->left_out(sink->self, what, snapshot->why_not);
    }
    if (must_hide(self, contents))
        leave_out(sink, contents->mappings, "user mappings", database,
                  "passwords may be in them, and the policy does not want them");
    else
        leave_out(sink, contents->mappings - contents->readable_mappings,
                  "options of user mappings", database, "the server hides them from this login");
    leave_out(sink, contents->foreign_tables, "rows of foreign tables", database,
              "other servers hold them");
    leave_out(sink, contents->subscriptions, "subscriptions", database,
              "passwords may be in them, and a restored one would fetch from its publisher");
    if (snapshot->in_recovery)
        leave_out(sink, contents->unlogged_tables, "rows of unlogged tables", database,
                  "a standby does not have them");
}

static void
release(struct postgres_snapshot *snapshot)
{
    postgres_snapshot_release(snapshot);
}

int
postgres_dump_odd_names(const struct postgres_dump *self, postgres_t *postgres,
                        const struct postgres_databases *databases, struct error *error)
{
    for (size_t index = 0; index < databases->count; index++) {
        const struct postgres_database *each = &databases->list[index];
        if (!each->is_odd || each->why_not || each->is_given || each->is_left_out)
            continue;
        CLEAN(postgres_script_destroy) postgres_script_t *script = postgres_script_new();
        postgres_script_add_head(script);
        if (postgres_properties_add_create(postgres, each->name, script, error))
            return -1;
        postgres_script_add(script, ";\n");
        if (postgres_properties_add(postgres, each->name, script, error))
            return -1;
        struct file_facts facts = {
            .role = "data", .object = each->name, .loader = "psql", .load_into = "postgres"};
        if (self->sink->put_text(self->sink->self, &facts, postgres_script_text(script),
                                 postgres_script_size(script), error))
            return -1;
    }
    return 0;
}

int
postgres_dump_database(const struct postgres_dump *self, const struct postgres_database *database,
                       struct error *error)
{
    CLEAN(release) struct postgres_snapshot snapshot = {0};
    CLEAN(postgres_select_destroy) postgres_select_t *select = NULL;
    struct contents contents = {0};
    if (postgres_snapshot_take(&snapshot, self->server, database->name, error))
        return -1;
    if (read_contents(&contents, snapshot.keeper, error) ||
        postgres_select_open(&select, snapshot.keeper, database->name, self->exclusions, error))
        return error_wrap(error, "database '%s'", database->name);
    contents.tables -= postgres_select_left_out(select);
    report(self, database->name, &contents, &snapshot);
    struct postgres_dump_run run = {.server = self->server,
                                    .tool = self->tool,
                                    .sink = self->sink,
                                    .database = database->name,
                                    .create = !database->is_given && !database->is_odd,
                                    .snapshot = &snapshot,
                                    .select = select,
                                    .options = self->options,
                                    .without_mappings = must_hide(self, &contents)};
    int is_in_parts = run.without_mappings || postgres_select_is_filter(select);
    int result = is_in_parts ? postgres_dump_run_in_parts(&run, error)
                             : postgres_dump_run_whole(&run, error);
    if (result)
        return error_wrap(error, "cannot dump database '%s'", database->name);
    return 0;
}
