#include "worker/engine/postgres_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/ranges.h"

// Each piece is a run of pg_restore over the whole archive, 0.06 s of CPU for 5,000 tables, and
// that each night: many small tables alone are seldom cut.
enum {
    INDEXES_OF_TABLE = 8,  // pieces, at most
    TABLES_OF_PIECE = 5000,
    SHARED_RANGES = 2,  // a shared piece is of tables of so many ranges' size
};

// A table with pieces of its own.
struct large {
    const struct postgres_table *table;
    unsigned indexes;
    struct buffer keys;
    struct buffer pieces[INDEXES_OF_TABLE];
};

struct cutting {
    const postgres_list_t *all, *after;
    const struct postgres_table **tables;  // by their numbers
    size_t count;
    struct large larges[POSTGRES_PIECES_LARGE];
    size_t large_count;
    unsigned pieces_each;  // of a large table's indexes
    struct buffer shared[POSTGRES_PIECES_SHARED];
    uint32_t shared_count;
    struct buffer rest;
};

// How tables are told apart.
struct sizes {
    uint64_t large_bytes;
    size_t large_count;
    uint32_t shared_count;
};

static void
cutting_clear(struct cutting *self)
{
    for (size_t index = 0; index < self->large_count; index++) {
        buffer_clear(&self->larges[index].keys);
        for (size_t piece = 0; piece < INDEXES_OF_TABLE; piece++)
            buffer_clear(&self->larges[index].pieces[piece]);
    }
    for (size_t piece = 0; piece < POSTGRES_PIECES_SHARED; piece++)
        buffer_clear(&self->shared[piece]);
    buffer_clear(&self->rest);
    memory_free(&self->tables);
}

// A multiple of `least` by a power of two, so that it changes only if the tables double.
static uint64_t
grow_to(uint64_t least, uint64_t wanted)
{
    while (least < wanted)
        least *= 2;
    return least;
}

static struct sizes
sizes_of(const struct postgres_tables *tables, uint64_t range_bytes)
{
    uint64_t all_bytes = 0, others_bytes = 0, others = 0;
    uint64_t range = range_bytes ? range_bytes : RANGES_TARGET_BYTES;
    struct sizes sizes = {0};
    for (size_t index = 0; index < tables->count; index++)
        all_bytes += tables->list[index].size_bytes;
    // Fewer than POSTGRES_PIECES_LARGE tables can be larger than that.
    sizes.large_bytes = grow_to(range / 2 + 1, all_bytes / POSTGRES_PIECES_LARGE + 1);
    for (size_t index = 0; index < tables->count; index++) {
        uint64_t size_bytes = tables->list[index].size_bytes;
        sizes.large_count += size_bytes >= sizes.large_bytes;
        others += size_bytes < sizes.large_bytes;
        others_bytes += size_bytes < sizes.large_bytes ? size_bytes : 0;
    }
    uint64_t by_bytes = others_bytes / range / SHARED_RANGES, by_count = others / TABLES_OF_PIECE;
    sizes.shared_count = (uint32_t)grow_to(1, by_bytes > by_count ? by_bytes : by_count);
    if (sizes.shared_count > POSTGRES_PIECES_SHARED)
        sizes.shared_count = POSTGRES_PIECES_SHARED;
    return sizes;
}

int
postgres_pieces_are_worth(const struct postgres_tables *tables, uint64_t range_bytes)
{
    struct sizes sizes = sizes_of(tables, range_bytes);
    return sizes.large_count > 0 || sizes.shared_count > 1;
}

static int
compare_numbers(const void *one, const void *other)
{
    unsigned a = (*(const struct postgres_table *const *)one)->oid;
    unsigned b = (*(const struct postgres_table *const *)other)->oid;
    return a < b ? -1 : a > b;
}

static int
halvings_of(const struct large *self)
{
    return __builtin_clzll(self->table->size_bytes | 1);
}

// The largest first; of those that differ little in the order of the tables, which is by name.
static int
compare_sizes(const void *one, const void *other)
{
    const struct large *a = one, *b = other;
    int order = halvings_of(a) - halvings_of(b);
    return order ? order : a->table < b->table ? -1 : a->table > b->table;
}

