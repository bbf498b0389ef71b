// The server: the coordinator's one loop. It owns the sockets, the fleet, the board and the estate,
// decides by their tables, and lets actors do what blocks: the catalog's writer and reader, and
// discovery. Nothing is sent for a change before its batch is durable.

#pragma once

#include "common/error.h"
#include "coordinator/settings_file.h"

typedef struct server server_t;

// Takes the policies over; the file is what SIGHUP reads. Opens the catalog, takes the lead, loads
// the working set, binds the endpoints and proves by a throw-away key that tcp lets nobody in
// unasked. Signals must be blocked already.
int server_open(server_t **self_p, const struct settings_file *file,
                const struct settings *settings, policies_t **policies, struct error *error);
void server_destroy(server_t **self_p);

// Serves until SIGTERM or SIGINT (0), or until it may not go on (-1): deposed, or at odds with the
// catalog. SIGHUP reads the allow-list, the policies and the limits anew.
int server_run(server_t *self, struct error *error);
