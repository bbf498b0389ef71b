// One batch, one transaction, a savepoint a unit.

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/clean.h"
#include "coordinator/catalog/sqlite.h"

// SQLite goes on writing to a file that was moved or removed; what it acknowledged then would be
// lost.
static int
check_file(const struct sqlite *self, struct error *error)
{
    struct stat status;
    if (stat(self->place, &status))
        return error_set(error, ERROR_UNAVAILABLE, "cannot find catalog '%s' any more: %s",
                         self->place, strerror(errno));
    if (status.st_dev != self->device || status.st_ino != self->inode)
        return error_set(error, ERROR_UNAVAILABLE,
                         "catalog '%s' is another file now: put the old one back or restart the "
                         "coordinator",
                         self->place);
    return 0;
}

static int
check_epoch(struct sqlite *self, struct error *error)
{
    int64_t epoch = 0;
    if (sqlite_number(self, "SELECT epoch FROM leader WHERE id = 1", 0, &epoch, error))
        return -1;
    if (epoch != self->base.epoch)
        return error_set(error, ERROR_DENIED,
                         "another coordinator leads catalog '%s' now (epoch %lld, ours %lld)",
                         self->place, (long long)epoch, (long long)self->base.epoch);
    return 0;
}

// Sets *refused if a guard did not hold or the tables' rules forbid the change.
static int
apply_change(struct sqlite *self, const struct change *change, int *refused, struct error *error)
{
    const struct statement_row *row = &schema_statements[change->statement];
    sqlite3_stmt **prepared = &self->statements[change->statement];
    if (!*prepared && sqlite3_prepare_v3(self->connection, row->sql, -1, SQLITE_PREPARE_PERSISTENT,
                                         prepared, NULL) != SQLITE_OK)
        return sqlite_fail(self, error, "cannot use");
    if (sqlite_bind(self, *prepared, change->values, change->count, error))
        return -1;
    int result = sqlite3_step(*prepared);
    int changed = result == SQLITE_DONE ? sqlite3_changes(self->connection) : 0;
    int failed = 0;
    if (result == SQLITE_DONE)
        *refused = row->guard && changed != 1;
    else if ((result & 0xff) == SQLITE_CONSTRAINT)
        *refused = 1;
    else
        failed = sqlite_fail(self, error, "cannot write");
    sqlite3_reset(*prepared);
    sqlite3_clear_bindings(*prepared);
    return failed;
}

static int
apply_unit(struct sqlite *self, struct unit *unit, struct error *error)
{
    unit->refused = 0;
    int has_savepoint = unit->count > 1;
    if (has_savepoint && sqlite_run(self, "SAVEPOINT unit", error))
        return -1;
    for (size_t index = 0; index < unit->count && !unit->refused; index++) {
        if (apply_change(self, &unit->changes[index], &unit->refused, error))
            return -1;
    }
    if (!has_savepoint)
        return 0;
    return sqlite_run(self, unit->refused ? "ROLLBACK TO unit; RELEASE unit" : "RELEASE unit",
                      error);
}

static int
apply_units(struct sqlite *self, batch_t *batch, struct error *error)
{
    if (check_epoch(self, error))
        return -1;
    for (size_t index = 0; index < batch_count(batch); index++) {
        if (apply_unit(self, batch_at(batch, index), error))
            return -1;
    }
    return sqlite_commit(self, error);
}

int
sqlite_apply(catalog_t *base, batch_t *batch, struct error *error)
{
    struct sqlite *self = (struct sqlite *)base;
    if (check_file(self, error) || sqlite_begin(self, error))
        return -1;
    if (apply_units(self, batch, error)) {
        sqlite_rollback(self);
        return -1;
    }
    return 0;
}
