#include "worker/engine/postgres_integers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_numbers.h"

// Rows of one page are most often neighbours: so many pages for each range tell its share of the
// rows well enough, as only one of twice the right size is cut again. Of each range enough keys
// are kept that a few far away from all others are known for what they are.
enum { PAGES_A_PART = 64, PAGES_MAX = 16384, KEYS_A_PART = 128 };

// A sample of the keys, in order.
struct sample {
    int64_t *keys;
    size_t count;
};

static void
sample_clear(struct sample *self)
{
    memory_free(&self->keys);
}

static uint64_t
least_of(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

static int
take(struct sample *sample, postgres_t *postgres, const struct postgres_integers *self,
     struct error *error)
{
    CLEAN(memory_free)
    char *sql = memory_format(
        "SELECT key FROM (SELECT (%s)::bigint AS key, row_number() OVER (ORDER BY %s) AS number, "
        "count(*) OVER () AS total FROM ONLY %s TABLESAMPLE SYSTEM (least(100, 100.0 * %" PRIu64
        " * current_setting('block_size')::bigint / greatest(pg_relation_size(%s), 1))::real) "
        "REPEATABLE (1)) AS sample WHERE number %% greatest(total / %" PRIu64 ", 1) = 0 ORDER BY "
        "number",
        self->key, self->key, self->name, least_of(PAGES_A_PART * self->parts, PAGES_MAX),
        self->relation, KEYS_A_PART * self->parts);
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(postgres, sql, NULL, &rows, error))
        return -1;
    sample->count = postgres_rows_count(rows);
    sample->keys = memory_get((sample->count + 1) * sizeof *sample->keys);
    for (size_t row = 0; row < sample->count; row++)
        sample->keys[row] = postgres_rows_integer(rows, row, 0);
    return 0;
}

// How many keys are below `number`.
static size_t
keys_below(const struct sample *self, int64_t number)
{
    size_t low = 0, high = self->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (self->keys[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int
estimate(void *context, const char *low, const char *high, uint64_t *rows, struct error *error)
{
    const struct sample *self = context;
    (void)error;
    size_t first = low ? keys_below(self, strtoll(low, NULL, 10)) : 0;
    size_t end = high ? keys_below(self, strtoll(high, NULL, 10)) : self->count;
    *rows = end > first ? end - first : 0;
    return 0;
}

int
postgres_integers_cut(ranges_t **ranges, postgres_t *postgres, const struct postgres_integers *self,
                      struct error *error)
{
    CLEAN(sample_clear) struct sample sample = {0};
    CLEAN(memory_free) char *low = memory_format("%" PRId64, self->least);
    CLEAN(memory_free) char *high = memory_format("%" PRId64, self->greatest);
    const struct ranges_ways ways = {.context = &sample, .estimate = estimate};
    struct ranges_wish wish = {.is_integer = 1,
                               .low = low,
                               .high = high,
                               .is_tight = self->is_tight,
                               .most = POSTGRES_NUMBERS_RANGES,
                               .edges = self->edges,
                               .edge_count = self->edge_count};
    if (take(&sample, postgres, self, error))
        return -1;
    wish.rows = sample.count / self->parts + (sample.count % self->parts != 0);
    if (wish.rows == 0)
        wish.rows = 1;
    return ranges_make(ranges, &wish, &ways, error);
}

static int
read_integer(const char *text, int64_t *number)
{
    char *end = NULL;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

// The cuts of the set before that have rows on both sides. None if one is no integer, or out of
// order: the key was another then.
static size_t
keep(const struct postgres_integers *self, const char *const *cuts, size_t count, const char **kept)
{
    int64_t before = INT64_MIN, number = 0;
    size_t kept_count = 0;
    for (size_t index = 0; index < count; index++) {
        if (!read_integer(cuts[index], &number) || (index > 0 && number <= before))
            return 0;
        before = number;
        if (number > self->least && number <= self->greatest)
            kept[kept_count++] = cuts[index];
    }
    return kept_count < POSTGRES_NUMBERS_RANGES ? kept_count : 0;
}

static void
add(struct postgres_edges *edges, const ranges_t *ranges)
{
    for (size_t index = 1; index < ranges_count(ranges); index++) {
        const char *low = ranges_at(ranges, index)->low;
        CLEAN(memory_free) char *sql = memory_format("'%s'", low);
        postgres_edges_add(edges, sql, low);
    }
}

int
postgres_integers_add(struct postgres_edges *edges, postgres_t *postgres,
                      const struct postgres_table *table, const char *database,
                      const struct earlier *earlier, uint64_t parts, int is_tight,
                      struct error *error)
{
    CLEAN(memory_free) char *relation = memory_format("%u", table->oid);
    CLEAN(ranges_destroy) ranges_t *ranges = NULL;
    struct postgres_integers what = {.name = table->name,
                                     .key = table->key,
                                     .relation = relation,
                                     .parts = parts,
                                     .is_tight = is_tight};
    struct table_facts facts = {
        .object = database, .schema = table->schema, .name = table->table, .key = table->key};
    const char *const *cuts = NULL;
    int is_empty = 0;
    if (postgres_edges_ends(postgres, table, &what.least, &what.greatest, &is_empty, error))
        return -1;
    if (is_empty)
        return 0;
    size_t count = earlier ? earlier->cuts(earlier->self, &facts, &cuts) : 0;
    CLEAN(memory_free) const char **kept = memory_get((count + 1) * sizeof *kept);
    what.edges = kept;
    what.edge_count = keep(&what, cuts, count, kept);
    if (postgres_integers_cut(&ranges, postgres, &what, error))
        return error_wrap(error, "cannot look where to cut table '%s.%s'", table->schema,
                          table->table);
    add(edges, ranges);
    return 0;
}
