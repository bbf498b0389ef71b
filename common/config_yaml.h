// Reads YAML into nodes and holds it against the table on the way. The only file that sees libyaml.
// A part of config; nobody else calls it.

#pragma once

#include <stddef.h>

#include "common/config_tree.h"

enum { CONFIG_DEPTH_MAX = 32, CONFIG_NAME_MAX = 255 };

// `file` is borrowed and must outlive the node.
int config_yaml_read(struct config_node **root, const char *file, const char *text, size_t size,
                     const struct config_key *keys, struct error *error);
