#include "coordinator/wanted.h"

#include <assert.h>
#include <string.h>

#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"

enum { TAGS_SIZE_MAX = 1 << 20 };

static int
is_text(const char *text, size_t size_max)
{
    size_t size = 0;
    while ((unsigned char)text[size] >= ' ')
        size++;
    return size > 0 && size <= size_max && !text[size];
}

int
wanted_check(const char *name, const char *pattern, struct error *error)
{
    if (!is_text(name, WANTED_NAME_MAX))
        return error_set(error, ERROR_CONFIG, "a label's name has 1 to %d bytes in one line",
                         WANTED_NAME_MAX);
    if (!is_text(pattern, WANTED_PATTERN_MAX))
        return error_set(error, ERROR_CONFIG,
                         "the pattern for label '%s' has 1 to %d bytes in one line", name,
                         WANTED_PATTERN_MAX);
    return 0;
}

static int
compare(const struct wanted_label *label, const char *name, int is_preferred)
{
    return label->is_preferred != is_preferred ? label->is_preferred - is_preferred
                                               : strcmp(label->name, name);
}

void
wanted_set(struct wanted *self, const char *name, const char *pattern, int is_preferred)
{
    size_t place = 0;
    assert(strlen(name) <= WANTED_NAME_MAX && strlen(pattern) <= WANTED_PATTERN_MAX);
    while (place < self->count && compare(&self->labels[place], name, is_preferred) < 0)
        place++;
    if (place < self->count && compare(&self->labels[place], name, is_preferred) == 0) {
        record_set(&self->labels[place].pattern, pattern);
        return;
    }
    self->labels = memory_resize(self->labels, (self->count + 1) * sizeof *self->labels);
    memmove(&self->labels[place + 1], &self->labels[place],
            (self->count - place) * sizeof *self->labels);
    self->labels[place] = (struct wanted_label){.name = memory_copy_text(name),
                                                .pattern = memory_copy_text(pattern),
                                                .is_preferred = is_preferred};
    self->count++;
}

void
wanted_clear(struct wanted *self)
{
    for (size_t index = 0; index < self->count; index++) {
        memory_free(&self->labels[index].name);
        memory_free(&self->labels[index].pattern);
    }
    memory_free(&self->labels);
    self->count = 0;
}

static int
says(const struct wanted *self, const struct wanted_label *label)
{
    for (size_t index = 0; index < self->count; index++) {
        if (compare(&self->labels[index], label->name, label->is_preferred) == 0)
            return 1;
    }
    return 0;
}

void
wanted_add_presets(struct wanted *self, const struct wanted *presets)
{
    for (size_t index = 0; index < presets->count; index++) {
        const struct wanted_label *label = &presets->labels[index];
        if (!says(self, label))
            wanted_set(self, label->name, label->pattern, label->is_preferred);
    }
}

void
wanted_print(const struct wanted *self, FILE *stream)
{
    for (size_t index = 0; index < self->count; index++) {
        const struct wanted_label *label = &self->labels[index];
        fprintf(stream, "%s=%zu:%s=%zu:%s\n", label->is_preferred ? "prefer" : "worker",
                strlen(label->name), label->name, strlen(label->pattern), label->pattern);
    }
}

// ---- what it means for a database

// In a pattern a text of a database stands for itself. What no label can have matches any
// character: a text of several lines is not one of a worker's anyway.
static void
quote(const char *text, char pattern[WANTED_PATTERN_SIZE])
{
    size_t length = 0, whole = 0;
    for (; *text && length + 3 < WANTED_PATTERN_SIZE; text++) {
        if (((unsigned char)*text & 0xc0) != 0x80)
            whole = length;
        if (strchr("*?[\\", *text))
            pattern[length++] = '\\';
        pattern[length++] = (unsigned char)*text < ' ' ? '?' : *text;
    }
    pattern[*text ? whole : length] = '\0';  // too long: the last character may not be whole
}

// Tags are read once one is asked for: an estate is looked through for each list of policies.
static void
find_same(const struct database *database, json_t **tags, const char *name,
          char pattern[WANTED_PATTERN_SIZE])
{
    struct error ignored = {0};
    const struct {
        const char *name, *text;
    } fields[] = {{"account", database->account},
                  {"region", database->region},
                  {"engine", database->engine},
                  {"provider", database->provider}};
    for (size_t index = 0; index < sizeof fields / sizeof *fields; index++) {
        if (strcmp(fields[index].name, name) == 0) {
            quote(fields[index].text, pattern);
            return;
        }
    }
    if (!*tags)
        json_parse(database->tags, strlen(database->tags), TAGS_SIZE_MAX, tags, &ignored);
    const char *tag = json_string_value(json_object_get(*tags, name));
    quote(tag ? tag : "", pattern);
}

void
wanted_resolve(const struct wanted *self, const struct database *database,
               struct wanted_found *found)
{
    CLEAN(json_destroy) json_t *tags = NULL;
    found->count = 0;
    for (size_t index = 0; index < self->count; index++) {
        const struct wanted_label *label = &self->labels[index];
        char pattern[WANTED_PATTERN_SIZE] = "";
        if (strcmp(label->pattern, WANTED_ANY) == 0)
            continue;
        if (strcmp(label->pattern, WANTED_SAME) != 0)
            snprintf(pattern, sizeof pattern, "%s", label->pattern);
        else if (database)
            find_same(database, &tags, label->name, pattern);
        if (!*pattern || found->count == WANTED_ALL_MAX)
            continue;
        snprintf(found->labels[found->count].name, WANTED_NAME_MAX + 1, "%s", label->name);
        memcpy(found->labels[found->count].pattern, pattern, sizeof pattern);
        found->labels[found->count++].is_preferred = label->is_preferred;
    }
}
