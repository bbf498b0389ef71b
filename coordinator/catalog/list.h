// The lists of query.h: for each its columns, its order, and the SQL that finds its rows, shared by
// all kinds. sql_query.c runs what list_compose gives and reads its rows in this order: two keys
// (for the cursor), the state, then the fields of the database that a selector looks at
// (LIST_DATABASE_COLUMNS of them, if has_selector), then the list's columns. NULL is a cell that is
// not set.
//
// The SQL is what SQLite, MySQL and PostgreSQL have in common: no quoted names, bare numbers, texts
// in single quotes. LIST_NOW in it stands for the query's now_ms.
//
// Adding a list: a row in list_table.c, its columns in query.h, a test in test_catalog_lists.c, and
// tests of its plan in test_catalog_sqlite.c and test_catalog_plans.c.

#pragma once

#include "common/error.h"
#include "common/table.h"
#include "coordinator/catalog/catalog.h"

#define LIST_NOW "$now"

enum {
    LIST_VALUES_MAX = 12,
    LIST_FIXED_COLUMNS = 3,
    LIST_DATABASE_COLUMNS = 9,  // id provider resource_id name engine account region host tags
    LIST_SCAN_MAX = 20000,      // rows looked at for one page
    LIST_FEW_DATABASES = 64,    // so many are looked up, more are filtered
};

// How a cell shows what the table holds.
enum list_show { SHOW_PLAIN, SHOW_SQL_TIME, SHOW_GIGABYTES, SHOW_SECONDS };  // of milliseconds

struct list_column {
    const char *name;
    enum table_type type;
    enum list_show show;
    const char *sql;
};

struct list {
    const char *name;
    const struct list_column *columns;  // ends with a name of NULL
    const char *from;                   // the database, if there is one, is `d`
    const char *where;                  // what always holds, or NULL
    const char *run, *job, *set;        // what the query's ids narrow, or NULL
    const char *state;                  // what the query's state is compared with, or NULL
    const char *ended;                  // when it ended, which the query's period narrows, or NULL
    int is_filtered;       // the query's filters narrow it: the database is in its rows
    const char *keys[2];   // the order; together unique
    const char *database;  // its id, where an index finds the rows of one; or NULL
    int needs_run, needs_job;
    int is_state_indexed;   // the database may look for it, if no id narrows the list
    int is_first_key_text;  // else a number; the second is always one
    int is_descending;
    int has_database;  // so that a selector can narrow the list
};

extern const struct list list_table[];  // ends with a name of NULL

struct list_query {
    const struct list *list;
    int has_selector;  // rows are to be filtered
    size_t row_count;  // as many as it asks for at most
    char *sql;         // `?` for each value
    struct value values[LIST_VALUES_MAX];
    size_t count;
};

// Finds the list of a query and checks what narrows it. Errors as catalog.h says.
const struct list *list_find(const struct query *query, struct error *error);

// Makes SQL of a query. If `list->database` is there and the few databases that the selector takes
// are known, give their ids; else ids is NULL and the rows are to be filtered. It asks for one row
// more than the page holds, or for `window` rows if they are to be filtered (by selector or state).
int list_compose(const struct list *list, const struct query *query, const int64_t *ids,
                 size_t id_count, size_t window, struct list_query *self, struct error *error);
void list_query_clear(struct list_query *self);

// The cursor that continues after the row with these keys; the caller's. Give the first key as
// text or as a number, as the list has it.
char *list_cursor(const struct list *list, const char *first_text, int64_t first, int64_t second);

// Fills a cell. `text` is NULL if there is a number.
void list_show_cell(table_t *table, const struct list_column *column, const char *text,
                    int64_t number);
