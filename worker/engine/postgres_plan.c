#include "worker/engine/postgres_plan.h"

#include <math.h>
#include <stdlib.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_cuts.h"
#include "worker/engine/postgres_edges.h"
#include "worker/engine/postgres_integers.h"
#include "worker/engine/postgres_numbers.h"
#include "worker/engine/ranges.h"

enum {
    OBJECT_BYTES = 64 << 10,     // what a large object is taken to be
    VERSION_OF_PLACES = 140000,  // a range of places is found without reading all before it
};

// Below, the order of a key reads most pages several times.
static const double correlation_min = 0.5;

struct maker {
    struct postgres_plan *plan;
    postgres_t *postgres;
    const struct postgres_plan_options *options;
    struct ranges_sizes sizes;
    postgres_numbers_t *numbers;
};

static struct postgres_share *
add_share(struct postgres_plan *self, uint32_t number)
{
    size_t count = self->count;
    if ((count & (count - 1)) == 0)
        self->list = memory_resize(self->list, (count ? 2 * count : 1) * sizeof *self->list);
    struct postgres_share *share = &self->list[self->count++];
    *share = (struct postgres_share){.number = number};
    return share;
}

static void
add_table(struct postgres_share *share, const struct postgres_table *table)
{
    size_t count = share->count;
    if ((count & (count - 1)) == 0)
        share->tables =
            memory_resize(share->tables, (count ? 2 * count : 1) * sizeof *share->tables);
    share->tables[share->count++] = table;
    share->size_bytes += table->size_bytes;
}

// How many parts of the right size there are; few enough that each has a number.
static uint64_t
parts_of(const struct maker *self, uint64_t size_bytes)
{
    uint64_t parts = size_bytes / self->sizes.target_bytes + 1;
    return parts < POSTGRES_NUMBERS_RANGES / 2 ? parts : POSTGRES_NUMBERS_RANGES / 2;
}

void
postgres_plan_clear(struct postgres_plan *self)
{
    for (size_t index = 0; index < self->count; index++)
        postgres_share_clear(&self->list[index]);
    memory_free(&self->list);
    self->count = 0;
}

// A share from each edge to the next.
static void
add_ranges(const struct maker *self, const struct postgres_table *table,
           const struct postgres_edges *edges, int by_place)
{
    uint32_t first = postgres_numbers_first(self->numbers, table->schema, table->table);
    for (size_t index = 0; index <= edges->count; index++) {
        uint32_t number = first && index < POSTGRES_NUMBERS_RANGES ? first + (uint32_t)index : 0;
        struct postgres_share *share = add_share(self->plan, number);
        add_table(share, table);
        share->by_place = by_place;
        share->size_bytes = table->size_bytes / (edges->count + 1);
        if (index > 0 && !by_place)
            share->low = memory_copy_text(edges->list[index - 1].sql);
        if (index < edges->count && !by_place)
            share->high = memory_copy_text(edges->list[index].sql);
        if (index > 0 && !by_place)
            share->low_shown = memory_copy_text(edges->list[index - 1].shown);
        if (index < edges->count && !by_place)
            share->high_shown = memory_copy_text(edges->list[index].shown);
    }
}

// The greatest power of two with which a range holds no more than it should.
static uint64_t
step_of(uint64_t span, uint64_t parts)
{
    uint64_t step = 1;
    while (step <= span / parts / 2)
        step *= 2;
    return step;
}

static int
cut_places(const struct maker *self, const struct postgres_table *table, uint64_t parts,
           struct error *error)
{
    CLEAN(postgres_edges_clear) struct postgres_edges edges = {0};
    int64_t pages = 0;
    if (postgres_edges_pages(self->postgres, table, &pages, error))
        return -1;
    // At multiples of a power of two again.
    uint64_t step = step_of((uint64_t)pages, parts);
    for (uint64_t page = step; page < (uint64_t)pages && parts > 1; page += step)
        postgres_edges_add(&edges, "", "");
    size_t before = self->plan->count;
    add_ranges(self, table, &edges, 1);
    for (size_t index = before; index < self->plan->count; index++) {
        struct postgres_share *share = &self->plan->list[index];
        share->first_page = (index - before) * step;
        share->end_page = index + 1 < self->plan->count ? share->first_page + step : 0;
        share->pages = (uint64_t)pages;
    }
    return 0;
}

// A little more than a range should have makes no second one.
static int
is_cut(const struct maker *self, const struct postgres_table *table)
{
    return table->size_bytes > self->sizes.target_bytes + self->sizes.target_bytes / 2;
}

static int
cut(const struct maker *self, const struct postgres_table *table, struct postgres_edges *edges,
    struct error *error)
{
    uint64_t parts = parts_of(self, table->size_bytes);
    const char *database = self->options->database;
    const struct earlier *earlier = self->options->earlier;
    int is_tight = self->sizes.is_tight;
    if (table->is_integer_key)
        return postgres_integers_add(edges, self->postgres, table, database, earlier, parts,
                                     is_tight, error);
    if (postgres_cuts_keep(edges, self->postgres, table, database, earlier, parts, is_tight, error))
        return -1;
    return edges->count > 0 ? 0 : postgres_edges_sample(edges, self->postgres, table, parts, error);
}

static int
add_large(const struct maker *self, const struct postgres_table *table, struct error *error)
{
    CLEAN(postgres_edges_clear) struct postgres_edges edges = {0};
    int is_whole = !is_cut(self, table);
    if (*table->key == '\0' && postgres_version(self->postgres) >= VERSION_OF_PLACES)
        return cut_places(self, table, is_whole ? 1 : parts_of(self, table->size_bytes), error);
    if (*table->key && !is_whole &&
        (cut(self, table, &edges, error) ||
         postgres_edges_drop_empty(&edges, self->postgres, table, error)))
        return -1;
    add_ranges(self, table, &edges, 0);
    return 0;
}

