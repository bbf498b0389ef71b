#include "worker/engine/postgres_globals.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_properties.h"
#include "worker/engine/postgres_script.h"
#include "worker/engine/postgres_settings.h"

// Matches the names of roles that a managed service keeps for itself; none where it is none.
#define SERVICE_ROLES \
    "(SELECT coalesce(string_agg(pattern, '|'), '^$') FROM (VALUES " \
    "('rdsadmin', '^rds(admin|topmgr|repladmin|proxyadmin|writeforwarduser|_.*)$'), " \
    "('cloudsqladmin', '^cloudsql'), ('alloydbadmin', '^alloydb'), " \
    "('azuresu', '^azure(su|_.*)$|^replication$'), ('azure_superuser', '^azure_')) " \
    "AS known (sign, pattern) WHERE sign IN (SELECT rolname FROM pg_roles))"

enum role_column {
    ROLE_NAME,
    ROLE_OF_SERVICE,
    ROLE_LOGIN,
    ROLE_INHERIT,
    ROLE_CREATEDB,
    ROLE_CREATEROLE,
    ROLE_LIMIT,
    ROLE_UNTIL,
    ROLE_SUPERUSER,
    ROLE_REPLICATION,
    ROLE_BYPASSRLS,
    ROLE_COMMENT,
    ROLE_PASSWORD,
};

#define ROLES(password, source) \
    "SELECT r.rolname, r.rolname ~ " SERVICE_ROLES ", r.rolcanlogin, r.rolinherit, " \
    "r.rolcreatedb, r.rolcreaterole, r.rolconnlimit, r.rolvaliduntil, r.rolsuper, " \
    "r.rolreplication, r.rolbypassrls, shobj_description(r.oid, 'pg_authid'), " password \
    " FROM pg_roles AS r " source \
    " WHERE r.rolname !~ '^pg_' ORDER BY r.rolname::text COLLATE \"C\""

static const char roles_sql[] = ROLES("''", "");
static const char roles_with_passwords_sql[] =
    ROLES("a.rolpassword", "JOIN pg_authid AS a ON a.oid = r.oid");

static const char *
when(const postgres_rows_t *rows, size_t row, enum role_column column, const char *text)
{
    return postgres_rows_true(rows, row, column) ? text : "";
}

static void
add_role_options(postgres_script_t *block, const postgres_rows_t *roles, size_t row)
{
    postgres_script_add(block, "%s%s%s%s", when(roles, row, ROLE_LOGIN, " LOGIN"),
                        postgres_rows_true(roles, row, ROLE_INHERIT) ? "" : " NOINHERIT",
                        when(roles, row, ROLE_CREATEDB, " CREATEDB"),
                        when(roles, row, ROLE_CREATEROLE, " CREATEROLE"));
    if (postgres_rows_integer(roles, row, ROLE_LIMIT) >= 0)
        postgres_script_add(block, " CONNECTION LIMIT %s",
                            postgres_rows_text(roles, row, ROLE_LIMIT));
    if (*postgres_rows_text(roles, row, ROLE_UNTIL))
        postgres_script_add(block, " VALID UNTIL %L", postgres_rows_text(roles, row, ROLE_UNTIL));
    if (*postgres_rows_text(roles, row, ROLE_PASSWORD))
        postgres_script_add(block, " PASSWORD %L", postgres_rows_text(roles, row, ROLE_PASSWORD));
}

