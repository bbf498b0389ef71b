// A page of a list.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/list.h"
#include "coordinator/catalog/sqlite.h"

// The place of a row in its list.
struct place {
    char *first_text;
    int64_t first, second;
};

static void
place_clear(struct place *self)
{
    free(self->first_text);
    *self = (struct place){0};
}

static void
remember_place(const struct list *list, sqlite3_stmt *row, struct place *place)
{
    if (list->is_first_key_text)
        record_set(&place->first_text, sqlite_text(row, 0));
    else
        place->first = sqlite3_column_int64(row, 0);
    place->second = sqlite3_column_int64(row, 1);
}

// Whether the selector takes the database whose fields begin at this column.
static int
is_selected(const selector_t *selector, sqlite3_stmt *row, int column, struct database *database)
{
    database->id = sqlite3_column_int64(row, column++);
    char **texts[] = {&database->provider, &database->resource_id, &database->name,
                      &database->engine,   &database->account,     &database->region,
                      &database->host,     &database->tags};
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++)
        record_set(texts[index], sqlite_text(row, column++));
    return database->id != 0 && selector_matches(selector, database);
}

static int
matches(const struct query *query, const struct list_query *made, sqlite3_stmt *row,
        struct database *database)
{
    if (query->state && query->state[0] && strcasecmp(query->state, sqlite_text(row, 2)) != 0)
        return 0;
    return !made->has_selector || is_selected(query->selector, row, LIST_FIXED_COLUMNS, database);
}

static void
set_blob(table_t *table, const char *name, sqlite3_stmt *row, int column)
{
    const unsigned char *bytes = sqlite3_column_blob(row, column);
    size_t size = (size_t)sqlite3_column_bytes(row, column);
    CLEAN(memory_free) char *hex = memory_get(2 * size + 1);
    for (size_t index = 0; index < size; index++)
        snprintf(hex + 2 * index, 3, "%02x", bytes[index]);
    table_set(table, name, hex);
}

static void
add_row(table_t *table, const struct list_query *made, sqlite3_stmt *row)
{
    table_add_row(table);
    int index = LIST_FIXED_COLUMNS + (made->has_selector ? LIST_DATABASE_COLUMNS : 0);
    for (const struct list_column *column = made->list->columns; column->name; column++, index++) {
        switch (sqlite3_column_type(row, index)) {
        case SQLITE_INTEGER:
            list_show_cell(table, column, NULL, sqlite3_column_int64(row, index));
            break;
        case SQLITE_TEXT:
            list_show_cell(table, column, sqlite_text(row, index), 0);
            break;
        case SQLITE_BLOB:
            set_blob(table, column->name, row, index);
            break;
        default:
            break;
        }
    }
}

// Fills the table; *more tells whether rows are left after `place`.
static int
fill(struct sqlite *self, const struct query *query, const struct list_query *made,
     sqlite3_stmt *row, table_t *table, struct place *place, int *more, struct error *error)
{
    CLEAN(database_destroy) struct database *database = database_new();
    for (size_t seen = 0;; seen++) {
        if (sqlite_step(self, row, more, error))
            return -1;
        if (!*more || seen == LIST_SCAN_MAX || table_rows(table) == query->limit)
            return 0;
        remember_place(made->list, row, place);
        if (matches(query, made, row, database))
            add_row(table, made, row);
    }
}

// Looks for the databases that a selector takes. *count is beyond LIST_FEW_DATABASES if there are
// more than a few.
static int
find_databases(struct sqlite *self, const selector_t *selector, int64_t ids[LIST_FEW_DATABASES],
               size_t *count, struct error *error)
{
    CLEAN(database_destroy) struct database *database = database_new();
    CLEAN(sqlite_finish) sqlite3_stmt *row = NULL;
    if (sqlite_prepare(self,
                       "SELECT id, provider, resource_id, name, engine, account, region, host, tags"
                       " FROM known_databases",
                       &row, error))
        return -1;
    int more = 0;
    for (*count = 0;;) {
        if (sqlite_step(self, row, &more, error))
            return -1;
        if (!more)
            return 0;
        if (!is_selected(selector, row, 0, database))
            continue;
        if (*count < LIST_FEW_DATABASES)
            ids[*count] = database->id;
        if (++*count > LIST_FEW_DATABASES)
            return 0;
    }
}

static int
compose(struct sqlite *self, const struct query *query, struct list_query *made,
        struct error *error)
{
    const struct list *list = list_find(query, error);
    if (!list)
        return -1;
    int64_t ids[LIST_FEW_DATABASES];
    size_t count = LIST_FEW_DATABASES + 1;
    if (list->database && query->selector && selector_count(query->selector) > 0 &&
        find_databases(self, query->selector, ids, &count, error))
        return -1;
    return list_compose(list, query, count <= LIST_FEW_DATABASES ? ids : NULL, count, made, error);
}

int
sqlite_query(catalog_t *base, const struct query *query, table_t **table, char **cursor,
             struct error *error)
{
    struct sqlite *self = (struct sqlite *)base;
    CLEAN(list_query_clear) struct list_query made = {0};
    if (compose(self, query, &made, error))
        return -1;
    CLEAN(sqlite_finish) sqlite3_stmt *row = NULL;
    if (sqlite_prepare(self, made.sql, &row, error) ||
        sqlite_bind(self, row, made.values, made.count, error))
        return -1;
    CLEAN(table_destroy) table_t *page = table_new();
    for (const struct list_column *column = made.list->columns; column->name; column++)
        table_add_column(page, column->name, column->type);
    CLEAN(place_clear) struct place place = {0};
    int more = 0;
    if (fill(self, query, &made, row, page, &place, &more, error))
        return -1;
    *table = STEAL(page);
    *cursor = more ? list_cursor(made.list, place.first_text, place.first, place.second) : NULL;
    return 0;
}
