// What all else is made of: statements, transactions, and what their failures mean.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/list.h"
#include "coordinator/catalog/sqlite.h"

static enum error_code
code_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_PERM:
        return ERROR_UNAVAILABLE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERROR_CORRUPT;
    default:
        return ERROR_INTERNAL;
    }
}

// What the operator can do.
static const char *
advice_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_BUSY:
        return ", another program holds a lock on it";
    case SQLITE_FULL:
        return ", make room on its file system";
    case SQLITE_IOERR:
        return ", look at its disk";
    case SQLITE_READONLY:
        return ", it must be writable";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ", bring it back from a copy";
    default:
        return "";
    }
}

int
sqlite_fail(const struct sqlite *self, struct error *error, const char *format, ...)
{
    int result = sqlite3_extended_errcode(self->connection);
    int cause = sqlite3_system_errno(self->connection);
    char tried[256];
    va_list args;
    va_start(args, format);
    vsnprintf(tried, sizeof tried, format, args);
    va_end(args);
    int is_system = (result & 0xff) == SQLITE_IOERR || (result & 0xff) == SQLITE_CANTOPEN;
    return error_set(error, code_of(result), "%s catalog '%s': %s (SQLite %d%s%s)%s", tried,
                     self->base.place, sqlite3_errmsg(self->connection), result,
                     is_system && cause ? ", " : "", is_system && cause ? strerror(cause) : "",
                     advice_of(result));
}

