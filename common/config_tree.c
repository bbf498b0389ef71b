#include "common/config_tree.h"

#include <string.h>

#include "common/memory.h"
#include "common/text.h"

struct config_node *
config_node_new(const char *file, const struct config_key *keys, struct config_place place)
{
    size_t count = 0;
    while (keys[count].name)
        count++;
    struct config_node *self = memory_get(sizeof *self);
    self->file = file;
    self->keys = keys;
    self->place = place;
    self->values = memory_get(count * sizeof *self->values);
    return self;
}

static void
clear_value(struct config_value *value)
{
    for (size_t i = 0; i < value->count; i++) {
        memory_free(&value->entries[i].name);
        memory_free(&value->entries[i].text);
        config_node_destroy(&value->entries[i].node);
    }
    memory_free(&value->entries);
    memory_free(&value->text);
    config_node_destroy(&value->node);
}

void
config_node_destroy(struct config_node **self_p)
{
    struct config_node *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; self->keys[i].name; i++)
        clear_value(&self->values[i]);
    memory_free(&self->values);
    memory_free(self_p);
}

struct config_entry *
config_value_add(struct config_value *self, struct config_place place)
{
    if (self->count == self->room) {
        self->room = self->room ? 2 * self->room : 4;
        self->entries = memory_resize(self->entries, self->room * sizeof *self->entries);
    }
    struct config_entry *entry = &self->entries[self->count++];
    *entry = (struct config_entry){.place = place};
    return entry;
}

static int
is_same_text(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) == 0 : one == other;
}

int
config_value_is_same(const struct config_value *one, const struct config_value *other)
{
    if (one->number != other->number || one->count != other->count ||
        !is_same_text(one->text, other->text) || !config_node_is_same(one->node, other->node))
        return 0;
    for (size_t i = 0; i < one->count; i++) {
        if (!is_same_text(one->entries[i].name, other->entries[i].name) ||
            !is_same_text(one->entries[i].text, other->entries[i].text) ||
            !config_node_is_same(one->entries[i].node, other->entries[i].node))
            return 0;
    }
    return 1;
}

int
config_node_is_same(const struct config_node *one, const struct config_node *other)
{
    if (!one || !other)
        return one == other;
    for (size_t i = 0; one->keys[i].name; i++) {
        if (!config_value_is_same(&one->values[i], &other->values[i]))
            return 0;
    }
    return 1;
}

int
config_place_error(const char *file, struct config_place place, struct error *error)
{
    struct error cause = *error;
    error_set(error, cause.code, "%s:%zu:%zu: %s", file, place.line, place.column, cause.message);
    text_clean(error->message);
    return -1;
}
