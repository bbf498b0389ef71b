#include "worker/engine/postgres_list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/memory.h"

enum { CONSTRAINTS = 2606 };  // the catalog's number

struct postgres_list {
    char *text;  // taken apart
    struct postgres_list_entry *entries;
    size_t count;
    size_t *order;  // of the entries, by their numbers
};

// A number, and what stands behind it.
static int
take_number(const char **at, const char *behind, unsigned *number)
{
    char *end = NULL;
    size_t size = strlen(behind);
    if (**at < '0' || **at > '9')
        return 0;
    unsigned long value = strtoul(*at, &end, 10);
    if (value > UINT32_MAX || strncmp(end, behind, size) != 0)
        return 0;
    *number = (unsigned)value;
    *at = end + size;
    return 1;
}

static int
begins(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

// By the catalog, too: a schema may have the name of a kind's second word ("INDEX ATTACH").
static enum postgres_list_kind
kind_of(const char *text, unsigned catalog)
{
    if (catalog == LIST_RELATIONS && begins(text, "TABLE "))
        return LIST_TABLE;
    if (catalog == LIST_RELATIONS && begins(text, "INDEX "))
        return LIST_INDEX;
    if (catalog == CONSTRAINTS && begins(text, "CONSTRAINT "))
        return LIST_KEY;
    return begins(text, "USER MAPPING") ? LIST_USER_MAPPING : LIST_OTHER;
}

static void
take_line(postgres_list_t *self, const char *line)
{
    static const char depends[] = ";\tdepends on:";
    struct postgres_list_entry entry = {.line = line};
    const char *at = line;
    if (begins(line, depends) && self->count > 0)
        self->entries[self->count - 1].depends = line + sizeof depends - 1;
    if (!take_number(&at, "; ", &entry.number) || !take_number(&at, " ", &entry.catalog) ||
        !take_number(&at, " ", &entry.object))
        return;
    entry.kind = kind_of(at, entry.catalog);
    if ((self->count & (self->count - 1)) == 0)
        self->entries = memory_resize(self->entries,
                                      (self->count ? 2 * self->count : 1) * sizeof *self->entries);
    self->entries[self->count++] = entry;
}

static int
compare(const void *one, const void *other, void *context)
{
    const struct postgres_list_entry *entries = context;
    size_t a = *(const size_t *)one, b = *(const size_t *)other;
    if (entries[a].number != entries[b].number)
        return entries[a].number < entries[b].number ? -1 : 1;
    return a < b ? -1 : a > b;
}

postgres_list_t *
postgres_list_new(const char *text)
{
    postgres_list_t *self = memory_get(sizeof *self);
    char *rest = NULL;
    self->text = memory_copy_text(text);
    for (char *line = strtok_r(self->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        take_line(self, line);
    self->order = memory_get((self->count + 1) * sizeof *self->order);
    for (size_t index = 0; index < self->count; index++)
        self->order[index] = index;
    if (self->count > 0)
        qsort_r(self->order, self->count, sizeof *self->order, compare, self->entries);
    return self;
}

void
postgres_list_destroy(postgres_list_t **self_p)
{
    if (!*self_p)
        return;
    memory_free(&(*self_p)->text);
    memory_free(&(*self_p)->entries);
    memory_free(&(*self_p)->order);
    memory_free(self_p);
}

size_t
postgres_list_count(const postgres_list_t *self)
{
    return self->count;
}

const struct postgres_list_entry *
postgres_list_at(const postgres_list_t *self, size_t index)
{
    return &self->entries[index];
}

const struct postgres_list_entry *
postgres_list_find(const postgres_list_t *self, unsigned number)
{
    size_t first = 0, last = self->count;
    while (first < last) {
        size_t middle = first + (last - first) / 2;
        if (self->entries[self->order[middle]].number < number)
            first = middle + 1;
        else
            last = middle;
    }
    if (first == self->count || self->entries[self->order[first]].number != number)
        return NULL;
    return &self->entries[self->order[first]];
}

int
postgres_list_next(const char **depends, unsigned *number)
{
    if (!*depends)
        return 0;
    *depends += strspn(*depends, " ");
    return take_number(depends, "", number);
}

static int
depends_on_dropped(const postgres_list_t *self, const struct postgres_list_entry *entry)
{
    const char *depends = entry->depends;
    unsigned number = 0;
    while (postgres_list_next(&depends, &number)) {
        const struct postgres_list_entry *other = postgres_list_find(self, number);
        if (other && other->is_dropped)
            return 1;
    }
    return 0;
}

static int
must_drop(const postgres_list_t *self, const struct postgres_list_entry *entry,
          int without_mappings, const postgres_select_t *select)
{
    if (entry->kind == LIST_USER_MAPPING)
        return without_mappings;
    if (!select)
        return 0;
    return postgres_select_drops(select, entry->catalog, entry->object) ||
           (entry->catalog == 0 && depends_on_dropped(self, entry));
}

void
postgres_list_drop(postgres_list_t *self, int without_mappings, const postgres_select_t *select)
{
    for (size_t index = 0; index < self->count; index++) {
        struct postgres_list_entry *entry = &self->entries[index];
        entry->is_dropped = must_drop(self, entry, without_mappings, select);
    }
}

char *
postgres_list_print(const postgres_list_t *self)
{
    CLEAN(buffer_clear) struct buffer text = {0};
    for (size_t index = 0; index < self->count; index++) {
        if (!self->entries[index].is_dropped)
            buffer_format(&text, "%s\n", self->entries[index].line);
    }
    return buffer_take(&text);
}
