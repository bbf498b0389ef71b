#include "worker/earlier.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/memory.h"
#include "worker/set/reader.h"

enum {
    SETS_MAX = 100000,
    NAMES_MAX = 10,
    LOOKS_MAX = 8,  // sets that are read for one with ranges
};

// The cuts of one table.
struct cut_table {
    const struct manifest_table *table;
    const char **cuts;
    size_t count;
};

struct earlier_cuts {
    store_t *store;
    const char *path;
    int is_looked_for;
    char *why;                 // there is none, or not the newest
    set_reader_t *reader;      // NULL: there is none
    struct cut_table *tables;  // sorted by name
    size_t count;
    const char **cuts;  // of all tables
};

struct found {
    char *path;
    unsigned long job, attempt;
};

// The newest sets found so far, the newest of all first.
struct search {
    const char *path;  // ours
    struct found newest[LOOKS_MAX];
    size_t count, seen;
};

static void
search_clear(struct search *self)
{
    for (size_t i = 0; i < self->count; i++)
        memory_free(&self->newest[i].path);
}

static int
is_newer(const struct found *one, const struct found *other)
{
    return one->job != other->job ? one->job > other->job : one->attempt > other->attempt;
}

static void
keep(struct search *self, const struct found *found)
{
    size_t place = self->count;
    while (place > 0 && is_newer(found, &self->newest[place - 1]))
        place--;
    if (place == LOOKS_MAX)
        return;
    if (self->count == LOOKS_MAX)
        memory_free(&self->newest[--self->count].path);
    memmove(&self->newest[place + 1], &self->newest[place],
            (self->count - place) * sizeof *self->newest);
    self->newest[place] = *found;
    self->newest[place].path = memory_copy_text(found->path);
    self->count++;
}

static int
look_at(void *context, const char *path)
{
    struct search *search = context;
    const char *slash = strrchr(path, '/');
    struct found found = {.path = (char *)(uintptr_t)path};  // keep copies it
    int end = 0;
    if (++search->seen > SETS_MAX)
        return 1;
    if (strcmp(path, search->path) != 0 &&
        sscanf(slash ? slash + 1 : path, "j%9lu-a%9lu%n", &found.job, &found.attempt, &end) == 2 &&
        (slash ? slash + 1 : path)[end] == '\0')
        keep(search, &found);
    return 0;
}

static int
compare_names(const struct manifest_table *one, const char *object, const char *schema,
              const char *name)
{
    // A set that is being written has none where one that was read has "".
    int order = strcmp(one->object ? one->object : "", object ? object : "");
    if (order == 0)
        order = strcmp(one->schema, schema);
    return order ? order : strcmp(one->name, name);
}

static int
compare_tables(const void *one, const void *other)
{
    const struct cut_table *a = one, *b = other;
    return compare_names(a->table, b->table->object, b->table->schema, b->table->name);
}

static int
compare_parts(const void *one, const void *other)
{
    const struct manifest_part *const *a = one, *const *b = other;
    if ((*a)->table != (*b)->table)
        return (*a)->table < (*b)->table ? -1 : 1;
    return (*a)->file < (*b)->file ? -1 : (*a)->file > (*b)->file;
}

// Follows a table's parts from the one without a low end: each begins where the one before ended.
static size_t
chain(const struct manifest_part *const *parts, size_t count, const char **cuts)
{
    for (size_t i = 0; i < count; i++) {
        const char *before = i ? parts[i - 1]->high : "";
        if (strcmp(parts[i]->low, before) != 0 || (*parts[i]->high == '\0') != (i + 1 == count))
            return 0;
        if (i > 0)
            cuts[i - 1] = parts[i]->low;
    }
    return count - 1;
}

static void
read_cuts(earlier_cuts_t *self)
{
    const struct manifest *manifest = set_reader_manifest(self->reader);
    size_t count = manifest->part_count;
    CLEAN(memory_free)
    const struct manifest_part **parts = memory_get((count + 1) * sizeof *parts);
    self->tables = memory_get((count + 1) * sizeof *self->tables);
    self->cuts = memory_get((count + 1) * sizeof *self->cuts);
    for (size_t i = 0; i < count; i++)
        parts[i] = &manifest->parts[i];
    if (count > 0)
        qsort(parts, count, sizeof *parts, compare_parts);
    for (size_t first = 0, end = 0; first < count; first = end) {
        while (end < count && parts[end]->table == parts[first]->table)
            end++;
        struct cut_table *table = &self->tables[self->count];
        table->table = &manifest->tables[parts[first]->table - 1];
        table->cuts = self->cuts + first;
        table->count = chain(parts + first, end - first, table->cuts);
        self->count += table->count > 0;
    }
    if (self->count > 0)
        qsort(self->tables, self->count, sizeof *self->tables, compare_tables);
}

