// Policies in the configuration: the table of their keys, and their records. This is where time
// zones are read from the system, once a reload.
//
//     static const struct config_key keys[] = {
//         {.name = "policies", .type = CONFIG_MAP, .keys = policy_keys, .high = POLICIES_MAX, ...},
//         {.name = "placement", .type = CONFIG_SECTION, .keys = placement_keys, ...},
//     CLEAN(policies_destroy) policies_t *policies = NULL;
//     if (policy_config_read(&policies, config_root(config), error))

#pragma once

#include "common/config.h"
#include "common/error.h"
#include "coordinator/policies.h"

extern const struct config_key policy_keys[], placement_keys[];

// Reads the map `policies` and the section `placement` of a node. ERROR_CONFIG with line and column
// for what is wrong in one policy, and for ties between two.
int policy_config_read(policies_t **self_p, const struct config_node *node, struct error *error);
