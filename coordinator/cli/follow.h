// Follows a run to its end, with a line for each change: `--wait`.
//
// A coordinator that restarts in between loses nothing, so its silence is only waited for.

#pragma once

#include <stdio.h>

#include "common/error.h"
#include "common/table.h"
#include "coordinator/cli/client.h"

enum { FOLLOW_PATIENCE_MS = 600000 };

struct follow {
    client_t *client;
    uint64_t run_id;
    FILE *out;            // for the lines
    int is_brief;         // only how many jobs have ended, and the coordinator's silence
    int64_t patience_ms;  // how long the coordinator may be out of reach
    // Waits between two looks; -1 with an error gives up. NULL: only waits.
    int (*pause)(void *context, int64_t pause_ms, struct error *error);
    void *context;
};

// Waits until no set on a protected store waits for its snapshot, or for the other site where that
// is wanted, with a line for each change; no longer than limit_ms. Nothing protected, nothing to
// wait for. STATUS_WELL, STATUS_PARTIAL when the time was over, or -1.
int follow_protections(const struct follow *self, int64_t limit_ms, struct error *error);

// Returns the run's status (enum in command.h) and its row in *run (the caller's), or -1.
int follow_run(const struct follow *self, table_t **run, struct error *error);
