#include "worker/engine/postgres_check.h"

#include <inttypes.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres.h"
#include "worker/engine/postgres_check_rows.h"
#include "worker/engine/postgres_databases.h"
#include "worker/engine/postgres_dump_run.h"
#include "worker/engine/postgres_role.h"
#include "worker/engine/postgres_select.h"
#include "worker/engine/ranges.h"

// What pg_dump reads: relations of users and the configuration tables of extensions.
#define DUMPED_RELATIONS \
    "FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace " \
    "WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND (NOT EXISTS (SELECT " \
    "FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND " \
    "d.deptype = 'e') OR EXISTS (SELECT FROM pg_extension WHERE c.oid = ANY (extconfig))) "

#define WANTED " AND c.oid <> ALL ($1::oid[])"

// The first few of the names, as an answer's second cell has them.
#define EXAMPLES(name) "array_to_string((array_agg(" name " ORDER BY " name "))[1:5], ', ')"
#define RELATION "format('%I.%I', n.nspname, c.relname)"

// The right to read all, or where there is no role for that yet, to read each schema in which
// something cannot be read.
#define READ_ALL \
    "CASE WHEN current_setting('server_version_num')::int >= 140000 THEN format('GRANT " \
    "pg_read_all_data TO %I;', current_user) ELSE string_agg(DISTINCT format('GRANT USAGE ON " \
    "SCHEMA %1$I TO %2$I; GRANT SELECT ON ALL TABLES IN SCHEMA %1$I TO %2$I; GRANT SELECT ON ALL " \
    "SEQUENCES IN SCHEMA %1$I TO %2$I;', n.nspname, current_user), ' ') END"

#define READ_OBJECTS \
    "format('GRANT SELECT ON LARGE OBJECT %s%s TO %I;', array_to_string((array_agg(oid ORDER BY " \
    "oid))[1:5], ', '), CASE WHEN count(*) > 5 THEN ', ...' END, current_user)"

// Each question: one row with a number, examples, and what to do. A number above 0 is a finding.
enum about_tables { ALL_TABLES, WANTED_TABLES, WANTED_ROWS };
static const struct question {
    enum error_about about;
    int fatal;
    enum about_tables tables;  // $1 has the numbers of all others
    const char *what;
    const char *sql;
} questions[] = {
    {ABOUT_GRANTS, 1, WANTED_TABLES, "tables and sequences that this login cannot read",
     "SELECT count(*), " EXAMPLES(
         RELATION) ", " READ_ALL " " DUMPED_RELATIONS
                   "AND c.relkind IN ('r', 'p', 'S') AND NOT (has_schema_privilege(n.oid, 'USAGE') "
                   "AND CASE WHEN "
                   "c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'SELECT') ELSE "
                   "has_table_privilege(c.oid, 'SELECT') END) AND NOT EXISTS (SELECT FROM "
                   "pg_depend AS i WHERE i.classid = 'pg_class'::regclass AND i.objid = c.oid AND "
                   "i.deptype = 'i' AND i.refobjid = ANY ($1::oid[]))" WANTED},
    {ABOUT_GRANTS, 1, WANTED_ROWS, "tables of which row-level security hides rows",
     "SELECT count(*), " EXAMPLES(
         RELATION) ", format('ALTER ROLE %I BYPASSRLS;', current_user) " DUMPED_RELATIONS
                   "AND c.relrowsecurity AND row_security_active(c.oid)" WANTED},
    {ABOUT_GRANTS, 1, ALL_TABLES, "large objects that this login cannot read",
     "SELECT count(*), " EXAMPLES(
         "oid::text") ", " READ_OBJECTS
                      " FROM pg_largeobject_metadata WHERE NOT (SELECT rolsuper FROM "
                      "pg_roles WHERE rolname = current_user) AND NOT pg_has_role(lomowner, "
                      "'USAGE') AND NOT EXISTS "
                      "(SELECT FROM aclexplode(lomacl) WHERE privilege_type = 'SELECT' AND "
                      "(grantee = 0 OR "
                      "pg_has_role(grantee, 'USAGE')))"},
    {ABOUT_CONTENT, 0, WANTED_TABLES, "tables, with too little room for their locks",
     "SELECT CASE WHEN 2 * count(*) > max(least * places) THEN count(*) ELSE 0 END, "
     "'max_locks_per_transaction = ' || max(least), format('a reader and its pg_dump lock each: "
     "with %s there is room', 2 * count(*) / max(places) + 1) FROM (SELECT "
     "current_setting('max_locks_per_transaction')::bigint AS least, "
     "current_setting('max_connections')::bigint + "
     "current_setting('max_prepared_transactions')::bigint AS places) AS server CROSS JOIN "
     "pg_class AS c WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND c.oid >= "
     "16384" WANTED},
    {ABOUT_CONTENT, 0, WANTED_ROWS, "unlogged tables",
     "SELECT count(*), " EXAMPLES(
         RELATION) ", 'their rows will be left out, as this is a standby' " DUMPED_RELATIONS
                   "AND c.relpersistence = 'u' AND c.relkind = 'r' AND pg_is_in_recovery()" WANTED},
    {ABOUT_CONTENT, 0, WANTED_ROWS, "foreign tables",
     "SELECT count(*), " EXAMPLES(
         RELATION) ", 'their rows will be left out: other servers hold them' " DUMPED_RELATIONS
                   "AND c.relkind = 'f'" WANTED},
    {ABOUT_CONTENT, 0, ALL_TABLES, "user mappings with options",
     "SELECT count(umoptions), min(srvname), 'left out unless the policy wants password hashes' "
     "FROM pg_user_mappings WHERE umoptions IS NOT NULL"},
    {ABOUT_CONTENT, 0, ALL_TABLES, "extensions",
     "SELECT count(*), string_agg(extname, ', ' ORDER BY extname), 'a server to restore into must "
     "have them' FROM pg_extension WHERE extname <> 'plpgsql'"},
    {ABOUT_CONTENT, 0, ALL_TABLES, "large objects",
     "SELECT count(*), min(oid)::text, 'our reader reads them over all of its connections, pg_dump "
     "one by one' FROM "
     "pg_largeobject_metadata"},
};

