#include "worker/engine/postgres_restore.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_databases.h"
#include "worker/engine/postgres_load.h"
#include "worker/engine/postgres_properties.h"
#include "worker/engine/postgres_script.h"

// Is there an object that was made after the server was, and by no extension? Numbers begin at
// 16384 then, on every server.
static int
holds_objects(postgres_t *postgres, int *holds, struct error *error)
{
    // Of what comes along with another object (an index, an array's type) only that other counts.
    // Schemas of temporary tables stay when their tables have gone, and `public` may have been made
    // anew.
    static const struct {
        const char *name, *condition;
    } catalogs[] = {
        {"pg_class", "relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')"},
        {"pg_proc", "true"},
        {"pg_type", "typrelid = 0 AND typelem = 0"},
        {"pg_namespace", "nspname <> 'public' AND nspname !~ '^pg_'"},
        {"pg_operator", "true"},
        {"pg_language", "true"},
        {"pg_foreign_server", "true"},
    };
    // A large object's number can be chosen.
    int64_t number = 0;
    int result =
        postgres_count(postgres, "SELECT count(*) FROM pg_largeobject_metadata", &number, error);
    for (size_t index = 0; !result && !number && index < sizeof catalogs / sizeof *catalogs;
         index++) {
        const char *name = catalogs[index].name;
        CLEAN(memory_free)
        char *sql = memory_format("SELECT count(*) FROM %s AS o WHERE oid >= 16384 AND %s AND NOT "
                                  "EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = "
                                  "'%s'::regclass AND d.objid = o.oid AND d.deptype = 'e')",
                                  name, catalogs[index].condition, name);
        result = postgres_count(postgres, sql, &number, error);
    }
    if (result)
        return error_wrap(error, "cannot see what is in database 'postgres'");
    *holds = number > 0;
    return 0;
}

int
postgres_restore_is_empty(const struct server *server, int *empty, struct error *error)
{
    CLEAN(postgres_destroy) postgres_t *postgres = NULL;
    CLEAN(postgres_databases_clear) struct postgres_databases databases = {0};
    int holds = 0;
    if (postgres_open_any(&postgres, server, error) ||
        postgres_databases_get(postgres, &databases, error))
        return -1;
    for (size_t index = 0; index < databases.count; index++) {
        const struct postgres_database *each = &databases.list[index];
        if (each->is_given && holds_objects(postgres, &holds, error))
            return -1;
        if (each->is_users || holds) {
            *empty = 0;
            return 0;
        }
    }
    *empty = 1;
    return 0;
}

static int
drop(postgres_t *postgres, const char *database, struct error *error)
{
    int has = 0;
    if (postgres_databases_has(postgres, database, &has, error))
        return -1;
    if (!has)
        return 0;
    CLEAN(postgres_script_destroy) postgres_script_t *unmark = postgres_script_new();
    CLEAN(postgres_script_destroy) postgres_script_t *drop = postgres_script_new();
    postgres_script_add(unmark, "ALTER DATABASE %I IS_TEMPLATE false", database);
    postgres_script_add(drop, "DROP DATABASE %I%s", database,
                        postgres_version(postgres) >= 130000 ? " WITH (FORCE)" : "");
    if (postgres_run(postgres, postgres_script_text(unmark), error) ||
        postgres_run(postgres, postgres_script_text(drop), error))
        return error_wrap(error, "cannot drop database '%s'", database);
    return 0;
}

// `postgres` is dropped too, by way of another database, and made as it was, if there is anything
// in it.
static int
renew_given(const struct server *server, struct error *error)
{
    CLEAN(postgres_destroy) postgres_t *given = NULL;
    CLEAN(postgres_destroy) postgres_t *other = NULL;
    CLEAN(postgres_script_destroy) postgres_script_t *create = postgres_script_new();
    int holds = 0;
    if (postgres_open(&given, server, "postgres", error) || holds_objects(given, &holds, error))
        return -1;
    if (!holds)
        return 0;
    if (postgres_properties_add_create(given, "postgres", create, error))
        return -1;
    postgres_destroy(&given);
    if (postgres_open(&other, server, "template1", error) || drop(other, "postgres", error) ||
        postgres_run(other, postgres_script_text(create), error))
        return error_wrap(error, "cannot clear database 'postgres'");
    return 0;
}

static int
is_named(const struct set_source_file *file, const char *name)
{
    return file->object && strcmp(file->object, name) == 0;
}

// Drops what the set holds.
static int
make_room(const struct server *server, const struct set_source_file *files, size_t count,
          struct error *error)
{
    for (size_t index = 0; index < count; index++) {
        if (is_named(&files[index], "template0") || is_named(&files[index], "template1"))
            return error_set(error, ERROR_INVALID, "file %zu of the set is for a template",
                             index + 1);
        if (is_named(&files[index], "postgres") && renew_given(server, error))
            return -1;
    }
    // Opened now: it may be to `postgres`.
    CLEAN(postgres_destroy) postgres_t *postgres = NULL;
    if (postgres_open_any(&postgres, server, error))
        return -1;
    for (size_t index = 0; index < count; index++) {
        if (files[index].object && *files[index].object && !is_named(&files[index], "postgres") &&
            drop(postgres, files[index].object, error))
            return -1;
    }
    return 0;
}

int
postgres_restore_load(const struct server *server, const struct tool *psql,
                      const struct restore_options *options, const struct set_source_file *files,
                      size_t count, struct error *error)
{
    for (size_t index = 0; index < count; index++) {
        if (!files[index].loader || strcmp(files[index].loader, "psql") != 0)
            return error_set(error, ERROR_INVALID, "file %zu of the set is not for psql",
                             index + 1);
    }
    if (options->overwrite && make_room(server, files, count, error))
        return -1;
    return postgres_load_files(server, psql, files, count, error);
}