static int
add_scattered(const struct maker *self, const struct postgres_table *table, double correlation,
              struct error *error)
{
    size_t before = self->plan->count;
    CLEAN(postgres_edges_clear) struct postgres_edges none = {0};
    if (postgres_version(self->postgres) < VERSION_OF_PLACES)
        add_ranges(self, table, &none, 1);
    else if (cut_places(self, table, is_cut(self, table) ? parts_of(self, table->size_bytes) : 1,
                        error))
        return -1;
    self->plan->list[before].is_for_speed = 1;
    self->plan->list[before].correlation = correlation;
    return 0;
}

// By its key, unless the policy prefers speed and the order on disk is quite another.
static int
add_either(const struct maker *self, const struct postgres_table *table, struct error *error)
{
    double correlation = 1;
    if (self->options->by_speed && *table->key && is_cut(self, table) &&
        postgres_edges_correlation(self->postgres, table, &correlation, error))
        return -1;
    return fabs(correlation) < correlation_min ? add_scattered(self, table, correlation, error)
                                               : add_large(self, table, error);
}

static int
is_large(const struct maker *self, const struct postgres_table *table)
{
    // An extension's table may have rows that are not the users'.
    return table->size_bytes >= self->sizes.small_bytes && !*table->condition;
}

// Small tables share files by their names.
static void
add_small(const struct maker *self, const struct postgres_tables *tables)
{
    uint64_t bytes = 0, count = 0;
    for (size_t index = 0; index < tables->count; index++) {
        if (!is_large(self, &tables->list[index])) {
            bytes += tables->list[index].size_bytes;
            count++;
        }
    }
    uint32_t buckets = ranges_buckets(&self->sizes, bytes, count);
    uint32_t first = postgres_numbers_first(self->numbers, "", "small tables");
    size_t before = self->plan->count;
    for (uint32_t index = 0; index < buckets; index++)
        add_share(self->plan, first ? first + index : 0);
    for (size_t index = 0; index < tables->count; index++) {
        const struct postgres_table *table = &tables->list[index];
        uint32_t bucket = ranges_bucket(table->schema, table->table, buckets);
        if (!is_large(self, table))
            add_table(&self->plan->list[before + bucket], table);
    }
    // The numbers stay: a share without tables is no file.
    size_t kept = before;
    for (size_t index = before; index < self->plan->count; index++) {
        if (self->plan->list[index].count > 0)
            self->plan->list[kept++] = self->plan->list[index];
    }
    self->plan->count = kept;
}

static int
add_tables(const struct maker *self, const struct postgres_tables *tables, struct error *error)
{
    add_small(self, tables);
    for (size_t index = 0; index < tables->count; index++) {
        if (is_large(self, &tables->list[index]) && add_either(self, &tables->list[index], error))
            return -1;
    }
    return 0;
}

static int
add_objects(const struct maker *self, const struct postgres_objects *objects, struct error *error)
{
    if (objects->count == 0)
        return 0;
    // Halves are seldom full: of files there are no more than their sizes ask for.
    uint64_t parts = parts_of(self, objects->count * OBJECT_BYTES);
    struct postgres_integers what = {.name = "pg_catalog.pg_largeobject_metadata",
                                     .key = "oid",
                                     .relation = "'pg_catalog.pg_largeobject_metadata'::regclass",
                                     .least = objects->lowest,
                                     .greatest = objects->highest,
                                     .parts = (parts + 1) / 2};
    CLEAN(ranges_destroy) ranges_t *ranges = NULL;
    if (postgres_integers_cut(&ranges, self->postgres, &what, error))
        return error_wrap(error, "cannot look where to cut large objects");
    uint32_t number = postgres_numbers_first(self->numbers, "", "large objects");
    for (size_t index = 0; index < ranges_count(ranges); index++) {
        const struct range *range = ranges_at(ranges, index);
        struct postgres_share *share = add_share(self->plan, number ? number++ : 0);
        share->first_object = range->low ? strtoull(range->low, NULL, 10) : objects->lowest;
        share->end_object =
            range->high ? strtoull(range->high, NULL, 10) : (uint64_t)objects->highest + 1;
        share->size_bytes = objects->count * OBJECT_BYTES / ranges_count(ranges);
    }
    return 0;
}

// All of it, by these sizes.
static int
make(struct maker *self, const struct postgres_tables *tables,
     const struct postgres_objects *objects, struct error *error)
{
    CLEAN(postgres_numbers_destroy)
    postgres_numbers_t *numbers = postgres_numbers_new(self->options->place);
    self->numbers = numbers;
    postgres_plan_clear(self->plan);
    if (add_tables(self, tables, error) == 0 && add_objects(self, objects, error) == 0)
        return 0;
    postgres_plan_clear(self->plan);
    return -1;
}

int
postgres_plan_make(struct postgres_plan *self, postgres_t *postgres,
                   const struct postgres_tables *tables, const struct postgres_objects *objects,
                   const struct postgres_plan_options *options, struct error *error)
{
    uint64_t all_bytes = objects->count * OBJECT_BYTES;
    uint64_t files_max = options->files_max ? options->files_max : RANGES_FILES_MAX;
    for (size_t index = 0; index < tables->count; index++)
        all_bytes += tables->list[index].size_bytes;
    struct maker maker = {.plan = self,
                          .postgres = postgres,
                          .options = options,
                          .sizes = ranges_sizes(all_bytes, options->range_bytes, files_max)};
    do {
        if (make(&maker, tables, objects, error))
            return -1;
    } while (self->count > files_max && ranges_sizes_grow(&maker.sizes));
    return 0;
}
