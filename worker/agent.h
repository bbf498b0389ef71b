// The worker's daemon: one loop over the coordinator's socket, signals, and the children that do
// the work. It owns all of the daemon's state and is the only part of it that logs.
//
// It takes jobs (Run) for which it has a slot, a store and a tool, runs each in a child process,
// passes on its progress, keeps its result on disk and sends it until it is acknowledged. It obeys
// only the newest leader that it has seen (the epoch). What the coordinator says is hostile until
// checked: order.h, and the worker's own configuration.
//
//     CLEAN(agent_destroy) agent_t *agent = NULL;
//     const char *command[] = {"/proc/self/exe", "--config", path, NULL};
//     if (agent_open(&agent, settings, command, error) || agent_run(agent, signals, error)) ...

#pragma once

#include "common/error.h"
#include "worker/settings.h"

typedef struct agent agent_t;

// `command` is this program with its configuration: children are started with one more argument
// ("--task", "--survey"). Both are borrowed and must outlive the agent.
// Locks the state folder; starts nothing yet.
int agent_open(agent_t **self_p, const struct settings *settings, const char *const *command,
               struct error *error);
void agent_destroy(agent_t **self_p);

// Runs until SIGTERM or SIGINT is read from `signals` (a signalfd; the signals must be blocked).
// Then stops the jobs, keeps their results, says Bye and returns 0. -1 if jobs could not even be
// killed: the process must then be left by _exit.
int agent_run(agent_t *self, int signals, struct error *error);
