#include "worker/engine/postgres_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

struct entry {
    const char *line, *depends;  // depends: numbers, or NULL
    unsigned number, catalog, object;
};

struct filter {
    int without_mappings;
    const postgres_select_t *select;
    unsigned *dropped;  // numbers of entries
    size_t dropped_count;
    char *text;
    size_t size;
};

static int
is_dropped(const struct filter *self, unsigned number)
{
    for (size_t i = 0; i < self->dropped_count; i++) {
        if (self->dropped[i] == number)
            return 1;
    }
    return 0;
}

static int
depends_on_dropped(const struct filter *self, const struct entry *entry)
{
    const char *at = entry->depends;
    while (at && *at) {
        char *end;
        unsigned long number = strtoul(at, &end, 10);
        if (end == at)
            return 0;
        if (is_dropped(self, (unsigned)number))
            return 1;
        at = end;
    }
    return 0;
}

static int
must_drop(const struct filter *self, const struct entry *entry)
{
    int after = 0;
    sscanf(entry->line, "%*u; %*u %*u USER MAPPING%n", &after);
    if (after > 0)
        return self->without_mappings;
    if (!self->select)
        return 0;
    return postgres_select_drops(self->select, entry->catalog, entry->object) ||
           (entry->catalog == 0 && depends_on_dropped(self, entry));
}

static void
take(struct filter *self, const struct entry *entry)
{
    if (!entry->line)
        return;
    if (must_drop(self, entry)) {
        self->dropped =
            memory_resize(self->dropped, (self->dropped_count + 1) * sizeof *self->dropped);
        self->dropped[self->dropped_count++] = entry->number;
        return;
    }
    size_t size = strlen(entry->line);
    memcpy(self->text + self->size, entry->line, size);
    self->size += size;
    self->text[self->size++] = '\n';
}

char *
postgres_list_filter(char *list, int without_mappings, const postgres_select_t *select)
{
    static const char depends[] = ";\tdepends on:";
    struct filter filter = {.without_mappings = without_mappings, .select = select};
    struct entry entry = {0};
    char *rest = NULL;
    filter.text = memory_get(strlen(list) + 2);
    for (char *line = strtok_r(list, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, depends, sizeof depends - 1) == 0) {
            entry.depends = line + sizeof depends - 1;
            continue;
        }
        if (*line == ';')
            continue;
        take(&filter, &entry);
        entry = (struct entry){.line = line};
        sscanf(line, "%u; %u %u", &entry.number, &entry.catalog, &entry.object);
    }
    take(&filter, &entry);
    memory_free(&filter.dropped);
    return filter.text;
}