// The role with its options, and, if it is the users', its attributes, settings and comment.
static void
add_role(postgres_script_t *script, const postgres_rows_t *roles, size_t row,
         const postgres_rows_t *settings, size_t *setting)
{
    static const char *const attributes[] = {"SUPERUSER", "REPLICATION", "BYPASSRLS"};
    const char *name = postgres_rows_text(roles, row, ROLE_NAME);
    int of_users = !postgres_rows_true(roles, row, ROLE_OF_SERVICE);
    CLEAN(postgres_script_destroy) postgres_script_t *block = postgres_script_new();
    CLEAN(postgres_script_destroy) postgres_script_t *whose = postgres_script_new();
    postgres_script_add(whose, "ROLE %I", name);
    postgres_script_add(block,
                        "  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = %L) THEN"
                        "\n    CREATE ROLE %I",
                        name, name);
    if (of_users)
        add_role_options(block, roles, row);
    postgres_script_add(block, ";\n");
    // One that is no superuser can give objects only to roles that it is a member of.
    postgres_script_add(block,
                        "    IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = "
                        "current_user) THEN\n      GRANT %I TO CURRENT_USER;\n    END IF;\n",
                        name);
    for (size_t index = 0; of_users && index < sizeof attributes / sizeof *attributes; index++) {
        CLEAN(postgres_script_destroy) postgres_script_t *statement = postgres_script_new();
        postgres_script_add(statement, "ALTER ROLE %I %s", name, attributes[index]);
        if (postgres_rows_true(roles, row, ROLE_SUPERUSER + index))
            postgres_script_add_attempt(block, statement, "insufficient_privilege");
    }
    for (; *setting < postgres_rows_count(settings) &&
           strcmp(postgres_settings_role(settings, *setting), name) == 0;
         ++*setting) {
        if (of_users)
            postgres_settings_add(block, postgres_script_text(whose), settings, *setting);
    }
    if (of_users && *postgres_rows_text(roles, row, ROLE_COMMENT))
        postgres_script_add(block, "    COMMENT ON ROLE %I IS %L;\n", name,
                            postgres_rows_text(roles, row, ROLE_COMMENT));
    postgres_script_add(block, "  END IF;\n");
    postgres_script_add_block(script, block);
}

static int
add_roles(postgres_t *postgres, int with_passwords, postgres_script_t *script, struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *roles = NULL;
    CLEAN(postgres_rows_destroy) postgres_rows_t *settings = NULL;
    if (postgres_query(postgres, with_passwords ? roles_with_passwords_sql : roles_sql, NULL,
                       &roles, error) ||
        postgres_settings_get(postgres, "setdatabase = 0 AND rolname !~ '^pg_'", NULL, &settings,
                              error))
        return error_wrap(error, "cannot read the roles");
    size_t setting = 0;
    for (size_t row = 0; row < postgres_rows_count(roles); row++)
        add_role(script, roles, row, settings, &setting);
    return 0;
}

static int
add_memberships(postgres_t *postgres, postgres_script_t *script, struct error *error)
{
    static const char before_16[] =
        "SELECT r.rolname, m.rolname, CASE WHEN bool_or(admin_option) THEN ' WITH ADMIN OPTION' "
        "ELSE '' END FROM pg_auth_members AS g ";
    static const char since_16[] =
        "SELECT r.rolname, m.rolname, CASE WHEN bool_or(admin_option) OR NOT bool_or(set_option) "
        "OR bool_or(inherit_option) <> bool_or(m.rolinherit) THEN format(' WITH ADMIN %s, INHERIT "
        "%s, SET %s', bool_or(admin_option)::text, bool_or(inherit_option)::text, "
        "bool_or(set_option)::text) "
        "ELSE '' END FROM pg_auth_members AS g ";
    static const char rest[] =
        "JOIN pg_roles AS r ON r.oid = g.roleid JOIN pg_roles AS m ON m.oid = g.member "
        "WHERE m.rolname !~ '^pg_' AND m.rolname !~ " SERVICE_ROLES " GROUP BY 1, 2 "
        "ORDER BY r.rolname::text COLLATE \"C\", m.rolname::text COLLATE \"C\"";
    CLEAN(memory_free)
    char *sql =
        memory_format("%s%s", postgres_version(postgres) >= 160000 ? since_16 : before_16, rest);
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, sql, NULL, &rows, error))
        return error_wrap(error, "cannot read who is a member of which role");
    for (size_t row = 0; row < postgres_rows_count(rows); row++) {
        CLEAN(postgres_script_destroy) postgres_script_t *what = postgres_script_new();
        postgres_script_add(what, "GRANT %I TO", postgres_rows_text(rows, row, 0));
        postgres_script_add_grant(script, postgres_script_text(what),
                                  postgres_rows_text(rows, row, 1),
                                  postgres_rows_text(rows, row, 2));
    }
    return 0;
}

