// The catalog in SQLite, seen from the inside: what its files share. Only coordinator/catalog/
// sqlite_*.c include this; all others go through catalog.h.
//
// One connection, used by one thread at a time. To run a statement:
//
//     CLEAN(sqlite_finish) sqlite3_stmt *statement = NULL;
//     if (sqlite_prepare(self, "SELECT ...", &statement, error)) return -1;
//     int row = 0;
//     while (!sqlite_step(self, statement, &row, error) && row) ...

#pragma once

#include <sqlite3.h>
#include <sys/types.h>

#include "common/error.h"
#include "coordinator/catalog/catalog.h"

struct sqlite {
    catalog_t base;
    sqlite3 *connection;
    sqlite3_stmt *statements[STATEMENTS];  // prepared at first use
    char *place;
    dev_t device;  // of the file that was opened
    ino_t inode;
    int lock;  // beside the file, while we lead
};

// Says what SQLite just refused, after the words of `format`. Always returns -1.
int sqlite_fail(const struct sqlite *self, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Runs statements that give no rows.
int sqlite_run(struct sqlite *self, const char *sql, struct error *error);
int sqlite_prepare(struct sqlite *self, const char *sql, sqlite3_stmt **statement,
                   struct error *error);
// Sets *row to whether there is one more.
int sqlite_step(struct sqlite *self, sqlite3_stmt *statement, int *row, struct error *error);
void sqlite_finish(sqlite3_stmt **statement_p);

// The first column of the first row; `otherwise` if there is no row.
int sqlite_number(struct sqlite *self, const char *sql, int64_t otherwise, int64_t *number,
                  struct error *error);

int sqlite_bind(struct sqlite *self, sqlite3_stmt *statement, const struct value *values,
                size_t count, struct error *error);
const char *sqlite_text(sqlite3_stmt *statement, int column);  // never NULL; until the next step

// A transaction that will write. sqlite_rollback cannot fail: what is left is undone by the next
// begin.
int sqlite_begin(struct sqlite *self, struct error *error);
int sqlite_commit(struct sqlite *self, struct error *error);
void sqlite_rollback(struct sqlite *self);

// Brings the schema up to date, one transaction a version.
int sqlite_migrate(struct sqlite *self, struct error *error);
// ERROR_NOT_FOUND if the file has no tables; ERROR_CONFIG if they are not ours or newer.
int sqlite_version(struct sqlite *self, int64_t *version, struct error *error);
int sqlite_version_ours(void);

int sqlite_apply(catalog_t *base, batch_t *batch, struct error *error);
int sqlite_load(catalog_t *base, struct working_set *set, struct error *error);
int sqlite_query(catalog_t *base, const struct query *query, table_t **table, char **cursor,
                 struct error *error);