// A database that cannot be entered. The one right for that has a name.
static void
add_closed(findings_t *findings, const struct server *server, const char *name,
           const struct error *error)
{
    if (error->about != ABOUT_GRANTS || !strstr(error->message, "permission denied for database")) {
        findings_add_error(findings, error, ABOUT_REACH);
        return;
    }
    findings_add(findings, ABOUT_GRANTS, 1, "%s: GRANT CONNECT ON DATABASE \"%s\" TO \"%s\";",
                 error->message, name, server->credentials.username);
}

static int
ask(findings_t *findings, postgres_t *postgres, const char *name, const struct question *question,
    const postgres_select_t *select, struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    CLEAN(memory_free) char *others = NULL;
    if (question->tables == WANTED_TABLES)
        others = postgres_select_gone(select);
    else if (question->tables == WANTED_ROWS)
        others = postgres_select_rowless(select);
    if (postgres_query(postgres, question->sql, others, &rows, error))
        return -1;
    long long number = postgres_rows_integer(rows, 0, 0);
    if (number > 0)
        findings_add(findings, question->about, question->fatal,
                     "database '%s': %lld %s, such as %.200s: %s", name, number, question->what,
                     postgres_rows_text(rows, 0, 1), postgres_rows_text(rows, 0, 2));
    return 0;
}

// Of what our reader cannot hold it says so before it reads; pg_dump can.
static void
check_count(findings_t *findings, postgres_t *postgres, const char *name,
            const postgres_select_t *select)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    CLEAN(memory_free) char *others = postgres_select_rowless(select);
    struct error error;
    if (postgres_query(postgres, "SELECT count(*) " DUMPED_RELATIONS "AND c.relkind = 'r'" WANTED,
                       others, &rows, &error) ||
        ranges_check_tables((uint64_t)postgres_rows_integer(rows, 0, 0), &error))
        findings_add(findings, ABOUT_CONTENT, 0, "database '%s': %s", name, error.message);
}