// Settings for all roles.
static int
add_common_settings(postgres_t *postgres, postgres_script_t *script, struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_settings_get(postgres, "setdatabase = 0 AND setrole = 0", NULL, &rows, error))
        return -1;
    for (size_t row = 0; row < postgres_rows_count(rows); row++) {
        CLEAN(postgres_script_destroy) postgres_script_t *block = postgres_script_new();
        postgres_settings_add(block, "ROLE ALL", rows, row);
        postgres_script_add_block(script, block);
    }
    return 0;
}

static int
add_parameter_grants(postgres_t *postgres, postgres_script_t *script, struct error *error)
{
    if (postgres_version(postgres) < 150000)
        return 0;
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres,
                       "SELECT privilege_type, parname, coalesce(rolname, ''), CASE WHEN "
                       "is_grantable THEN ' WITH GRANT OPTION' ELSE '' END FROM pg_parameter_acl, "
                       "aclexplode(paracl) AS a LEFT JOIN pg_roles ON pg_roles.oid = grantee "
                       "WHERE grantee <> 10 ORDER BY parname, rolname::text COLLATE \"C\", 1",
                       NULL, &rows, error))
        return error_wrap(error, "cannot read the grants on parameters");
    for (size_t row = 0; row < postgres_rows_count(rows); row++) {
        CLEAN(postgres_script_destroy) postgres_script_t *what = postgres_script_new();
        postgres_script_add(what, "GRANT %s ON PARAMETER %I TO", postgres_rows_text(rows, row, 0),
                            postgres_rows_text(rows, row, 1));
        postgres_script_add_grant(script, postgres_script_text(what),
                                  postgres_rows_text(rows, row, 2),
                                  postgres_rows_text(rows, row, 3));
    }
    return 0;
}

// Tells the sink of each thing that the query names.
static int
leave_out(postgres_t *postgres, const struct sink *sink, const char *kind, const char *sql,
          const char *why, struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, sql, NULL, &rows, error))
        return error_wrap(error, "cannot list what is left out (%s)", kind);
    for (size_t row = 0; row < postgres_rows_count(rows); row++) {
        CLEAN(memory_free)
        char *what = memory_format("%s '%s'", kind, postgres_rows_text(rows, row, 0));
        sink->left_out(sink->self, what, why);
    }
    return 0;
}

static int
leave_out_all(postgres_t *postgres, const struct sink *sink, struct error *error)
{
    if (leave_out(postgres, sink, "tablespace",
                  "SELECT spcname FROM pg_tablespace WHERE spcname !~ '^pg_' ORDER BY 1",
                  "its folder is the server's: what is in it is loaded into the default tablespace",
                  error) ||
        leave_out(postgres, sink, "replication slot",
                  "SELECT slot_name FROM pg_replication_slots WHERE NOT temporary ORDER BY 1",
                  "it is a place in the log of this server only", error) ||
        leave_out(postgres, sink, "options of role",
                  "SELECT rolname FROM pg_roles WHERE rolname ~ " SERVICE_ROLES " ORDER BY 1",
                  "it is the managed service's own", error))
        return -1;
    return 0;
}

int
postgres_globals_dump(postgres_t *postgres, const struct backup_options *options,
                      const struct sink *sink, struct error *error)
{
    int64_t readable = 0;
    if (options->password_hashes &&
        postgres_count(postgres, "SELECT has_table_privilege('pg_authid', 'SELECT')::int",
                       &readable, error))
        return -1;
    if (!readable)
        sink->left_out(sink->self, "passwords of roles",
                       options->password_hashes ? "the server hides them from this login"
                                                : "the policy does not want them");
    CLEAN(postgres_script_destroy) postgres_script_t *script = postgres_script_new();
    postgres_script_add(script, "-- Roles, memberships and settings. Roles that exist stay as they "
                                "are.\n\n");
    postgres_script_add_head(script);
    if (add_roles(postgres, readable != 0, script, error) ||
        add_memberships(postgres, script, error) || add_common_settings(postgres, script, error) ||
        add_parameter_grants(postgres, script, error) ||
        postgres_properties_add(postgres, "postgres", script, error) ||
        leave_out_all(postgres, sink, error))
        return -1;
    struct file_facts facts = {.role = "globals", .loader = "psql", .load_into = "postgres"};
    return sink->put_text(sink->self, &facts, postgres_script_text(script),
                          postgres_script_size(script), error);
}