int
sqlite_run(struct sqlite *self, const char *sql, struct error *error)
{
    if (sqlite3_exec(self->connection, sql, NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_fail(self, error, "cannot change");
    return 0;
}

// ---- answers

struct answer {
    struct sql_rows base;
    sqlite3_stmt *statement;
};

static int
bind_one(sqlite3_stmt *statement, int index, const struct value *value)
{
    switch (value->type) {
    case VALUE_INTEGER:
        return sqlite3_bind_int64(statement, index, value->number);
    case VALUE_TEXT:
        return sqlite3_bind_text64(statement, index, value->data, value->size, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case VALUE_BLOB:
        return sqlite3_bind_blob64(statement, index, value->data, value->size, SQLITE_STATIC);
    case VALUE_NULL:
    default:
        return sqlite3_bind_null(statement, index);
    }
}

static int
bind(struct sqlite *self, sqlite3_stmt *statement, const struct value *values, size_t count,
     struct error *error)
{
    for (size_t index = 0; index < count; index++) {
        if (bind_one(statement, (int)index + 1, &values[index]) != SQLITE_OK)
            return sqlite_fail(self, error, "cannot give a value to");
    }
    return 0;
}

static int
sqlite_ask(struct sql *base, const char *sql, const struct value *values, size_t count,
           struct sql_rows **rows, struct error *error)
{
    struct sqlite *self = (struct sqlite *)base;
    CLEAN(sql_finish) struct sql_rows *made = memory_get(sizeof(struct answer));
    struct answer *answer = (struct answer *)made;
    made->sql = base;
    if (sqlite3_prepare_v2(self->connection, sql, -1, &answer->statement, NULL) != SQLITE_OK)
        return sqlite_fail(self, error, "cannot use");
    if (bind(self, answer->statement, values, count, error))
        return -1;
    *rows = STEAL(made);
    return 0;
}

static int
sqlite_next(struct sql_rows *rows, int *more, struct error *error)
{
    int result = sqlite3_step(((struct answer *)rows)->statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        return sqlite_fail((struct sqlite *)rows->sql, error, "cannot read");
    *more = result == SQLITE_ROW;
    return 0;
}

static void
sqlite_cell(struct sql_rows *rows, int column, struct value *cell)
{
    sqlite3_stmt *statement = ((struct answer *)rows)->statement;
    const void *data = NULL;
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
        return;
    case SQLITE_INTEGER:
        cell->type = VALUE_INTEGER;
        cell->number = sqlite3_column_int64(statement, column);
        return;
    case SQLITE_BLOB:
        cell->type = VALUE_BLOB;
        data = sqlite3_column_blob(statement, column);
        break;
    default:
        cell->type = VALUE_TEXT;
        data = sqlite3_column_text(statement, column);
    }
    memcpy(&cell->data, &data, sizeof data);
    cell->size = (size_t)sqlite3_column_bytes(statement, column);
}

static void
sqlite_finish(struct sql_rows *rows)
{
    sqlite3_finalize(((struct answer *)rows)->statement);
    free(rows);
}

// ---- changes

// Sets *refused if a guard did not hold or the tables' rules forbid the change.
static int
change_one(struct sqlite *self, const struct change *change, int *refused, struct error *error)
{
    sqlite3_stmt **prepared = &self->statements[change->statement];
    if (!*prepared &&
        sqlite3_prepare_v3(self->connection, schema_statements[change->statement].sql, -1,
                           SQLITE_PREPARE_PERSISTENT, prepared, NULL) != SQLITE_OK)
        return sqlite_fail(self, error, "cannot use");
    if (bind(self, *prepared, change->values, change->count, error))
        return -1;
    int result = sqlite3_step(*prepared);
    int failed = 0;
    if (result == SQLITE_DONE)
        *refused = !sql_holds(change, sqlite3_changes(self->connection));
    else if ((result & 0xff) == SQLITE_CONSTRAINT)
        *refused = 1;
    else
        failed = sqlite_fail(self, error, "cannot write");
    sqlite3_reset(*prepared);
    sqlite3_clear_bindings(*prepared);
    return failed;
}

static int
sqlite_change(struct sql *base, const struct change *const *changes, size_t count, int *refused,
              struct error *error)
{
    *refused = 0;
    for (size_t index = 0; index < count && !*refused; index++) {
        if (change_one((struct sqlite *)base, changes[index], refused, error))
            return -1;
    }
    return 0;
}

static int
sqlite_run_one(struct sql *base, const char *sql, struct error *error)
{
    return sqlite_run((struct sqlite *)base, sql, error);
}

// ---- transactions

int
sqlite_begin(struct sqlite *self, struct error *error)
{
    sqlite_rollback(self);
    if (sqlite3_exec(self->connection, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_fail(self, error, "cannot begin to write");
    return 0;
}

int
sqlite_commit(struct sqlite *self, struct error *error)
{
    if (sqlite3_exec(self->connection, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_fail(self, error, "cannot commit to");
    return 0;
}

void
sqlite_rollback(struct sqlite *self)
{
    if (!sqlite3_get_autocommit(self->connection))
        sqlite3_exec(self->connection, "ROLLBACK", NULL, NULL, NULL);
}

// SQLite goes on writing to a file that was moved or removed; what it acknowledged then would be
// lost.
static int
check_file(const struct sqlite *self, struct error *error)
{
    struct stat status;
    if (stat(self->base.place, &status))
        return error_set(error, ERROR_UNAVAILABLE, "cannot find catalog '%s' any more: %s",
                         self->base.place, strerror(errno));
    if (status.st_dev != self->device || status.st_ino != self->inode)
        return error_set(error, ERROR_UNAVAILABLE,
                         "catalog '%s' is another file now: put the old one back or restart the "
                         "coordinator",
                         self->base.place);
    return 0;
}

static int
sqlite_ready(struct sql *base, struct error *error)
{
    (void)error;
    sqlite_rollback((struct sqlite *)base);
    return 0;
}

// A commit here has failed or not: no batch is ever in doubt.
static int
sqlite_begin_batch(struct sql *base, batch_t *batch, int *is_done, struct error *error)
{
    (void)batch;
    struct sqlite *self = (struct sqlite *)base;
    int64_t epoch = 0;
    if (check_file(self, error) || sqlite_begin(self, error))
        return -1;
    int failed = sql_find_number(base, "SELECT epoch FROM leader WHERE id = 1", 0, &epoch, error);
    if (failed == 0 && epoch != base->base.epoch)
        failed = sql_fail_deposed(base, epoch, error);
    if (failed)
        sqlite_rollback(self);
    *is_done = 0;
    return failed;
}

static int
sqlite_begin_reading(struct sql *base, struct error *error)
{
    return sqlite_run((struct sqlite *)base, "BEGIN", error);
}

static int
sqlite_commit_batch(struct sql *base, struct error *error)
{
    int failed = sqlite_commit((struct sqlite *)base, error);
    if (failed)
        sqlite_rollback((struct sqlite *)base);
    return failed;
}

static void
sqlite_rollback_any(struct sql *base)
{
    sqlite_rollback((struct sqlite *)base);
}

const struct sql_ops sqlite_sql_ops = {
    .window = LIST_SCAN_MAX + 1,
    .ready = sqlite_ready,
    .begin = sqlite_begin_batch,
    .begin_reading = sqlite_begin_reading,
    .commit = sqlite_commit_batch,
    .rollback = sqlite_rollback_any,
    .change = sqlite_change,
    .run = sqlite_run_one,
    .ask = sqlite_ask,
    .next = sqlite_next,
    .cell = sqlite_cell,
    .finish = sqlite_finish,
};
