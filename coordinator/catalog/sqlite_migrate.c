// The schema's version: which one a file has, and the way up to ours.

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/sqlite.h"

// In the file's header, so that no other program's SQLite file is taken for a catalog.
enum { APPLICATION_ID = 0x6462686c };  // "dbhl"

int
sqlite_version(struct sqlite *self, int64_t *version, struct error *error)
{
    int64_t application = 0, tables = 0, found = 0;
    if (sql_find_number(&self->base, "PRAGMA application_id", 0, &application, error) ||
        sql_find_number(&self->base, "SELECT count(*) FROM sqlite_schema", 0, &tables, error))
        return -1;
    if (application == 0 && tables == 0)
        return error_set(error, ERROR_NOT_FOUND, "there is no catalog in '%s' yet",
                         self->base.place);
    if (application != APPLICATION_ID)
        return error_set(error, ERROR_CONFIG,
                         "'%s' is a SQLite file of another program, not a catalog: give another "
                         "place",
                         self->base.place);
    if (sql_find_number(&self->base, "PRAGMA user_version", 0, &found, error))
        return -1;
    if (sql_check_version(&self->base, found, schema_sqlite_migrations, error))
        return -1;
    *version = found;
    return 0;
}

static int
migrate_one(struct sqlite *self, const struct migration *migration, struct error *error)
{
    if (sqlite_begin(self, error))
        return -1;
    for (const char *const *sql = migration->sql; *sql; sql++) {
        if (sqlite_run(self, *sql, error))
            return -1;
    }
    CLEAN(memory_free)
    char *mark = memory_format("PRAGMA application_id = %d; PRAGMA user_version = %d",
                               APPLICATION_ID, migration->version);
    if (sqlite_run(self, mark, error))
        return -1;
    return sqlite_commit(self, error);
}

int
sqlite_migrate(struct sqlite *self, struct error *error)
{
    int64_t version = 0;
    if (sqlite_version(self, &version, error) && error->code != ERROR_NOT_FOUND)
        return -1;
    for (const struct migration *row = schema_sqlite_migrations; row->version; row++) {
        if (row->version <= version)
            continue;
        if (migrate_one(self, row, error)) {
            sqlite_rollback(self);
            return error_wrap(error, "cannot bring the schema to version %d", row->version);
        }
    }
    return 0;
}
