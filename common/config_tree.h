// What a configuration is made of once it was read: a node for each mapping, a value for each key
// of the node's table. A part of config; nobody else calls it.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/config.h"

struct config_place {
    size_t line, column;  // from 1
};

// An item of a list or a map: which of the texts and the node it has depends on the key's type.
struct config_entry {
    struct config_place place;
    char *name;
    char *text;
    struct config_node *node;
};

struct config_value {
    int is_given;
    struct config_place place;
    char *text;                // TEXT, CHOICE
    int64_t number;            // INTEGER, BOOLEAN, DURATION, SIZE
    struct config_node *node;  // SECTION
    struct config_entry *entries;
    size_t count, room;
};

struct config_node {
    const char *file;  // borrowed from the config
    const struct config_key *keys;
    struct config_place place;
    struct config_value *values;  // as many as keys, in their order
};

struct config_node *config_node_new(const char *file, const struct config_key *keys,
                                    struct config_place place);
void config_node_destroy(struct config_node **self_p);

// The new entry, all zero but for its place; valid until the next is added.
struct config_entry *config_value_add(struct config_value *self, struct config_place place);

// Whether both say the same; both NULL: yes.
int config_node_is_same(const struct config_node *one, const struct config_node *other);
int config_value_is_same(const struct config_value *one, const struct config_value *other);

// "<file>:<line>:<column>: " before the message.
int config_place_error(const char *file, struct config_place place, struct error *error);
