#include "coordinator/catalog/sql.h"

#include <string.h>

#include "common/clean.h"
#include "common/random.h"

int
sql_ask(struct sql *self, const char *sql, const struct value *values, size_t count,
        struct sql_rows **rows, struct error *error)
{
    return self->ops->ask(self, sql, values, count, rows, error);
}

int
sql_next(struct sql_rows *rows, int *more, struct error *error)
{
    return rows->sql->ops->next(rows, more, error);
}

void
sql_finish(struct sql_rows **rows_p)
{
    struct sql_rows *rows = *rows_p;
    if (rows)
        rows->sql->ops->finish(rows);
    *rows_p = NULL;
}

void
sql_cell(struct sql_rows *rows, int column, struct value *cell)
{
    *cell = (struct value){0};
    rows->sql->ops->cell(rows, column, cell);
}

int64_t
sql_number(struct sql_rows *rows, int column)
{
    struct value cell;
    sql_cell(rows, column, &cell);
    return cell.number;
}

const char *
sql_text(struct sql_rows *rows, int column)
{
    struct value cell;
    sql_cell(rows, column, &cell);
    return cell.data ? cell.data : "";
}

int
sql_find_number(struct sql *self, const char *sql, int64_t otherwise, int64_t *number,
                struct error *error)
{
    CLEAN(sql_finish) struct sql_rows *rows = NULL;
    int more = 0;
    if (sql_ask(self, sql, NULL, 0, &rows, error) || sql_next(rows, &more, error))
        return -1;
    *number = more ? sql_number(rows, 0) : otherwise;
    return 0;
}

int
sql_tell(struct sql *self, const char *sql, const struct value *values, size_t count,
         struct error *error)
{
    CLEAN(sql_finish) struct sql_rows *rows = NULL;
    int more = 0;
    return sql_ask(self, sql, values, count, &rows, error) || sql_next(rows, &more, error) ? -1 : 0;
}

struct value
sql_value_number(int64_t number)
{
    return (struct value){.type = VALUE_INTEGER, .number = number};
}

struct value
sql_value_text(const char *text)
{
    struct value value = {.type = VALUE_TEXT, .size = strlen(text)};
    memcpy(&value.data, &text, sizeof text);  // nobody writes to it
    return value;
}

int
sql_holds(const struct change *change, int64_t changed_rows)
{
    return !schema_statements[change->statement].guard || changed_rows == 1;
}

int
sql_newest(const struct migration *migrations)
{
    int newest = 0;
    for (; migrations->version; migrations++)
        newest = migrations->version;
    return newest;
}

int
sql_check_version(const struct sql *self, int64_t version, const struct migration *migrations,
                  struct error *error)
{
    int ours = sql_newest(migrations);
    if (version > ours)
        return error_set(error, ERROR_CONFIG,
                         "the catalog '%s' has schema version %lld, this program knows %d: use a "
                         "newer dbhaul",
                         self->place, (long long)version, ours);
    return 0;
}

int
sql_check_migrated(const struct sql *self, int64_t version, const struct migration *migrations,
                   struct error *error)
{
    int ours = sql_newest(migrations);
    if (version < ours)
        return error_set(error, ERROR_UNAVAILABLE,
                         "the catalog '%s' has schema version %lld and not yet %d: start the "
                         "coordinator, which migrates it",
                         self->place, (long long)version, ours);
    return 0;
}

// ---- the leader's row

int
sql_read_leader(struct sql *self, int64_t *epoch, struct error *error)
{
    CLEAN(sql_finish) struct sql_rows *rows = NULL;
    int more = 0;
    if (sql_ask(self, "SELECT epoch, catalog_id FROM leader WHERE id = 1", NULL, 0, &rows, error) ||
        sql_next(rows, &more, error))
        return -1;
    if (!more || strlen(sql_text(rows, 1)) != sizeof self->base.id - 1)
        return error_set(error, ERROR_CORRUPT,
                         "catalog '%s' has lost its id: bring it back from a "
                         "copy",
                         self->place);
    *epoch = sql_number(rows, 0);
    memcpy(self->base.id, sql_text(rows, 1), sizeof self->base.id);
    return 0;
}

int
sql_take_epoch(struct sql *self, const char *holder, struct error *error)
{
    char id[RANDOM_ID_SIZE];
    random_id(id);
    int64_t rows = 0;
    if (sql_find_number(self, "SELECT count(*) FROM leader", 0, &rows, error))
        return -1;
    struct value values[] = {sql_value_text(holder), sql_value_text(id)};
    int failed =
        rows == 0 ? sql_tell(self,
                             "INSERT INTO leader (id, holder, catalog_id, epoch)"
                             " VALUES (1, ?, ?, 1)",
                             values, 2, error)
                  : sql_tell(self, "UPDATE leader SET epoch = epoch + 1, holder = ? WHERE id = 1",
                             values, 1, error);
    return failed ? -1 : sql_read_leader(self, &self->base.epoch, error);
}

int
sql_fail_deposed(const struct sql *self, int64_t epoch, struct error *error)
{
    return error_set(error, ERROR_DENIED,
                     "another coordinator leads catalog '%s' now (epoch %lld, ours %lld)",
                     self->place, (long long)epoch, (long long)self->base.epoch);
}
