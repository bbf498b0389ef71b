#include "worker/engine/postgres_edges.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/memory.h"

// Of the sample for each part: enough that the parts differ little in size. Rows of one page are
// most often neighbours, so pages count, too; of a very large table not all that many.
enum {
    RANGES_ASKED = 100,
    SAMPLE_ROWS = 200,
    SAMPLE_PAGES = 64,
    SAMPLE_PAGES_MAX = 16384,
    PAGE_BYTES = 8192
};

void
postgres_edges_add(struct postgres_edges *self, const char *sql, const char *shown)
{
    size_t count = self->count;
    if ((count & (count - 1)) == 0)
        self->list = memory_resize(self->list, (count ? 2 * count : 1) * sizeof *self->list);
    self->list[self->count++] =
        (struct postgres_edge){.sql = memory_copy_text(sql), .shown = memory_copy_text(shown)};
}

void
postgres_edges_clear(struct postgres_edges *self)
{
    for (size_t index = 0; index < self->count; index++) {
        memory_free(&self->list[index].sql);
        memory_free(&self->list[index].shown);
    }
    memory_free(&self->list);
    self->count = 0;
}

// Is there a row in each of some ranges?
static int
ask_rows(const struct postgres_edges *self, postgres_t *postgres,
         const struct postgres_table *table, size_t first, postgres_rows_t **rows,
         struct error *error)
{
    CLEAN(buffer_clear) struct buffer sql = {0};
    for (size_t range = first; range <= self->count && range < first + RANGES_ASKED; range++) {
        buffer_format(&sql, "%s EXISTS (SELECT FROM ONLY %s WHERE", range > first ? "," : "SELECT",
                      table->name);
        if (range > 0)
            buffer_format(&sql, " (%s) >= (%s)", table->key, self->list[range - 1].sql);
        if (range < self->count)
            buffer_format(&sql, "%s (%s) < (%s)", range > 0 ? " AND" : "", table->key,
                          self->list[range].sql);
        buffer_text(&sql, ")");
    }
    return postgres_query(postgres, buffer_read(&sql), NULL, rows, error);
}

static int
find_rows(const struct postgres_edges *self, postgres_t *postgres,
          const struct postgres_table *table, uint8_t *has_rows, struct error *error)
{
    // A server that thinks there are many rows would look for the first one where it reads all.
    if (postgres_run(postgres, "SAVEPOINT ranges", error) ||
        postgres_run(postgres, "SET LOCAL enable_seqscan = off", error) ||
        postgres_run(postgres, "SET LOCAL enable_bitmapscan = off", error))
        return -1;
    for (size_t first = 0; first <= self->count; first += RANGES_ASKED) {
        CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
        if (ask_rows(self, postgres, table, first, &rows, error))
            return -1;
        for (size_t at = 0; at < RANGES_ASKED && first + at <= self->count; at++)
            has_rows[first + at] = (uint8_t)postgres_rows_true(rows, 0, at);
    }
    return postgres_run(postgres, "ROLLBACK TO SAVEPOINT ranges", error);
}

static void
drop(struct postgres_edge *edge)
{
    memory_free(&edge->sql);
    memory_free(&edge->shown);
}

int
postgres_edges_drop_empty(struct postgres_edges *self, postgres_t *postgres,
                          const struct postgres_table *table, struct error *error)
{
    CLEAN(memory_free) uint8_t *has_rows = memory_get(self->count + 1);
    size_t kept = 0, count = self->count;
    if (count == 0)
        return 0;
    if (find_rows(self, postgres, table, has_rows, error))
        return error_wrap(error, "cannot look for rows of table '%s.%s'", table->schema,
                          table->table);
    for (size_t index = 0; index < count; index++) {
        if (has_rows[index])
            self->list[kept++] = self->list[index];
        else
            drop(&self->list[index]);
    }
    if (!has_rows[count] && kept > 0)
        drop(&self->list[--kept]);
    self->count = kept;
    return 0;
}

char *
postgres_edges_shown(const struct postgres_table *table)
{
    return table->key_columns == 1 ? memory_format("%s::text", table->key_first)
                                   : memory_copy_text(table->key_values);
}

