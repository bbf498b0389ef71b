// What a policy says of how long sets and snapshots are kept: its keys `retention` and
// `snapshot_retention`. A part of policy_config.

#pragma once

#include "common/config.h"
#include "coordinator/policy.h"

extern const struct config_key policy_retention_keys[];

// From the policy's mapping; after what it promises, which says what is wanted of the other site.
int policy_retention_read(struct policy *policy, const struct config_node *node,
                          struct error *error);
