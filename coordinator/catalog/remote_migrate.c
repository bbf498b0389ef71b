// The schema's version: which one a database has, and the way up to ours.

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/remote.h"

static int
count_tables(struct remote *self, const char *condition, int64_t *count, struct error *error)
{
    CLEAN(memory_free)
    char *sql = memory_format("SELECT count(*) FROM information_schema.tables"
                              " WHERE table_schema = %s%s",
                              self->ops->schema_name, condition);
    return sql_find_number(&self->base, sql, 0, count, error);
}

int
remote_version(struct remote *self, int64_t *version, struct error *error)
{
    int64_t ours = 0, all = 0, found = 0;
    if (count_tables(self, " AND table_name = 'dbhaul_schema'", &ours, error) ||
        count_tables(self, "", &all, error))
        return -1;
    if (ours == 0 && all > 0)
        return error_set(error, ERROR_CONFIG,
                         "the database '%s' has tables of another program, or ours and no right "
                         "to read them: give the catalog a database of its own, and its user the "
                         "grants of deploy/catalog",
                         self->base.place);
    if (ours == 0)
        return error_set(error, ERROR_NOT_FOUND, "there is no catalog in '%s' yet",
                         self->base.place);
    // A table without a row: the first migration was cut off.
    if (sql_find_number(&self->base, "SELECT version FROM dbhaul_schema WHERE id = 1", 0, &found,
                        error) ||
        sql_check_version(&self->base, found, self->ops->migrations, error))
        return -1;
    *version = found;
    return 0;
}

static int
mark(struct remote *self, int version, int is_first, struct error *error)
{
    struct value value = sql_value_number(version);
    return sql_tell(&self->base,
                    is_first ? "INSERT INTO dbhaul_schema (id, version) VALUES (1, ?)"
                             : "UPDATE dbhaul_schema SET version = ? WHERE id = 1",
                    &value, 1, error);
}

static int
migrate_one(struct remote *self, const struct migration *migration, int is_first,
            struct error *error)
{
    struct sql *base = &self->base;
    self->is_in_transaction = self->ops->is_ddl_transactional;
    if (self->is_in_transaction && base->ops->run(base, self->ops->begin, error))
        return -1;
    for (const char *const *sql = migration->sql; *sql; sql++) {
        if (base->ops->run(base, *sql, error) && !self->ops->was_done(self))
            return -1;
    }
    if (mark(self, migration->version, is_first, error))
        return -1;
    return self->is_in_transaction ? remote_commit(base, error) : 0;
}

static int
migrate_all(struct remote *self, int64_t version, struct error *error)
{
    for (const struct migration *row = self->ops->migrations; row->version; row++) {
        if (row->version <= version)
            continue;
        if (migrate_one(self, row, version == 0, error)) {
            remote_rollback(&self->base);
            return error_wrap(error,
                              "cannot bring the schema to version %d (end what reads the catalog, "
                              "give the migrator its grants, and start again)",
                              row->version);
        }
        version = row->version;
    }
    return 0;
}

int
remote_migrate(struct remote *self, struct error *error)
{
    int64_t version = 0;
    if (remote_version(self, &version, error) && error->code != ERROR_NOT_FOUND)
        return -1;
    if (version == sql_newest(self->ops->migrations))
        return 0;
    struct remote *migrator = NULL;
    if (remote_open_migrator(&migrator, self, error))
        return -1;
    CLEAN(catalog_destroy) catalog_t *owned = &migrator->base.base;
    return migrate_all(migrator, version, error);
}