static void
forget(earlier_cuts_t *self)
{
    set_reader_destroy(&self->reader);
    memory_free(&self->tables);
    memory_free(&self->cuts);
    self->count = 0;
}

// Of the sets found the newest that has ranges.
static void
find_ranges(earlier_cuts_t *self, const struct search *search)
{
    for (size_t i = 0; i < search->count; i++) {
        struct error error = {0};
        if (set_reader_open(&self->reader, self->store, search->newest[i].path, NULL, &error)) {
            if (!self->why)
                self->why = memory_format("%s", error.message);
            continue;
        }
        read_cuts(self);
        if (self->count > 0)
            return;
        forget(self);
    }
    if (!self->why)
        self->why = search->count > 0
                        ? memory_format("none of the last %zu sets has ranges", search->count)
                        : memory_format("there is no set before in this store");
}

static void
look(earlier_cuts_t *self)
{
    CLEAN(search_clear) struct search search = {.path = self->path};
    struct error error = {0};
    CLEAN(memory_free) char *folder = memory_copy_text(self->path);
    char *slash = strrchr(folder, '/');
    if (self->is_looked_for)
        return;
    self->is_looked_for = 1;
    if (!slash)
        return;
    *slash = '\0';
    if (store_list_folder(self->store, folder, look_at, &search, &error))
        self->why = memory_format("%s", error.message);
    else
        find_ranges(self, &search);
}

earlier_cuts_t *
earlier_cuts_new(store_t *store, const char *path)
{
    earlier_cuts_t *self = memory_get(sizeof *self);
    self->store = store;
    self->path = path;
    return self;
}

void
earlier_cuts_destroy(earlier_cuts_t **self_p)
{
    if (!*self_p)
        return;
    forget(*self_p);
    memory_free(&(*self_p)->why);
    memory_free(self_p);
}

int
earlier_cuts_find(earlier_cuts_t *self, const char **why)
{
    look(self);
    *why = self->why;
    return self->reader != NULL;
}

static size_t
cuts_of(void *context, const struct table_facts *table, const char *const **cuts)
{
    earlier_cuts_t *self = context;
    look(self);
    size_t low = 0, high = self->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct cut_table *found = &self->tables[middle];
        int order = compare_names(found->table, table->object, table->schema, table->name);
        if (order == 0) {
            if (strcmp(found->table->key, table->key ? table->key : "") != 0)
                return 0;
            *cuts = found->cuts;
            return found->count;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

struct earlier
earlier_cuts_for_engine(earlier_cuts_t *self)
{
    return (struct earlier){.self = self, .cuts = cuts_of};
}

static int
has_cut(const struct cut_table *self, const char *cut)
{
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->cuts[i], cut) == 0)
            return 1;
    }
    return 0;
}

// Which tables are in ranges in the manifest, too, and of which a cut is the same.
static void
compare_cuts(const earlier_cuts_t *self, const struct manifest *manifest, uint8_t *are_cut,
             uint8_t *are_kept)
{
    for (size_t i = 0; i < manifest->part_count; i++) {
        const struct manifest_part *part = &manifest->parts[i];
        struct cut_table wanted = {.table = &manifest->tables[part->table - 1]};
        if (*part->low == '\0' || self->count == 0)
            continue;
        const struct cut_table *found =
            bsearch(&wanted, self->tables, self->count, sizeof wanted, compare_tables);
        if (!found)
            continue;
        size_t place = (size_t)(found - self->tables);
        are_cut[place] = 1;
        are_kept[place] = are_kept[place] || has_cut(found, part->low);
    }
}

int
earlier_cuts_are_in(const struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->part_count; i++) {
        if (*manifest->parts[i].low != '\0')
            return 1;
    }
    return 0;
}

char *
earlier_cuts_lost(earlier_cuts_t *self, const struct manifest *manifest)
{
    look(self);
    CLEAN(memory_free) uint8_t *are_cut = memory_get(self->count + 1);
    CLEAN(memory_free) uint8_t *are_kept = memory_get(self->count + 1);
    CLEAN(buffer_clear) struct buffer names = {0};
    size_t lost = 0;
    compare_cuts(self, manifest, are_cut, are_kept);
    for (size_t i = 0; i < self->count; i++) {
        if (are_cut[i] && !are_kept[i] && ++lost <= NAMES_MAX)
            buffer_format(&names, "%s%s.%s", lost > 1 ? ", " : "", self->tables[i].table->schema,
                          self->tables[i].table->name);
    }
    if (lost == 0)
        return NULL;
    return memory_format("%zu, whose keys or sizes are others than in the set before: %s%s", lost,
                         buffer_read(&names), lost > NAMES_MAX ? ", ..." : "");
}
