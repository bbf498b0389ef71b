// The spelling of single values: "10s", "64KiB", true, one of several words. A part of config;
// nobody else calls it.

#pragma once

#include <stddef.h>

#include "common/config_tree.h"

enum { CONFIG_SPELLING_SIZE = 32 };

// Whether the type is written as one word or text.
int config_type_is_single(enum config_type type);

// Reads a value of a single type and checks its range. The error has no place yet.
int config_value_read(struct config_value *self, const struct config_key *key, const char *text,
                      struct error *error);

// Whether the number of items is within the key's bounds.
int config_value_check_count(const struct config_value *self, const struct config_key *key,
                             struct error *error);

// Spells a number as the type is written: 90000 as a duration is "90s".
void config_value_spell(enum config_type type, int64_t number, char text[CONFIG_SPELLING_SIZE]);
