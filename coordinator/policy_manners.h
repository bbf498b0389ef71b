// What a policy says of the manners of our readers towards a source: `throttle`,
// `statement_limit`, `order` and `consistency`. Part of policy_config.

#pragma once

#include "common/config.h"
#include "coordinator/what.h"

extern const struct config_key policy_throttle_keys[];

// From the mapping of a policy.
int policy_manners_read(struct what *what, const struct config_node *node, struct error *error);
