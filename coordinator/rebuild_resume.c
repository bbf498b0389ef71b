// A rebuild that was cut off and goes on: what it had come to is read first, so that nothing of it
// is written twice. Nothing is ever deleted from a catalog.

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/rebuild_inside.h"

static void
destroy_text(void **text_p)
{
    memory_free(text_p);
}

static void
lift(int64_t *most, int64_t number)
{
    if (number > *most)
        *most = number;
}

static void
take_database(rebuild_rows_t *self, const table_t *page, size_t row)
{
    int64_t id = strtoll(table_cell(page, row, 0), NULL, 10);
    rebuild_know_database(self, id, table_cell(page, row, 2));
    lift(&self->database_id, id);
}

// Columns of `runs`: id kind label ... The one that sets were found by has not ended.
static void
take_run(rebuild_rows_t *self, const table_t *page, size_t row)
{
    int64_t id = strtoll(table_cell(page, row, 0), NULL, 10);
    lift(&self->run_id, id);
    for (size_t column = 0; column < table_columns(page); column++) {
        if (strcmp(table_name(page, column), "ended") == 0 && !*table_cell(page, row, column))
            self->found_run_id = id;
    }
}

static void
take_set(rebuild_rows_t *self, const table_t *page, size_t row)
{
    const char *id = table_cell(page, row, 0);
    lift(&self->set_id, strtoll(id, NULL, 10));
    char *copy = memory_copy_text(id);
    if (zhashx_insert(self->there, table_cell(page, row, 3), copy))
        memory_free(&copy);
}

static int
read_list(rebuild_rows_t *self, const char *list,
          void (*take)(rebuild_rows_t *self, const table_t *page, size_t row), struct error *error)
{
    CLEAN(memory_free) char *cursor = NULL;
    do {
        char *next = NULL;
        CLEAN(table_destroy) table_t *page = NULL;
        struct query query = {.name = list, .cursor = cursor, .limit = CATALOG_PAGE_MAX};
        if (catalog_query(self->catalog, &query, &page, &next, error))
            return -1;
        memory_free(&cursor);
        cursor = next;
        for (size_t row = 0; row < table_rows(page); row++)
            take(self, page, row);
    } while (cursor);
    return 0;
}

int
rebuild_rows_resume(rebuild_rows_t *self, struct error *error)
{
    self->there = zhashx_new();
    zhashx_set_destructor(self->there, destroy_text);
    return read_list(self, "archive_databases", take_database, error) ||
                   read_list(self, "runs", take_run, error) ||
                   read_list(self, "set_places", take_set, error)
               ? -1
               : 0;
}
