// The catalog as lines of JSON: what is saved into stores, and what a rebuild makes of it.
//
// A line is an object with its `table` (databases, runs, jobs, attempts, protections, sets) and a
// member for each column of archive_columns.h: numbers, texts, digests in hexadecimal digits. They
// come from the lists `archive_<table>`, which are read page by page.
//
//     CLEAN(buffer_clear) struct buffer text = {0};
//     archive_print(archive_find_list("archive_sets"), page, &text);
//
// Lines come back from a store and are hostile: texts have limits, a column that is not known is
// passed over (a newer dbhaul wrote it), one that is missing is 0 or "" (an older one did).

#pragma once

#include "common/buffer.h"
#include "common/json.h"
#include "common/table.h"
#include "coordinator/catalog/batch.h"
#include "coordinator/catalog/list.h"

enum { ARCHIVE_LINE_MAX = 128 << 10, ARCHIVE_TEXT_MAX = 65536 };

struct archive_table {
    const char *name;          // as in a line
    const struct list *list;   // that it is saved from
    enum statement statement;  // that puts a row back
};

// In the order in which an empty catalog takes them; ends with a name of NULL.
extern const struct archive_table archive_tables[];

// The lists themselves, for list_find; ends with a name of NULL.
extern const struct list archive_lists[];

const struct archive_table *archive_find(const char *name);            // "sets"; NULL: none
const struct archive_table *archive_find_list(const char *list_name);  // "archive_sets"

// Adds a line for each row.
void archive_print(const struct archive_table *table, const table_t *page, struct buffer *text);

// Reads a line's object. ERROR_INVALID if it makes no sense. *row is the caller's.
int archive_parse(const char *line, size_t size, json_t **row, const char **table,
                  struct error *error);

// Adds what puts the row back to the last unit of a batch.
int archive_add(const struct archive_table *table, const json_t *row, batch_t *batch,
                struct error *error);
