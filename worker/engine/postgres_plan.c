#include "worker/engine/postgres_plan.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_cuts.h"
#include "worker/engine/postgres_edges.h"

enum {
    SPARSE = 64,                 // so much wider than its rows, and an integer key is sampled
    OBJECT_BYTES = 64 << 10,     // what a large object is taken to be
    VERSION_OF_PLACES = 140000,  // a range of places is found without reading all before it
};

struct maker {
    struct postgres_plan *plan;
    postgres_t *postgres;
    const struct postgres_plan_options *options;
    uint64_t range_bytes;
};

static struct postgres_share *
add_share(struct postgres_plan *self, const struct postgres_table *tables, size_t count)
{
    size_t number = self->count;
    if ((number & (number - 1)) == 0)
        self->list = memory_resize(self->list, (number ? 2 * number : 1) * sizeof *self->list);
    struct postgres_share *share = &self->list[self->count++];
    *share = (struct postgres_share){.tables = tables, .count = count};
    return share;
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
    for (size_t index = 0; index <= edges->count; index++) {
        struct postgres_share *share = add_share(self->plan, table, 1);
        share->by_place = by_place;
        share->size_bytes = table->size_bytes / (edges->count + 1);
        if (index > 0)
            share->low = memory_copy_text(edges->list[index - 1].sql);
        if (index < edges->count)
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

static int64_t
floor_to(int64_t number, uint64_t step)
{
    // A power of two: the lower bits go, for negative numbers too.
    return (int64_t)((uint64_t)number & ~(step - 1));
}

// Edges at multiples of a power of two. None where the numbers are too sparse for that.
static int
cut_integers(const struct maker *self, const struct postgres_table *table, uint64_t parts,
             struct postgres_edges *edges, struct error *error)
{
    int64_t least = 0, greatest = 0;
    int is_empty = 0;
    if (postgres_edges_ends(self->postgres, table, &least, &greatest, &is_empty, error))
        return -1;
    uint64_t span = (uint64_t)greatest - (uint64_t)least;
    if (is_empty || span < parts || (table->rows > 0 && span / SPARSE > table->rows))
        return 0;
    uint64_t step = step_of(span, parts);
    for (int64_t edge = floor_to(least, step); (uint64_t)greatest - (uint64_t)edge >= step;) {
        char text[32], sql[40];
        edge = (int64_t)((uint64_t)edge + step);
        snprintf(text, sizeof text, "%" PRId64, edge);
        snprintf(sql, sizeof sql, "'%s'", text);
        postgres_edges_add(edges, sql, text);
    }
    return 0;
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
    for (uint64_t page = step; page < (uint64_t)pages; page += step) {
        char sql[40];
        snprintf(sql, sizeof sql, "'(%" PRIu64 ",0)'", page);
        postgres_edges_add(&edges, sql, sql);
    }
    add_ranges(self, table, &edges, 1);
    return 0;
}

static int
add_large(const struct maker *self, const struct postgres_table *table, struct error *error)
{
    CLEAN(postgres_edges_clear) struct postgres_edges edges = {0};
    uint64_t parts = table->size_bytes / self->range_bytes + 1;
    int has_key = *table->key != '\0';
    if (!has_key && postgres_version(self->postgres) >= VERSION_OF_PLACES)
        return cut_places(self, table, parts, error);
    if (has_key && table->is_integer_key && cut_integers(self, table, parts, &edges, error))
        return -1;
    if (has_key && edges.count == 0 &&
        postgres_cuts_keep(&edges, self->postgres, table, self->options->database,
                           self->options->earlier, parts, error))
        return -1;
    if (has_key && edges.count == 0 &&
        postgres_edges_sample(&edges, self->postgres, table, parts, error))
        return -1;
    add_ranges(self, table, &edges, 0);
    return 0;
}

static int
is_large(const struct maker *self, const struct postgres_table *table)
{
    // An extension's table may have rows that are not the users'.
    return table->size_bytes > self->range_bytes + self->range_bytes / 2 && !*table->condition;
}

static int
add_tables(const struct maker *self, const struct postgres_tables *tables, struct error *error)
{
    for (size_t index = 0; index < tables->count;) {
        const struct postgres_table *first = &tables->list[index];
        if (is_large(self, first)) {
            if (add_large(self, first, error))
                return -1;
            index++;
            continue;
        }
        struct postgres_share *share = add_share(self->plan, first, 0);
        while (index < tables->count && !is_large(self, &tables->list[index]) &&
               share->count < POSTGRES_SHARE_TABLES_MAX &&
               (share->count == 0 ||
                share->size_bytes + tables->list[index].size_bytes <= self->range_bytes)) {
            share->size_bytes += tables->list[index++].size_bytes;
            share->count++;
        }
    }
    return 0;
}

static void
add_objects(const struct maker *self, const struct postgres_objects *objects)
{
    if (objects->count == 0)
        return;
    uint64_t parts = objects->count * OBJECT_BYTES / self->range_bytes + 1;
    uint64_t step = step_of(objects->highest - objects->lowest, parts);
    for (uint64_t first = objects->lowest / step * step; first <= objects->highest; first += step) {
        struct postgres_share *share = add_share(self->plan, NULL, 0);
        share->first_object = first;
        share->end_object = first + step;
        share->size_bytes = objects->count * OBJECT_BYTES / parts;
    }
}

int
postgres_plan_make(struct postgres_plan *self, postgres_t *postgres,
                   const struct postgres_tables *tables, const struct postgres_objects *objects,
                   const struct postgres_plan_options *options, struct error *error)
{
    uint64_t all_bytes = 0;
    for (size_t index = 0; index < tables->count; index++)
        all_bytes += tables->list[index].size_bytes;
    struct maker maker = {.plan = self,
                          .postgres = postgres,
                          .options = options,
                          .range_bytes = options->range_bytes ? options->range_bytes
                                                              : POSTGRES_PLAN_RANGE_BYTES};
    if (maker.range_bytes < all_bytes / (POSTGRES_PLAN_SHARES_MAX / 2))
        maker.range_bytes = all_bytes / (POSTGRES_PLAN_SHARES_MAX / 2);
    if (add_tables(&maker, tables, error)) {
        postgres_plan_clear(self);
        return -1;
    }
    add_objects(&maker, objects);
    return 0;
}
