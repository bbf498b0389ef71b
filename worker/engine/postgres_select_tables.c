#include "worker/engine/postgres_select_tables.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clean.h"
#include "common/memory.h"

#define HEX(name) "encode(convert_to(" name "::text, getdatabaseencoding()), 'hex')"

int
postgres_select_tables_read(struct postgres_select_tables *self, postgres_t *postgres,
                            struct error *error)
{
    // Up to version 9.6 there are no partitions.
    CLEAN(memory_free)
    char *sql = memory_format(
        "SELECT c.oid, c.relkind, n.nspname, c.relname, " HEX("n.nspname") ", " HEX(
            "c.relname") ", %s FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
                         "WHERE c.relkind "
                         "IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> "
                         "'information_schema' AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE "
                         "d.classid = "
                         "'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') ORDER BY "
                         "c.oid",
        postgres_version(postgres) < 100000
            ? "0"
            : "CASE WHEN c.relispartition THEN (SELECT inhparent FROM pg_inherits WHERE inhrelid = "
              "c.oid LIMIT 1) ELSE 0 END");
    if (postgres_query(postgres, sql, NULL, &self->rows, error))
        return error_wrap(error, "cannot list the tables");
    self->count = postgres_rows_count(self->rows);
    self->list = memory_get((self->count + 1) * sizeof *self->list);
    for (size_t row = 0; row < self->count; row++)
        self->list[row] = (struct postgres_select_table){
            .number = (uint32_t)postgres_rows_integer(self->rows, row, 0),
            .kind = *postgres_rows_text(self->rows, row, 1),
            .inner = postgres_rows_text(self->rows, row, 2),
            .name = postgres_rows_text(self->rows, row, 3),
            .inner_hex = postgres_rows_text(self->rows, row, 4),
            .name_hex = postgres_rows_text(self->rows, row, 5),
            .parent = (uint32_t)postgres_rows_integer(self->rows, row, 6),
        };
    return 0;
}

static int
compare_numbers(const void *one, const void *other)
{
    uint32_t a = ((const struct postgres_select_table *)one)->number,
             b = ((const struct postgres_select_table *)other)->number;
    return a < b ? -1 : a > b;
}

struct postgres_select_table *
postgres_select_tables_find(const struct postgres_select_tables *self, uint32_t number)
{
    struct postgres_select_table key = {.number = number};
    return self->count ? bsearch(&key, self->list, self->count, sizeof key, compare_numbers) : NULL;
}

struct postgres_select_table *
postgres_select_tables_parent(const struct postgres_select_tables *self,
                              const struct postgres_select_table *table)
{
    return table->parent ? postgres_select_tables_find(self, table->parent) : NULL;
}

char *
postgres_select_tables_numbers(const struct postgres_select_tables *self,
                               int (*is_one)(const struct postgres_select_table *))
{
    enum { DIGITS = 12 };
    char *text = memory_get((self->count + 1) * DIGITS + 2);
    size_t used = 1;
    text[0] = '{';
    for (size_t i = 0; i < self->count; i++) {
        if (is_one(&self->list[i]))
            used += (size_t)sprintf(text + used, "%s%u", used > 1 ? "," : "", self->list[i].number);
    }
    text[used] = '}';
    return text;
}

const char *
postgres_select_table_kind(const struct postgres_select_table *self)
{
    switch (self->kind) {
    case 'v':
        return "view";
    case 'm':
        return "materialized view";
    case 'f':
        return "foreign table";
    default:
        return "table";
    }
}

void
postgres_select_tables_clear(struct postgres_select_tables *self)
{
    memory_free(&self->list);
    postgres_rows_destroy(&self->rows);
}
