// The configuration of a provider: its keys for all kinds, the checks that need more than one of
// them, and the plain arguments that a provider is opened with.

#pragma once

#include "common/config.h"
#include "coordinator/discovery/provider.h"

extern const struct config_key arguments_keys[];  // of one item of `providers`

// Checks what the table cannot. -1 with file, line, column and key.
int arguments_check(const struct config_node *node, struct error *error);

// Reads an item that was checked. The lists are to be given to arguments_clear; texts are lent.
void arguments_read(const struct config_node *node, struct provider_arguments *arguments);
void arguments_clear(struct provider_arguments *arguments);
