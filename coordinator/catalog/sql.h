// A catalog that speaks SQL, seen from the inside: what all kinds do alike, over the few things
// that each does in its own way. Only coordinator/catalog/ includes this; all others go through
// catalog.h.
//
// A kind embeds `struct sql` first, fills in a struct sql_ops, and takes sql_apply, sql_load and
// sql_query for its catalog_ops. Values go apart from the SQL, where `?` stands for the next one
// and `?3` for the third once more. One connection, used by one thread at a time, with one answer
// open at a time:
//
//     CLEAN(sql_finish) struct sql_rows *rows = NULL;
//     if (sql_ask(self, "SELECT id, name FROM runs WHERE id > ?", values, 1, &rows, error))
//         return -1;
//     int more = 0;
//     while (!sql_next(rows, &more, error) && more)
//         ... sql_number(rows, 0), sql_text(rows, 1)

#pragma once

#include "common/error.h"
#include "coordinator/catalog/catalog.h"

struct sql;

// The answer to a question; a kind's own fields follow.
struct sql_rows {
    struct sql *sql;
};

struct sql_ops {
    // Rows to ask for where more may have to be looked at than are wanted. A kind that finds each
    // row as it is read asks for all.
    size_t window;

    // Before each apply, load and query: what was opened is still there, or is connected again;
    // what an earlier call left of a transaction is gone.
    int (*ready)(struct sql *self, struct error *error);
    // A transaction that writes as the leader; ERROR_DENIED if we are deposed. *is_done: this batch
    // was committed by an earlier try whose outcome nobody heard.
    int (*begin)(struct sql *self, batch_t *batch, int *is_done, struct error *error);
    // A transaction that reads one state of all tables.
    int (*begin_reading)(struct sql *self, struct error *error);
    int (*commit)(struct sql *self, struct error *error);
    // Cannot fail: what is left is undone by `ready`.
    void (*rollback)(struct sql *self);

    // Does changes one after the other. *refused: a guard did not hold or the tables' rules forbid
    // one; of those behind it some may be done, so the caller takes all of them back.
    int (*change)(struct sql *self, const struct change *const *changes, size_t count, int *refused,
                  struct error *error);
    // Runs one statement without values that gives no rows.
    int (*run)(struct sql *self, const char *sql, struct error *error);

    int (*ask)(struct sql *self, const char *sql, const struct value *values, size_t count,
               struct sql_rows **rows, struct error *error);
    int (*next)(struct sql_rows *rows, int *more, struct error *error);
    // A cell of the row; its data are lent until the next row, with a NUL behind them.
    void (*cell)(struct sql_rows *rows, int column, struct value *cell);
    void (*finish)(struct sql_rows *rows);  // frees them
};

struct sql {
    catalog_t base;
    const struct sql_ops *ops;
    char *place;  // for messages
};

// ---- questions

int sql_ask(struct sql *self, const char *sql, const struct value *values, size_t count,
            struct sql_rows **rows, struct error *error);
int sql_next(struct sql_rows *rows, int *more, struct error *error);  // *more: there is a row
void sql_finish(struct sql_rows **rows_p);

int64_t sql_number(struct sql_rows *rows, int column);    // 0 of NULL
const char *sql_text(struct sql_rows *rows, int column);  // never NULL
void sql_cell(struct sql_rows *rows, int column, struct value *cell);

// The first column of the first row; `otherwise` if there is no row.
int sql_find_number(struct sql *self, const char *sql, int64_t otherwise, int64_t *number,
                    struct error *error);
// Runs a statement with values that gives no rows.
int sql_tell(struct sql *self, const char *sql, const struct value *values, size_t count,
             struct error *error);

struct value sql_value_number(int64_t number);
struct value sql_value_text(const char *text);  // lent

// ---- what a kind needs for its own part

// Whether a change did what its guard wants.
int sql_holds(const struct change *change, int64_t changed_rows);

// The newest version of a kind's schema.
int sql_newest(const struct migration *migrations);
// ERROR_CONFIG if a catalog's version is newer than ours.
int sql_check_version(const struct sql *self, int64_t version, const struct migration *migrations,
                      struct error *error);
// For readers: ERROR_UNAVAILABLE if the leader has not migrated it yet.
int sql_check_migrated(const struct sql *self, int64_t version, const struct migration *migrations,
                       struct error *error);

// Reads the leader's row: the catalog's id, and the epoch of the one who leads.
int sql_read_leader(struct sql *self, int64_t *epoch, struct error *error);
// Takes the next epoch, within a transaction of the caller's. The first one makes the catalog's id.
int sql_take_epoch(struct sql *self, const char *holder, struct error *error);
// Always returns -1, with ERROR_DENIED.
int sql_fail_deposed(const struct sql *self, int64_t epoch, struct error *error);

// The part of sql_load that is about outages and who is told of them.
int sql_load_outages(struct sql *self, struct working_set *set, struct error *error);

// ---- catalog_ops that all kinds share

int sql_apply(catalog_t *base, batch_t *batch, struct error *error);
int sql_load(catalog_t *base, struct working_set *set, struct error *error);
int sql_query(catalog_t *base, const struct query *query, table_t **table, char **cursor,
              struct error *error);