// Adds up what a set would hold: what is left out takes no room in a store.
static int
measure(findings_t *findings, postgres_t *postgres, const char *name,
        const postgres_select_t *select, uint64_t *size_bytes, struct error *error)
{
    static const char sql[] =
        "SELECT (pg_database_size(current_database()) - COALESCE((SELECT "
        "sum(pg_total_relation_size(number)) FROM unnest($1::oid[]) AS number), 0))::bigint";
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    CLEAN(memory_free) char *rowless = postgres_select_rowless(select);
    if (postgres_query(postgres, sql, rowless, &rows, error))
        return -1;
    int64_t database_bytes = postgres_rows_integer(rows, 0, 0);
    if (database_bytes < 0)
        return 0;
    *size_bytes += (uint64_t)database_bytes;
    findings_add(findings, ABOUT_CONTENT, 0, "database '%s': %" PRId64 " MiB with its indexes%s",
                 name, database_bytes >> 20,
                 strcmp(rowless, "{}") == 0 ? "" : ", without what the policy leaves out");
    return 0;
}

static void
check_database(findings_t *findings, const struct server *server, const char *name,
               exclusions_t *exclusions, uint64_t *size_bytes)
{
    CLEAN(postgres_select_destroy) postgres_select_t *select = NULL;
    struct error error;
    CLEAN(postgres_destroy) postgres_t *postgres = NULL;
    if (postgres_open(&postgres, server, name, &error)) {
        add_closed(findings, server, name, &error);
        return;
    }
    if (postgres_select_open(&select, postgres, name, exclusions, &error)) {
        error_wrap(&error, "database '%s' cannot be looked at", name);
        findings_add_error(findings, &error, ABOUT_CONTENT);
        return;
    }
    for (size_t index = 0; index < sizeof questions / sizeof *questions; index++) {
        if (ask(findings, postgres, name, &questions[index], select, &error)) {
            error_wrap(&error, "database '%s' cannot be looked at", name);
            findings_add_error(findings, &error, ABOUT_REACH);
            return;
        }
    }
    check_count(findings, postgres, name, select);
    postgres_check_rows(findings, postgres, name);
    if (measure(findings, postgres, name, select, size_bytes, &error))
        findings_add(findings, ABOUT_CONTENT, 0, "database '%s': its size is not known: %.300s",
                     name, error.message);
}

static void
check_tool(findings_t *findings, const toolbox_t *toolbox, const postgres_t *postgres)
{
    struct error error;
    const struct tool *pg_dump = NULL;
    unsigned major = postgres_version(postgres) / 10000;
    if (toolbox_find(toolbox, TOOL_PG_DUMP, "postgres", major, 0, &pg_dump, &error)) {
        findings_add_error(findings, &error, ABOUT_TOOL);
        return;
    }
    findings_add(findings, ABOUT_CONTENT, 0, "PostgreSQL server %s with pg_dump %s",
                 postgres_version_text(postgres), pg_dump->version);
    if (!postgres_dump_run_is_guarded(pg_dump))
        findings_add(
            findings, ABOUT_TOOL, 0,
            "pg_dump %s at '%s' does not guard its scripts against commands that a hostile server "
            "plants in names: install a newer one of its series",
            pg_dump->version, pg_dump->path);
    if (pg_dump->major > major)
        findings_add(findings, ABOUT_TOOL, 0,
                     "pg_dump %s writes what a server older than PostgreSQL %u does not "
                     "understand, and this one is %u: to restore into its like, install pg_dump %u "
                     "on the worker",
                     pg_dump->version, pg_dump->major, major, major);
}

int
postgres_check(const struct server *server, const toolbox_t *toolbox, const selection_t *selection,
               findings_t *findings, uint64_t *size_bytes, struct error *error)
{
    CLEAN(postgres_destroy) postgres_t *postgres = NULL;
    CLEAN(postgres_databases_clear) struct postgres_databases databases = {0};
    CLEAN(exclusions_destroy)
    exclusions_t *exclusions = exclusions_new(selection, NAMES_AS_THEY_ARE);
    if (postgres_open_any(&postgres, server, error) ||
        postgres_role_check(postgres, server->role, error) ||
        postgres_databases_get(postgres, &databases, error))
        return -1;
    postgres_databases_select(&databases, exclusions);
    check_tool(findings, toolbox, postgres);
    for (size_t index = 0; index < databases.count; index++) {
        const struct postgres_database *each = &databases.list[index];
        if (!each->why_not && !each->is_left_out)
            check_database(findings, server, each->name, exclusions, size_bytes);
        else if (each->is_users && each->why_not)
            findings_add(findings, ABOUT_CONTENT, 0, "database '%s' will be left out: %s",
                         each->name, each->why_not);
    }
    exclusions_find(exclusions, findings);
    return 0;
}
