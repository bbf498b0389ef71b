// Discovery: an actor that asks the providers, so that the server's loop never waits for them.
// A provider, an account or a region that fails costs only itself.

#pragma once

#include "common/config.h"
#include "coordinator/discovery/finding.h"

typedef struct discovery discovery_t;

// `root` holds the list `providers` (arguments.h), was checked, and must outlive the discovery.
discovery_t *discovery_new(const struct config_node *root);
void discovery_destroy(discovery_t **self_p);  // makes one under way end, and waits for it

void *discovery_handle(discovery_t *self);  // for zmq_poll

// Starts one. One at a time (assert).
void discovery_start(discovery_t *self);

// Takes the result when the handle is readable; it is the caller's.
struct finding_list *discovery_take(discovery_t *self);
