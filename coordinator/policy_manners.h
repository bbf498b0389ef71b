// What a policy says of the manners of our readers towards a source: `throttle`,
// `statement_limit`, `order` and `consistency`. Part of policy_config.

#pragma once

#include "common/config.h"
#include "coordinator/what.h"

extern const struct config_key policy_throttle_keys[];

// Their rows among the keys of a policy.
// clang-format off
#define POLICY_MANNERS_ROWS \
    {.name = "throttle", .type = CONFIG_SECTION, .keys = policy_throttle_keys, \
     .help = "above which of a source's own signals our readers slow down; nothing: never"}, \
    {.name = "statement_limit", .type = CONFIG_DURATION, .low = 1000, .high = 86400000, \
     .help = "how long one statement of our readers may take; nothing: 5m"}, \
    {.name = "consistency", .type = CONFIG_TEXTS, .low = 1, .high = WHAT_WAYS, \
     .help = "permitted ways to one point in time, of `mysql`: binlog_snapshot, lock, single, and " \
             "gtid_unproven, which proves nothing; nothing: all that prove it"}
// clang-format on

// From the mapping of a policy.
int policy_manners_read(struct what *what, const struct config_node *node, struct error *error);
