// The section `notify` of the coordinator's configuration: who is told of outages, how and when.

#pragma once

#include <stdint.h>

#include "common/config.h"
#include "coordinator/notify/channel.h"
#include "coordinator/record.h"

enum { TARGETS_MAX = 16, TARGET_NAME_MAX = 63 };

extern const struct config_key notify_keys[];

// All texts are lent by the configuration.
struct target {
    const char *name;
    const struct channel_ops *ops;
    struct channel_place place;
    int wants[OUTAGE_KINDS];
    int wants_recovered;
    const struct config_node *node;  // with the patterns of `policies`
    int64_t give_up_ms;              // for how long a message is tried
};

struct notify_config {
    int64_t gather_ms, remind_ms;
    struct target targets[TARGETS_MAX];
    size_t count;
};

// Whether the section makes sense; the error has line and column.
int notify_config_check(const struct config_node *node, struct error *error);

// Reads a section that was checked.
void notify_config_read(const struct config_node *node, struct notify_config *config);

// Whether the target is told of what has this policy ("" = none).
int target_has_policy(const struct target *target, const char *policy);
