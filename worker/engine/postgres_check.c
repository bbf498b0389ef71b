#include "worker/engine/postgres_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres.h"
#include "worker/engine/postgres_databases.h"
#include "worker/engine/postgres_dump_run.h"

struct findings {
    struct finding *list;
    size_t count, count_max;
};

// Where the next finding goes: where there is no room any more, a fatal one takes the place of one
// that is not. NULL: nowhere.
static struct finding *
make_room(struct findings *self, int fatal)
{
    if (self->count < self->count_max)
        return &self->list[self->count++];
    for (size_t index = self->count; fatal && index > 0; index--) {
        if (!self->list[index - 1].fatal)
            return &self->list[index - 1];
    }
    return NULL;
}

__attribute__((format(printf, 3, 4))) static void
add(struct findings *self, int fatal, const char *format, ...)
{
    struct finding *finding = make_room(self, fatal);
    if (!finding)
        return;
    finding->fatal = fatal;
    va_list args;
    va_start(args, format);
    vsnprintf(finding->text, sizeof finding->text, format, args);
    va_end(args);
}

// What pg_dump reads: relations of users and the configuration tables of extensions.
#define DUMPED_RELATIONS \
    "FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace " \
    "WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND (NOT EXISTS (SELECT " \
    "FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND " \
    "d.deptype = 'e') OR EXISTS (SELECT FROM pg_extension WHERE c.oid = ANY (extconfig))) "

// Each question: one row with a number and an example. A number above 0 is a finding.
static const struct question {
    int fatal;
    const char *what, *advice;
    const char *sql;
} questions[] = {
    {1, "tables and sequences that this login cannot read",
     "grant SELECT and, on their schemas, USAGE, or membership in pg_read_all_data",
     "SELECT count(*), min(format('%I.%I', n.nspname, c.relname)) " DUMPED_RELATIONS
     "AND c.relkind IN ('r', 'p', 'S') AND NOT (has_schema_privilege(n.oid, 'USAGE') AND CASE WHEN "
     "c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'SELECT') ELSE "
     "has_table_privilege(c.oid, 'SELECT') END)"},
    {1, "tables of which row-level security hides rows",
     "give this login BYPASSRLS, or ownership where the policies are not forced",
     "SELECT count(*), min(format('%I.%I', n.nspname, c.relname)) " DUMPED_RELATIONS
     "AND c.relrowsecurity AND row_security_active(c.oid)"},
    {1, "large objects that this login cannot read",
     "grant SELECT on them, or membership in the role that owns them",
     "SELECT count(*), min(oid)::text FROM pg_largeobject_metadata WHERE NOT (SELECT rolsuper FROM "
     "pg_roles WHERE rolname = current_user) AND NOT pg_has_role(lomowner, 'USAGE') AND NOT EXISTS "
     "(SELECT FROM aclexplode(lomacl) WHERE privilege_type = 'SELECT' AND (grantee = 0 OR "
     "pg_has_role(grantee, 'USAGE')))"},
    {0, "unlogged tables", "their rows will be left out, as this is a standby",
     "SELECT count(*), min(format('%I.%I', n.nspname, c.relname)) " DUMPED_RELATIONS
     "AND c.relpersistence = 'u' AND c.relkind = 'r' AND pg_is_in_recovery()"},
    {0, "foreign tables", "their rows will be left out: other servers hold them",
     "SELECT count(*), min(format('%I.%I', n.nspname, c.relname)) " DUMPED_RELATIONS
     "AND c.relkind = 'f'"},
    {0, "user mappings with options", "left out unless the policy wants password hashes",
     "SELECT count(umoptions), min(srvname) FROM pg_user_mappings WHERE umoptions IS NOT NULL"},
    {0, "extensions", "a server to restore into must have them",
     "SELECT count(*), string_agg(extname, ', ' ORDER BY extname) FROM pg_extension WHERE extname "
     "<> 'plpgsql'"},
    {0, "large objects", "pg_dump reads them one by one",
     "SELECT count(*), min(oid)::text FROM pg_largeobject_metadata"},
};

static void
check_database(struct findings *findings, const struct server *server, const char *name)
{
    struct error error;
    CLEAN(postgres_destroy) postgres_t *postgres = NULL;
    if (postgres_open(&postgres, server, name, &error)) {
        add(findings, 1, "%s", error.message);
        return;
    }
    for (size_t index = 0; index < sizeof questions / sizeof *questions; index++) {
        const struct question *question = &questions[index];
        CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
        if (postgres_query(postgres, question->sql, NULL, &rows, &error)) {
            add(findings, 1, "database '%s': cannot be looked at: %s", name, error.message);
            return;
        }
        long long number = postgres_rows_integer(rows, 0, 0);
        if (number > 0)
            add(findings, question->fatal, "database '%s': %lld %s, such as %.200s: %s", name,
                number, question->what, postgres_rows_text(rows, 0, 1), question->advice);
    }
    int64_t size_bytes = 0;
    if (postgres_count(postgres, "SELECT pg_database_size(current_database())", &size_bytes,
                       &error) == 0)
        add(findings, 0, "database '%s': %lld MiB with its indexes", name,
            (long long)(size_bytes >> 20));
}

static void
check_tool(struct findings *findings, const postgres_t *postgres, const struct tool *pg_dump)
{
    unsigned major = postgres_version(postgres) / 10000;
    if (!postgres_dump_run_is_guarded(pg_dump))
        add(findings, 0,
            "pg_dump %s at '%s' does not guard its scripts against commands that a hostile server "
            "plants in names: install a newer one of its series",
            pg_dump->version, pg_dump->path);
    if (pg_dump->major > major)
        add(findings, 0,
            "pg_dump %s writes what a server older than PostgreSQL %u does not understand, and "
            "this "
            "one is %u: to restore into its like, install pg_dump %u on the worker",
            pg_dump->version, pg_dump->major, major, major);
}

int
postgres_check(const struct server *server, const struct tool *pg_dump, struct finding *list,
               size_t *count, size_t count_max, struct error *error)
{
    struct findings findings = {.list = list, .count_max = count_max};
    CLEAN(postgres_destroy) postgres_t *postgres = NULL;
    CLEAN(postgres_databases_clear) struct postgres_databases databases = {0};
    if (postgres_open_any(&postgres, server, error) ||
        postgres_databases_get(postgres, &databases, error))
        return -1;
    check_tool(&findings, postgres, pg_dump);
    for (size_t index = 0; index < databases.count; index++) {
        const struct postgres_database *each = &databases.list[index];
        if (!each->why_not)
            check_database(&findings, server, each->name);
        else if (each->is_users)
            add(&findings, 0, "database '%s' will be left out: %s", each->name, each->why_not);
    }
    *count = findings.count;
    return 0;
}
