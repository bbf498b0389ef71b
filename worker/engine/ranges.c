#include "worker/engine/ranges.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

enum {
    TABLES_OF_BUCKET = 500,
    OF_TEN_OWN = 4,      // tenths of all files: of tables that have their own
    BUCKETS_PART = 8,    // one of so many files is what small tables share, if there are too many
    DATABASE_MOST = 64,  // that each database has, however small, if all of these are not too many
    DATABASE_LEAST = 2,
    FEW = 64,
};

struct ranges {
    struct range *items;
    size_t count;
};

// A way through the making of ranges.
struct making {
    ranges_t *ranges;
    const struct ranges_wish *wish;
    const struct ranges_ways *ways;
    size_t left;  // ranges of the set before that are still to be taken over
};

// Is there room for one more range than is needed at least?
static int
has_room(const struct making *self)
{
    size_t most = self->wish->most ? self->wish->most : RANGES_OF_TABLE_MAX;
    return self->ranges->count + self->left + 1 < most;
}

// Integers are handled as unsigned numbers in the same order.
static const uint64_t bias = UINT64_C(1) << 63;

static uint64_t
number_of(const struct ranges_wish *wish, const char *text)
{
    return wish->is_unsigned ? strtoull(text, NULL, 10) : (uint64_t)strtoll(text, NULL, 10) + bias;
}

static char *
text_of(const struct ranges_wish *wish, uint64_t number)
{
    return wish->is_unsigned ? memory_format("%" PRIu64, number)
                             : memory_format("%" PRId64, (int64_t)(number - bias));
}

static void
add(struct making *self, const char *low, const char *high, uint64_t rows)
{
    ranges_t *ranges = self->ranges;
    if ((ranges->count & (ranges->count - 1)) == 0) {
        size_t room = ranges->count ? 2 * ranges->count : 1;
        ranges->items = memory_resize(ranges->items, room * sizeof *ranges->items);
    }
    ranges->items[ranges->count++] =
        (struct range){.low = memory_copy_text(low), .high = memory_copy_text(high), .rows = rows};
}

// The number in [first + 1, last] that is a multiple of the greatest power of two.
static uint64_t
roundest(uint64_t first, uint64_t last)
{
    uint64_t number = last;
    while ((number & (number - 1)) > first)
        number &= number - 1;
    return number;
}

// Cuts what is between low and high, in which there are about `rows`. `first` and `last`: the least
// and the greatest key that may be there.
static int
cut_integers(struct making *self, const char *low, const char *high, uint64_t first, uint64_t last,
             uint64_t rows, struct error *error)
{
    if (rows <= self->wish->rows || first >= last || !has_room(self)) {
        add(self, low, high, rows);
        return 0;
    }
    uint64_t middle = roundest(first, last), below = 0;
    CLEAN(memory_free) char *edge = text_of(self->wish, middle);
    if (self->ways->estimate(self->ways->context, low, edge, &below, error))
        return -1;
    if (below > rows)
        below = rows;
    // A few keys far away from all others get no files of their own.
    uint64_t few = self->wish->rows / FEW;
    if (below <= few)
        return cut_integers(self, low, high, middle, last, rows, error);
    if (rows - below <= few)
        return cut_integers(self, low, high, first, middle - 1, rows, error);
    return cut_integers(self, low, edge, first, middle - 1, below, error) ||
                   cut_integers(self, edge, high, middle, last, rows - below, error)
               ? -1
               : 0;
}

static int
cut_others(struct making *self, const char *low, const char *high, uint64_t rows,
           struct error *error)
{
    CLEAN(memory_free) char *start = memory_copy_text(low);
    uint64_t wanted = self->wish->rows;
    while (rows > wanted + wanted / 2 && has_room(self)) {
        char *edge = NULL;
        if (self->ways->edge_after(self->ways->context, start, high, wanted, &edge, error))
            return -1;
        if (!edge)
            break;
        add(self, start, edge, wanted);
        memory_free(&start);
        start = edge;
        rows -= wanted;
    }
    add(self, start, high, rows);
    return 0;
}

static int
cut(struct making *self, const char *low, const char *high, uint64_t rows, struct error *error)
{
    const struct ranges_wish *wish = self->wish;
    if (!wish->is_integer)
        return cut_others(self, low, high, rows, error);
    uint64_t first = number_of(wish, wish->low), last = number_of(wish, wish->high);
    uint64_t low_number = low ? number_of(wish, low) : first;
    if (high && number_of(wish, high) == 0) {  // nothing can be before the least of all numbers
        add(self, low, high, rows);
        return 0;
    }
    uint64_t high_number = high ? number_of(wish, high) - 1 : last;
    first = low_number > first ? low_number : first;
    last = high_number < last ? high_number : last;
    return cut_integers(self, low, high, first, last, rows, error);
}

// A range of the set before, or the whole table: cut only if it is twice as large as it should be.
static int
take_over(struct making *self, const char *low, const char *high, int is_new, struct error *error)
{
    uint64_t rows = 0, wanted = self->wish->rows;
    if (self->ways->estimate(self->ways->context, low, high, &rows, error))
        return -1;
    if (rows > (is_new ? wanted : 2 * wanted))
        return cut(self, low, high, rows, error);
    add(self, low, high, rows);
    return 0;
}

