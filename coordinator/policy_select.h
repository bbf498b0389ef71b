// Which databases a policy is for, as its configuration says: criteria, which nest, and what owners
// may do by tags.

#pragma once

#include "common/config.h"
#include "coordinator/policy.h"

extern const struct config_key policy_select_keys[];

// ERROR_CONFIG with the place if criteria have no meaning, or the policy could have no database.
int policy_select_read(struct policy *policy, const struct config_node *node, struct error *error);
