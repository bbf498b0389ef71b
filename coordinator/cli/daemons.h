// The two daemons of `dbhaul once`: children with ipc sockets in a private folder.

#pragma once

#include <stdint.h>

#include "common/error.h"

typedef struct daemons daemons_t;

// Starts the coordinator, and when it answers the worker. `config` is a file with a section for
// each. Takes SIGINT, SIGTERM and SIGHUP of this process from now on.
int daemons_open(daemons_t **self_p, const char *config, struct error *error);

// Stops the worker and then the coordinator, each with a deadline, and removes the folder.
void daemons_destroy(daemons_t **self_p);

// Where the coordinator listens for operators. Lent.
const char *daemons_endpoint(const daemons_t *self);

// Waits. ERROR_CANCELLED if a signal came, ERROR_INTERNAL if a daemon ended.
int daemons_pause(daemons_t *self, int64_t pause_ms, struct error *error);
