// A job's own process: `dbhaul-worker --task`. Reads one Run (a frame) from a descriptor, does it,
// and sends Progress now and then and one Done at the end as frames to another.
//
// The work is done in a thread of its own and may block; the process's first thread waits for
// signals and passes progress on. SIGTERM ends the tools that the work has started, and tells those
// who read servers themselves by a descriptor (server.stop); then the work ends by itself; what
// hangs even so is killed with the whole process by the daemon.
// The work starts all its children itself and lives as long as the process, which
// PR_SET_PDEATHSIG demands.
//
// What a Run may ask for is checked here once more, and where the daemon's configuration has the
// word (stores, secrets, targets, TLS) it is asked.

#pragma once

#include "worker/settings.h"

// Returns the process's exit status: 0 if a Done was sent, whatever it said.
int task_run(const struct settings *settings, int input, int output);