static void
take_tables(struct cutting *self, const struct postgres_tables *tables, uint64_t range_bytes)
{
    struct sizes sizes = sizes_of(tables, range_bytes);
    self->shared_count = sizes.shared_count;
    self->tables = memory_get((tables->count + 1) * sizeof(struct postgres_table *));
    for (size_t index = 0; index < tables->count; index++) {
        const struct postgres_table *table = &tables->list[index];
        self->tables[self->count++] = table;
        if (table->size_bytes >= sizes.large_bytes && self->large_count < POSTGRES_PIECES_LARGE)
            self->larges[self->large_count++].table = table;
    }
    if (self->count > 0)
        qsort(self->tables, self->count, sizeof(struct postgres_table *), compare_numbers);
    qsort(self->larges, self->large_count, sizeof *self->larges, compare_sizes);
    self->pieces_each = INDEXES_OF_TABLE;
    while (self->pieces_each * self->large_count > POSTGRES_PIECES_OWN)
        self->pieces_each--;
}

static const struct postgres_table *
find_table(const struct cutting *self, unsigned number)
{
    const struct postgres_table wanted = {.oid = number};
    const struct postgres_table *key = &wanted;
    const struct postgres_table **found =
        self->count > 0 ? bsearch(&key, self->tables, self->count, sizeof(struct postgres_table *),
                                  compare_numbers)
                        : NULL;
    return found ? *found : NULL;
}

// Does nothing beside the table, and what is there before rows, have to be there before the entry?
// (A partition's index is said to depend on its parent's, which it does not need.)
static int
is_free(const struct cutting *self, const struct postgres_list_entry *other)
{
    if (other->kind == LIST_KEY || other->kind == LIST_INDEX)
        return 1;
    return other->catalog != LIST_RELATIONS && !postgres_list_find(self->after, other->number);
}

// The only table that the entry's statements touch; NULL: it belongs into the rest.
static const struct postgres_table *
table_of(const struct cutting *self, const struct postgres_list_entry *entry)
{
    unsigned number = 0, table = 0;
    // Only the list of all tells what it depends on.
    const struct postgres_list_entry *told = postgres_list_find(self->all, entry->number);
    const char *depends = told ? told->depends : NULL;
    if (!told || told->is_dropped || (entry->kind != LIST_KEY && entry->kind != LIST_INDEX))
        return NULL;
    while (postgres_list_next(&depends, &number)) {
        const struct postgres_list_entry *other = postgres_list_find(self->all, number);
        if (other && other->kind == LIST_TABLE && (!table || table == other->object))
            table = other->object;
        else if (other && !is_free(self, other))
            return NULL;
    }
    const struct postgres_table *found = table ? find_table(self, table) : NULL;
    return found && !found->has_children ? found : NULL;
}

static struct buffer *
piece_of(struct cutting *self, const struct postgres_list_entry *entry)
{
    const struct postgres_table *table = table_of(self, entry);
    if (!table)
        return &self->rest;
    for (size_t index = 0; index < self->large_count; index++) {
        struct large *large = &self->larges[index];
        if (large->table == table)
            return entry->kind == LIST_KEY ? &large->keys
                                           : &large->pieces[large->indexes++ % self->pieces_each];
    }
    return &self->shared[ranges_bucket(table->schema, table->table, self->shared_count)];
}

static void
take_piece(struct postgres_pieces *self, struct buffer *piece)
{
    if (piece->size > 0)
        self->lists[self->count++] = buffer_take(piece);
}

static void
take_pieces(struct postgres_pieces *self, struct cutting *cutting)
{
    for (size_t index = 0; index < cutting->large_count; index++) {
        for (size_t piece = 0; piece < cutting->pieces_each; piece++)
            take_piece(self, &cutting->larges[index].pieces[piece]);
    }
    for (size_t index = 0; index < cutting->large_count; index++)
        take_piece(self, &cutting->larges[index].keys);
    for (size_t piece = 0; piece < cutting->shared_count; piece++)
        take_piece(self, &cutting->shared[piece]);
    self->rest = buffer_take(&cutting->rest);
}

void
postgres_pieces_make(struct postgres_pieces *self, const postgres_list_t *all,
                     const postgres_list_t *after, const struct postgres_tables *tables,
                     uint64_t range_bytes)
{
    CLEAN(cutting_clear) struct cutting cutting = {.all = all, .after = after};
    take_tables(&cutting, tables, range_bytes);
    for (size_t index = 0; index < postgres_list_count(after); index++) {
        const struct postgres_list_entry *entry = postgres_list_at(after, index);
        const struct postgres_list_entry *told = postgres_list_find(all, entry->number);
        if (!told || !told->is_dropped)
            buffer_format(piece_of(&cutting, entry), "%s\n", entry->line);
    }
    *self = (struct postgres_pieces){0};
    take_pieces(self, &cutting);
}

void
postgres_pieces_clear(struct postgres_pieces *self)
{
    for (size_t index = 0; index < self->count; index++)
        memory_free(&self->lists[index]);
    memory_free(&self->rest);
    self->count = 0;
}
