// What all else is made of: statements, transactions, and what their failures mean.

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
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
                     self->place, sqlite3_errmsg(self->connection), result,
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

int
sqlite_prepare(struct sqlite *self, const char *sql, sqlite3_stmt **statement, struct error *error)
{
    sqlite3_stmt *prepared = NULL;
    if (sqlite3_prepare_v2(self->connection, sql, -1, &prepared, NULL) != SQLITE_OK)
        return sqlite_fail(self, error, "cannot use");
    *statement = prepared;
    return 0;
}

int
sqlite_step(struct sqlite *self, sqlite3_stmt *statement, int *row, struct error *error)
{
    int result = sqlite3_step(statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        return sqlite_fail(self, error, "cannot read");
    *row = result == SQLITE_ROW;
    return 0;
}

void
sqlite_finish(sqlite3_stmt **statement_p)
{
    sqlite3_finalize(*statement_p);
    *statement_p = NULL;
}

int
sqlite_number(struct sqlite *self, const char *sql, int64_t otherwise, int64_t *number,
              struct error *error)
{
    CLEAN(sqlite_finish) sqlite3_stmt *statement = NULL;
    int row = 0;
    if (sqlite_prepare(self, sql, &statement, error) || sqlite_step(self, statement, &row, error))
        return -1;
    *number = row ? sqlite3_column_int64(statement, 0) : otherwise;
    return 0;
}

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

int
sqlite_bind(struct sqlite *self, sqlite3_stmt *statement, const struct value *values, size_t count,
            struct error *error)
{
    for (size_t index = 0; index < count; index++) {
        if (bind_one(statement, (int)index + 1, &values[index]) != SQLITE_OK)
            return sqlite_fail(self, error, "cannot give a value to");
    }
    return 0;
}

const char *
sqlite_text(sqlite3_stmt *statement, int column)
{
    const void *text = sqlite3_column_text(statement, column);
    return text ? text : "";
}

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
