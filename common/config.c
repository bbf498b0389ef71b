#include "common/config.h"

#include <assert.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/config_tree.h"
#include "common/config_yaml.h"
#include "common/digest.h"
#include "common/fd.h"
#include "common/memory.h"

struct config {
    char *name;
    char digest[DIGEST_HEX_SIZE];
    struct config_node *root;
};

int
config_read_text(config_t **self_p, const char *name, const char *text, size_t size,
                 const struct config_key *keys, size_t size_max, struct error *error)
{
    if (size > size_max)
        return error_set(error, ERROR_CONFIG, "'%s' is longer than %zu bytes", name, size_max);
    CLEAN(config_destroy) config_t *self = memory_get(sizeof *self);
    self->name = memory_copy_text(name);
    uint8_t sum[DIGEST_SIZE];
    digest_of(text, size, sum);
    digest_hex(sum, self->digest);
    if (config_yaml_read(&self->root, self->name, text, size, keys, error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

int
config_read(config_t **self_p, const char *path, const struct config_key *keys, size_t size_max,
            struct error *error)
{
    CLEAN(memory_free) char *text = NULL;
    size_t size = 0;
    if (fd_read_file(AT_FDCWD, path, size_max, &text, &size, error)) {
        error->code = ERROR_CONFIG;
        return -1;
    }
    return config_read_text(self_p, path, text, size, keys, size_max, error);
}

void
config_destroy(config_t **self_p)
{
    if (!*self_p)
        return;
    config_node_destroy(&(*self_p)->root);
    memory_free(&(*self_p)->name);
    memory_free(self_p);
}

const struct config_node *
config_root(const config_t *self)
{
    return self->root;
}

const char *
config_digest(const config_t *self)
{
    return self->digest;
}

static const struct config_value *
find(const struct config_node *node, const char *key, unsigned types)
{
    size_t i = 0;
    while (node->keys[i].name && strcmp(node->keys[i].name, key) != 0)
        i++;
    assert(node->keys[i].name && (types & (1U << node->keys[i].type)));
    (void)types;
    return &node->values[i];
}

static const struct config_entry *
find_entry(const struct config_node *node, const char *key, unsigned types, size_t index)
{
    const struct config_value *value = find(node, key, types);
    assert(index < value->count);
    return &value->entries[index];
}

int
config_has(const struct config_node *node, const char *key)
{
    return find(node, key, ~0U)->is_given;
}

const char *
config_text(const struct config_node *node, const char *key)
{
    const char *text = find(node, key, 1U << CONFIG_TEXT | 1U << CONFIG_CHOICE)->text;
    return text ? text : "";
}

int64_t
config_integer(const struct config_node *node, const char *key)
{
    const unsigned types =
        1U << CONFIG_INTEGER | 1U << CONFIG_BOOLEAN | 1U << CONFIG_DURATION | 1U << CONFIG_SIZE;
    return find(node, key, types)->number;
}

size_t
config_count(const struct config_node *node, const char *key)
{
    const unsigned types =
        1U << CONFIG_TEXTS | 1U << CONFIG_LIST | 1U << CONFIG_MAP | 1U << CONFIG_MAP_TEXT;
    return find(node, key, types)->count;
}

const struct config_node *
config_item(const struct config_node *node, const char *key, size_t index)
{
    return find_entry(node, key, 1U << CONFIG_LIST | 1U << CONFIG_MAP, index)->node;
}

const struct config_node *
config_section(const struct config_node *node, const char *key)
{
    return find(node, key, 1U << CONFIG_SECTION)->node;
}

const char *
config_item_name(const struct config_node *node, const char *key, size_t index)
{
    return find_entry(node, key, 1U << CONFIG_MAP | 1U << CONFIG_MAP_TEXT, index)->name;
}

const char *
config_item_text(const struct config_node *node, const char *key, size_t index)
{
    return find_entry(node, key, 1U << CONFIG_TEXTS | 1U << CONFIG_MAP_TEXT, index)->text;
}

int
config_is_same(const struct config_node *one, const struct config_node *other, const char *key)
{
    return config_value_is_same(find(one, key, ~0U), find(other, key, ~0U));
}

int
config_error(struct error *error, const struct config_node *node, const char *key,
             const char *format, ...)
{
    char message[sizeof error->message];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    const struct config_value *value = key ? find(node, key, ~0U) : NULL;
    struct config_place place = value && value->is_given ? value->place : node->place;
    error_set(error, ERROR_CONFIG, "%s%s%s", key ? key : "", key ? ": " : "", message);
    return config_place_error(node->file, place, error);
}

int
config_item_error(struct error *error, const struct config_node *node, const char *key,
                  size_t index, const char *format, ...)
{
    char message[sizeof error->message];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    const struct config_entry *entry = find_entry(node, key, ~0U, index);
    error_set(error, ERROR_CONFIG, "%s%s%s: %s", key, entry->name ? "." : "",
              entry->name ? entry->name : "", message);
    return config_place_error(node->file, entry->place, error);
}
