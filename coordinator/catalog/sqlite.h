// The catalog in SQLite, seen from the inside: what its files share. Only coordinator/catalog/
// sqlite*.c include this; all others go through catalog.h.

#pragma once

#include <sqlite3.h>
#include <sys/types.h>

#include "common/error.h"
#include "coordinator/catalog/sql.h"

struct sqlite {
    struct sql base;
    sqlite3 *connection;
    sqlite3_stmt *statements[STATEMENTS];  // prepared at first use
    dev_t device;                          // of the file that was opened
    ino_t inode;
    int lock;  // beside the file, while we lead
};

extern const struct sql_ops sqlite_sql_ops;

// Says what SQLite just refused, after the words of `format`. Always returns -1.
int sqlite_fail(const struct sqlite *self, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Runs statements that give no rows.
int sqlite_run(struct sqlite *self, const char *sql, struct error *error);

// A transaction that will write. sqlite_rollback cannot fail: what is left is undone by the next
// begin.
int sqlite_begin(struct sqlite *self, struct error *error);
int sqlite_commit(struct sqlite *self, struct error *error);
void sqlite_rollback(struct sqlite *self);

// Brings the schema up to date, one transaction a version.
int sqlite_migrate(struct sqlite *self, struct error *error);
// ERROR_NOT_FOUND if the file has no tables; ERROR_CONFIG if they are not ours or newer.
int sqlite_version(struct sqlite *self, int64_t *version, struct error *error);
