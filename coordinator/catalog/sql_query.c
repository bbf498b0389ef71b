// A page of a list. Where rows have to be filtered here they come in windows, so that a kind that
// makes all of an answer before it gives the first row makes no more than may be needed.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/list.h"
#include "coordinator/catalog/sql.h"

// A page that is being filled.
struct page {
    const struct query *query;
    table_t *table;
    struct database *database;  // of the row under the eye
    size_t seen;
    char *cursor;  // after the last row that was seen
    int is_done;   // nothing more may be looked at
};

static void
page_clear(struct page *self)
{
    table_destroy(&self->table);
    database_destroy(&self->database);
    memory_free(&self->cursor);
}

static void
remember_place(const struct list *list, struct sql_rows *row, struct page *page)
{
    const char *text = list->is_first_key_text ? sql_text(row, 0) : NULL;
    int64_t number = list->is_first_key_text ? 0 : sql_number(row, 0);
    free(page->cursor);
    page->cursor = list_cursor(list, text, number, sql_number(row, 1));
}

// Whether the selector takes the database whose fields begin at this column.
static int
is_selected(const selector_t *selector, struct sql_rows *row, int column, struct database *database)
{
    database->id = sql_number(row, column++);
    char **texts[] = {&database->provider, &database->resource_id, &database->name,
                      &database->engine,   &database->account,     &database->region,
                      &database->host,     &database->tags};
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++)
        record_set(texts[index], sql_text(row, column++));
    return database->id != 0 && selector_matches(selector, database);
}

static int
matches(const struct page *page, const struct list_query *made, struct sql_rows *row)
{
    const struct query *query = page->query;
    if (query->state && query->state[0] && strcasecmp(query->state, sql_text(row, 2)) != 0)
        return 0;
    return !made->has_selector ||
           is_selected(query->selector, row, LIST_FIXED_COLUMNS, page->database);
}

static void
set_blob(table_t *table, const char *name, const struct value *cell)
{
    CLEAN(memory_free) char *hex = memory_get(2 * cell->size + 1);
    for (size_t index = 0; index < cell->size; index++)
        snprintf(hex + 2 * index, 3, "%02x", (unsigned char)cell->data[index]);
    table_set(table, name, hex);
}

static void
add_row(table_t *table, const struct list_query *made, struct sql_rows *row)
{
    table_add_row(table);
    int index = LIST_FIXED_COLUMNS + (made->has_selector ? LIST_DATABASE_COLUMNS : 0);
    for (const struct list_column *column = made->list->columns; column->name; column++, index++) {
        struct value cell;
        sql_cell(row, index, &cell);
        switch (cell.type) {
        case VALUE_INTEGER:
            list_show_cell(table, column, NULL, cell.number);
            break;
        case VALUE_TEXT:
            list_show_cell(table, column, cell.data, 0);
            break;
        case VALUE_BLOB:
            set_blob(table, column->name, &cell);
            break;
        case VALUE_NULL:
        default:
            break;
        }
    }
}

// Fills the page from one window. Done if the list has ended (no cursor then), the page is full, or
// enough was looked at.
static int
fill(struct page *page, const struct list_query *made, struct sql_rows *row, struct error *error)
{
    for (size_t seen = 0;; seen++) {
        int more = 0;
        if (sql_next(row, &more, error))
            return -1;
        if (!more) {
            page->is_done = seen < made->row_count;
            if (page->is_done)
                memory_free(&page->cursor);
            return 0;
        }
        if (page->seen == LIST_SCAN_MAX || table_rows(page->table) == page->query->limit) {
            page->is_done = 1;
            return 0;
        }
        page->seen++;
        remember_place(made->list, row, page);
        if (matches(page, made, row))
            add_row(page->table, made, row);
    }
}

// Looks for the databases that a selector takes. *count is beyond LIST_FEW_DATABASES if there are
// more than a few.
static int
find_databases(struct sql *self, const selector_t *selector, int64_t ids[LIST_FEW_DATABASES],
               size_t *count, struct error *error)
{
    CLEAN(database_destroy) struct database *database = database_new();
    CLEAN(sql_finish) struct sql_rows *row = NULL;
    if (sql_ask(self,
                "SELECT id, provider, resource_id, name, engine, account, region, host, tags"
                " FROM known_databases",
                NULL, 0, &row, error))
        return -1;
    int more = 0;
    for (*count = 0;;) {
        if (sql_next(row, &more, error))
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
read_window(struct sql *self, struct page *page, const struct list *list, const int64_t *ids,
            size_t id_count, struct error *error)
{
    struct query query = *page->query;
    if (page->cursor)
        query.cursor = page->cursor;
    CLEAN(list_query_clear) struct list_query made = {0};
    CLEAN(sql_finish) struct sql_rows *row = NULL;
    if (list_compose(list, &query, ids, id_count, self->ops->window, &made, error) ||
        sql_ask(self, made.sql, made.values, made.count, &row, error))
        return -1;
    return fill(page, &made, row, error);
}

static int
read_page(struct sql *self, struct page *page, const struct list *list, struct error *error)
{
    const selector_t *selector = page->query->selector;
    int64_t ids[LIST_FEW_DATABASES];
    size_t count = LIST_FEW_DATABASES + 1;
    if (list->database && selector && selector_count(selector) > 0 &&
        find_databases(self, selector, ids, &count, error))
        return -1;
    while (!page->is_done) {
        if (read_window(self, page, list, count <= LIST_FEW_DATABASES ? ids : NULL, count, error))
            return -1;
    }
    return 0;
}

int
sql_query(catalog_t *base, const struct query *query, table_t **table, char **cursor,
          struct error *error)
{
    struct sql *self = (struct sql *)base;
    const struct list *list = list_find(query, error);
    if (!list || self->ops->ready(self, error))
        return -1;
    CLEAN(page_clear)
    struct page page = {.query = query, .table = table_new(), .database = database_new()};
    for (const struct list_column *column = list->columns; column->name; column++)
        table_add_column(page.table, column->name, column->type);
    if (read_page(self, &page, list, error))
        return -1;
    *table = STEAL(page.table);
    *cursor = STEAL(page.cursor);
    return 0;
}