// Is it less than half of what a range should have?
static int
ask_small(const struct making *self, const char *low, const char *high, int *is_small,
          struct error *error)
{
    uint64_t rows = 0;
    if (self->ways->estimate(self->ways->context, low, high, &rows, error))
        return -1;
    *is_small = rows < self->wish->rows / 2;
    return 0;
}

int
ranges_make(ranges_t **self_p, const struct ranges_wish *wish, const struct ranges_ways *ways,
            struct error *error)
{
    CLEAN(ranges_destroy) ranges_t *self = memory_get(sizeof *self);
    struct making making = {.ranges = self, .wish = wish, .ways = ways};
    const char *low = NULL;
    for (size_t i = 0; i <= wish->edge_count; i++) {
        const char *high = i < wish->edge_count ? wish->edges[i] : NULL;
        int is_small = 0;
        making.left = wish->edge_count - i;
        if (wish->is_tight && high && ask_small(&making, low, high, &is_small, error))
            return -1;
        if (is_small)
            continue;
        if (take_over(&making, low, high, wish->edge_count == 0, error))
            return -1;
        low = high;
    }
    *self_p = STEAL(self);
    return 0;
}

void
ranges_destroy(ranges_t **self_p)
{
    if (!*self_p)
        return;
    for (size_t i = 0; i < (*self_p)->count; i++) {
        memory_free(&(*self_p)->items[i].low);
        memory_free(&(*self_p)->items[i].high);
    }
    memory_free(&(*self_p)->items);
    memory_free(self_p);
}

size_t
ranges_count(const ranges_t *self)
{
    return self->count;
}

const struct range *
ranges_at(const ranges_t *self, size_t index)
{
    return &self->items[index];
}

static uint64_t
greater(uint64_t one, uint64_t other)
{
    return one > other ? one : other;
}

struct ranges_sizes
ranges_sizes(uint64_t total_bytes, uint64_t wanted_bytes, uint64_t files_max)
{
    uint64_t small_bytes = wanted_bytes ? wanted_bytes : RANGES_SMALL_BYTES;
    uint64_t target_bytes = wanted_bytes ? wanted_bytes : RANGES_TARGET_BYTES;
    uint64_t least_bytes = total_bytes / greater(files_max * OF_TEN_OWN / 10, 1);
    return (struct ranges_sizes){.small_bytes = greater(small_bytes, least_bytes),
                                 .target_bytes = greater(target_bytes, least_bytes),
                                 .files_max = files_max,
                                 .total_bytes = total_bytes};
}

int
ranges_sizes_grow(struct ranges_sizes *self)
{
    if (self->small_bytes > self->total_bytes && self->target_bytes > UINT64_MAX / 4)
        return 0;
    self->is_tight = 1;
    self->small_bytes = self->small_bytes > UINT64_MAX / 4 ? UINT64_MAX : 2 * self->small_bytes;
    self->target_bytes = self->target_bytes > UINT64_MAX / 4 ? UINT64_MAX : 2 * self->target_bytes;
    return 1;
}

uint64_t
ranges_share(uint64_t files_max, uint64_t count, uint64_t bytes, uint64_t total_bytes)
{
    uint64_t base = files_max / (2 * greater(count, 1));
    base = base > DATABASE_MOST ? DATABASE_MOST : greater(base, DATABASE_LEAST);
    uint64_t left = files_max > base * count ? files_max - base * count : 0;
    double part = total_bytes > 0 ? (double)bytes / (double)total_bytes : 0;
    return base + (uint64_t)((double)left * part);
}

int
ranges_check_tables(uint64_t tables, struct error *error)
{
    if (tables <= RANGES_TABLES_MAX)
        return 0;
    return error_set(error, ERROR_CONFIG,
                     "the server has %" PRIu64
                     " tables with rows, and our own reader takes %d into "
                     "one set: leave some out by what.exclude_schemas or what.exclude_tables, or "
                     "let its policy say `tool: vendor`",
                     tables, RANGES_TABLES_MAX);
}

uint32_t
ranges_buckets(const struct ranges_sizes *sizes, uint64_t small_tables_bytes, uint64_t small_tables)
{
    uint64_t wanted =
        greater(small_tables_bytes / RANGES_BUCKET_BYTES, small_tables / TABLES_OF_BUCKET);
    uint64_t most = sizes->is_tight ? sizes->files_max / BUCKETS_PART : RANGES_BUCKETS_MAX;
    uint32_t buckets = 1;
    while (buckets < wanted && buckets < RANGES_BUCKETS_MAX && buckets <= most / 2)
        buckets *= 2;
    return buckets;
}

// FNV-1a, which is simple and must never change.
static uint64_t
add_name(uint64_t hash, const char *name)
{
    static const uint64_t prime = UINT64_C(0x100000001b3);
    do
        hash = (hash ^ (unsigned char)*name) * prime;
    while (*name++);
    return hash;
}

uint32_t
ranges_bucket(const char *schema, const char *table, uint32_t buckets)
{
    static const uint64_t start = UINT64_C(0xcbf29ce484222325);
    uint64_t hash = add_name(add_name(start, schema), table);
    return (uint32_t)((hash ^ hash >> 32) & (buckets - 1));
}

uint32_t
ranges_slot(const char *schema, const char *table)
{
    return ranges_bucket(schema, table, RANGES_SLOTS);
}
