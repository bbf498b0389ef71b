#include "worker/engine/postgres_cuts.h"

#include <inttypes.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_numbers.h"
#include "worker/engine/postgres_script.h"

enum {
    FINE = 4,  // points of the sample in a range of the right size
    CUTS_MAX = POSTGRES_NUMBERS_RANGES / 2,
};

struct cuts {
    const char *const *list;
    size_t count;
};

// Are they values of the key, each greater than the one before? Literals take the type of the first
// part of a UNION, which has no rows.
static int
check(const struct cuts *self, postgres_t *postgres, const struct postgres_table *table,
      int *are_good, struct error *error)
{
    CLEAN(postgres_script_destroy) postgres_script_t *sql = postgres_script_new();
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    postgres_script_add(sql,
                        "SELECT coalesce(bool_and(k < next), true) FROM (SELECT k, lead(k) OVER "
                        "(ORDER BY place) AS next FROM (SELECT %s AS k, 0 AS place FROM ONLY %s "
                        "WHERE false",
                        table->key, table->name);
    for (size_t index = 0; index < self->count; index++) {
        CLEAN(memory_free) char *place = memory_format("%zu", index + 1);
        postgres_script_add(sql, " UNION ALL SELECT %L, %s", self->list[index], place);
    }
    postgres_script_add(sql, ") AS cuts) AS pairs WHERE next IS NOT NULL");
    if (postgres_run(postgres, "SAVEPOINT cuts", error))
        return -1;
    *are_good = 0;
    if (postgres_query(postgres, postgres_script_text(sql), NULL, &rows, error) == 0)
        *are_good = postgres_rows_true(rows, 0, 0);
    else if (error->code == ERROR_UNAVAILABLE)
        return -1;
    return postgres_run(postgres, "ROLLBACK TO SAVEPOINT cuts", error);
}

// Points all over the table, and after how many of the cuts each is.
static int
look(const struct cuts *self, postgres_t *postgres, const struct postgres_table *table,
     uint64_t parts, postgres_rows_t **points, struct error *error)
{
    CLEAN(postgres_script_destroy) postgres_script_t *sql = postgres_script_new();
    CLEAN(memory_free) char *percent = memory_format("%.6f", postgres_edges_percent(table, parts));
    CLEAN(memory_free) char *count = memory_format("%" PRIu64, parts);
    postgres_script_add(sql, "SELECT k::text, 0");
    for (size_t index = 0; index < self->count; index++)
        postgres_script_add(sql, " + (k >= %L)::int", self->list[index]);
    postgres_script_add(
        sql,
        " FROM (SELECT %s AS k, row_number() OVER (ORDER BY %s) AS number, count(*) "
        "OVER () AS total FROM ONLY %s TABLESAMPLE SYSTEM (%s) REPEATABLE (1)) AS "
        "sample WHERE number %% greatest(total / %s, 1) = 0 AND number < total "
        "ORDER BY number",
        table->key, table->key, table->name, percent, count);
    if (postgres_query(postgres, postgres_script_text(sql), NULL, points, error))
        return error_wrap(error, "cannot look where to cut table '%s.%s'", table->schema,
                          table->table);
    return 0;
}

static void
add_edge(struct postgres_edges *edges, const char *value)
{
    CLEAN(postgres_script_destroy) postgres_script_t *sql = postgres_script_new();
    postgres_script_add(sql, "%L", value);
    postgres_edges_add(edges, postgres_script_text(sql), value);
}

// The old cuts, and new ones in what lies between two of them if it has grown.
static void
merge(const struct cuts *self, const postgres_rows_t *points, struct postgres_edges *edges)
{
    size_t row = 0, count = postgres_rows_count(points);
    for (size_t range = 0; range <= self->count; range++) {
        size_t first = row;
        while (row < count && postgres_rows_integer(points, row, 1) <= (int64_t)range)
            row++;
        for (size_t at = first + FINE; row - first > 2 * (size_t)FINE && at + FINE / 2 < row;
             at += FINE)
            add_edge(edges, postgres_rows_text(points, at, 0));
        if (range < self->count)
            add_edge(edges, self->list[range]);
    }
}

int
postgres_cuts_keep(struct postgres_edges *edges, postgres_t *postgres,
                   const struct postgres_table *table, const char *database,
                   const struct earlier *earlier, uint64_t parts, struct error *error)
{
    struct table_facts facts = {
        .object = database, .schema = table->schema, .name = table->table, .key = table->key};
    CLEAN(postgres_rows_destroy) postgres_rows_t *points = NULL;
    struct cuts cuts = {0};
    int are_good = 0;
    if (!earlier || table->key_columns != 1)
        return 0;
    cuts.count = earlier->cuts(earlier->self, &facts, &cuts.list);
    if (cuts.count == 0 || cuts.count > CUTS_MAX)
        return 0;
    if (check(&cuts, postgres, table, &are_good, error))
        return -1;
    if (!are_good)
        return 0;
    if (look(&cuts, postgres, table, FINE * parts, &points, error))
        return -1;
    merge(&cuts, points, edges);
    return 0;
}