double
postgres_edges_percent(const struct postgres_table *table, uint64_t parts)
{
    double rows = table->rows > 0 ? (double)table->rows : (double)table->size_bytes / 100;
    double of_rows = (double)parts * SAMPLE_ROWS / (rows > 1 ? rows : 1);
    double pages = (double)table->size_bytes / PAGE_BYTES + 1;
    double wanted = (double)parts * SAMPLE_PAGES;
    double of_pages = (wanted < SAMPLE_PAGES_MAX ? wanted : SAMPLE_PAGES_MAX) / pages;
    double share = of_rows > of_pages ? of_rows : of_pages;
    return share > 1 ? 100 : 100 * share;
}

int
postgres_edges_sample(struct postgres_edges *self, postgres_t *postgres,
                      const struct postgres_table *table, uint64_t parts, struct error *error)
{
    if (parts < 2)
        parts = 2;
    CLEAN(memory_free) char *shown = postgres_edges_shown(table);
    CLEAN(memory_free)
    char *sql = memory_format(
        "SELECT edge, shown FROM (SELECT %s AS edge, %s AS shown, row_number() OVER (ORDER "
        "BY %s) AS number, count(*) OVER () AS total FROM ONLY %s TABLESAMPLE SYSTEM (%.6f) "
        "REPEATABLE (1)) AS sample WHERE number %% greatest(total / %" PRIu64 ", 1) = 0 AND number "
        "< total ORDER BY number",
        table->key_values, shown, table->key, table->name, postgres_edges_percent(table, parts),
        parts);
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, sql, NULL, &rows, error))
        return error_wrap(error, "cannot look where to cut table '%s.%s'", table->schema,
                          table->table);
    for (size_t row = 0; row < postgres_rows_count(rows); row++)
        postgres_edges_add(self, postgres_rows_text(rows, row, 0),
                           postgres_rows_text(rows, row, 1));
    return 0;
}

int
postgres_edges_ends(postgres_t *postgres, const struct postgres_table *table, int64_t *least,
                    int64_t *greatest, int *is_empty, struct error *error)
{
    CLEAN(memory_free)
    char *sql = memory_format("SELECT min(%s), max(%s), max(%s) IS NULL FROM ONLY %s", table->key,
                              table->key, table->key, table->name);
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, sql, NULL, &rows, error))
        return error_wrap(error, "cannot read the ends of table '%s.%s'", table->schema,
                          table->table);
    *least = postgres_rows_integer(rows, 0, 0);
    *greatest = postgres_rows_integer(rows, 0, 1);
    *is_empty = postgres_rows_true(rows, 0, 2);
    return 0;
}

int
postgres_edges_pages(postgres_t *postgres, const struct postgres_table *table, int64_t *pages,
                     struct error *error)
{
    CLEAN(memory_free)
    char *sql = memory_format("SELECT pg_relation_size(%u) / current_setting('block_size')::bigint",
                              table->oid);
    if (postgres_count(postgres, sql, pages, error))
        return error_wrap(error, "cannot read the size of table '%s.%s'", table->schema,
                          table->table);
    return 0;
}

int
postgres_edges_correlation(postgres_t *postgres, const struct postgres_table *table,
                           double *correlation, struct error *error)
{
    CLEAN(memory_free)
    char *sql = memory_format(
        "SELECT s.correlation FROM pg_stats AS s JOIN pg_namespace AS n ON n.nspname = "
        "s.schemaname JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = s.tablename "
        "WHERE c.oid = %u AND quote_ident(s.attname) = $1 AND NOT s.inherited AND "
        "pg_table_size(c.oid) > pg_size_bytes(current_setting('shared_buffers'))",
        table->oid);
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, sql, table->key_first, &rows, error))
        return error_wrap(error, "cannot read the statistics of table '%s.%s'", table->schema,
                          table->table);
    *correlation = 1;
    if (postgres_rows_count(rows) > 0 && *postgres_rows_text(rows, 0, 0))
        *correlation = strtod(postgres_rows_text(rows, 0, 0), NULL);
    return 0;
}
