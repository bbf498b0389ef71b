// Limits and shares in the configuration: the table of their keys, and how a quota and a queue get
// them.
//
//     {.name = "limits", .type = CONFIG_SECTION, .keys = limits_keys, ...},
//     if (limits_config_check(config_section(root, "limits"), error))
//     limits_config_apply(config_section(root, "limits"), quota, queue);

#pragma once

#include "common/config.h"
#include "common/error.h"
#include "coordinator/queue.h"
#include "coordinator/quota.h"

extern const struct config_key limits_keys[];

// ERROR_CONFIG with line and column if a name has two limits or two shares.
int limits_config_check(const struct config_node *node, struct error *error);

// Sets all limits of a quota and all weights of a queue, in place of those that they had. A
// database always has one job at a time.
void limits_config_apply(const struct config_node *node, quota_t *quota, queue_t *queue);
