#include "worker/engine/postgres_cuts.h"

#include <inttypes.h>
#include <string.h>

#include "common/buffer.h"
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

// The end of a literal as quote_literal writes it: '...' or, with backslashes, E'...'. NULL: none.
static const char *
literal_end(const char *text)
{
    int is_escaped = *text == 'E';
    text += is_escaped;
    if (*text++ != '\'')
        return NULL;
    while (*text) {
        int is_doubled = text[1] == text[0];
        if (*text == '\'' && !is_doubled)
            return text + 1;
        if (*text == '\\' && (!is_escaped || !is_doubled))
            return NULL;
        text += *text == '\'' || *text == '\\' ? 2 : 1;
    }
    return NULL;
}

// A manifest's text becomes SQL only if it is as many literals as the key has columns.
static int
are_literals(const char *text, unsigned count)
{
    while (count-- > 0) {
        text = literal_end(text);
        if (!text || (count > 0 && strncmp(text, ", ", 2) != 0))
            return 0;
        text += count > 0 ? 2 : 0;
    }
    return *text == '\0';
}

// Of one column a cut is its value, of several it is SQL already.
static void
add_values(postgres_script_t *sql, const struct postgres_table *table, const char *cut)
{
    postgres_script_add(sql, table->key_columns == 1 ? "%L" : "%s", cut);
}

static char *
column_names(const struct postgres_table *table, const char *letter)
{
    CLEAN(buffer_clear) struct buffer names = {0};
    for (unsigned column = 1; column <= table->key_columns; column++)
        buffer_format(&names, "%s%s%u", column > 1 ? ", " : "", letter, column);
    return buffer_take(&names);
}

static char *
next_values(const struct postgres_table *table)
{
    CLEAN(buffer_clear) struct buffer values = {0};
    for (unsigned column = 1; column <= table->key_columns; column++)
        buffer_format(&values, "lead(k%u) OVER w AS n%u, ", column, column);
    return buffer_take(&values);
}

// Are they values of the key, each greater than the one before? Literals take the types of the
// first part of a UNION, which has no rows.
static int
check(const struct cuts *self, postgres_t *postgres, const struct postgres_table *table,
      int *are_good, struct error *error)
{
    CLEAN(postgres_script_destroy) postgres_script_t *sql = postgres_script_new();
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    CLEAN(memory_free) char *keys = column_names(table, "k");
    CLEAN(memory_free) char *nexts = column_names(table, "n");
    CLEAN(memory_free) char *next_of = next_values(table);
    *are_good = 0;
    for (size_t index = 0; index < self->count; index++) {
        if (table->key_columns > 1 && !are_literals(self->list[index], table->key_columns))
            return 0;
    }
    postgres_script_add(sql,
                        "SELECT coalesce(bool_and((%s) < (%s)), true) FROM (SELECT %s, %slead("
                        "place) OVER w AS next FROM (SELECT %s, 0 FROM ONLY %s WHERE false",
                        keys, nexts, keys, next_of, table->key, table->name);
    for (size_t index = 0; index < self->count; index++) {
        CLEAN(memory_free) char *place = memory_format("%zu", index + 1);
        postgres_script_add(sql, " UNION ALL SELECT ");
        add_values(sql, table, self->list[index]);
        postgres_script_add(sql, ", %s", place);
    }
    postgres_script_add(sql,
                        ") AS cuts (%s, place) WINDOW w AS (ORDER BY place)) AS pairs WHERE next "
                        "IS NOT NULL",
                        keys);
    if (postgres_run(postgres, "SAVEPOINT cuts", error))
        return -1;
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
    CLEAN(memory_free) char *keys = column_names(table, "k");
    CLEAN(memory_free) char *shown = postgres_edges_shown(table);
    postgres_script_add(sql, "SELECT shown, 0");
    for (size_t index = 0; index < self->count; index++) {
        postgres_script_add(sql, " + ((%s) >= (", keys);
        add_values(sql, table, self->list[index]);
        postgres_script_add(sql, "))::int");
    }
    postgres_script_add(
        sql,
        " FROM (SELECT %s, %s, row_number() OVER (ORDER BY %s), count(*) OVER () FROM ONLY %s "
        "TABLESAMPLE SYSTEM (%s) REPEATABLE (1)) AS sample (%s, shown, number, total) WHERE number "
        "%% greatest(total / %s, 1) = 0 AND number < total ORDER BY number",
        table->key, shown, table->key, table->name, percent, keys, count);
    if (postgres_query(postgres, postgres_script_text(sql), NULL, points, error))
        return error_wrap(error, "cannot look where to cut table '%s.%s'", table->schema,
                          table->table);
    return 0;
}

static void
add_edge(struct postgres_edges *edges, const struct postgres_table *table, const char *cut)
{
    CLEAN(postgres_script_destroy) postgres_script_t *sql = postgres_script_new();
    add_values(sql, table, cut);
    postgres_edges_add(edges, postgres_script_text(sql), cut);
}

// The old cuts, and new ones in what lies between two of them if it has grown.
static void
merge(const struct cuts *self, const struct postgres_table *table, const postgres_rows_t *points,
      int is_tight, struct postgres_edges *edges)
{
    size_t row = 0, first = 0, count = postgres_rows_count(points);
    for (size_t range = 0; range <= self->count; range++) {
        while (row < count && postgres_rows_integer(points, row, 1) <= (int64_t)range)
            row++;
        if (is_tight && range < self->count && row - first < FINE / 2)
            continue;
        for (size_t at = first + FINE; row - first > 2 * (size_t)FINE && at + FINE / 2 < row;
             at += FINE)
            add_edge(edges, table, postgres_rows_text(points, at, 0));
        if (range < self->count)
            add_edge(edges, table, self->list[range]);
        first = row;
    }
}

int
postgres_cuts_keep(struct postgres_edges *edges, postgres_t *postgres,
                   const struct postgres_table *table, const char *database,
                   const struct earlier *earlier, uint64_t parts, int is_tight, struct error *error)
{
    struct table_facts facts = {
        .object = database, .schema = table->schema, .name = table->table, .key = table->key};
    CLEAN(postgres_rows_destroy) postgres_rows_t *points = NULL;
    struct cuts cuts = {0};
    int are_good = 0;
    if (!earlier)
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
    merge(&cuts, table, points, is_tight, edges);
    return 0;
}
