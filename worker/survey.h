// What this host has: the vendors' tools, and the stores that can be used now with their room.
//
// Looking may hang (a dead mount) or take its time (tools are run), so a child process does it:
// `dbhaul-worker --survey` and `--survey-stores`. It sends frames, each a Ready that is filled in
// part: one with the tools, then one a store as each answers. A store that hangs keeps back nobody
// else's answer; who waits for the survey kills it in the end. A store in which an earlier survey
// still hangs, which even a kill may not end, is not touched: a lock in the state's folder tells.
// Why a store cannot be used is logged.

#pragma once

#include "common/error.h"
#include "worker/settings.h"

enum { SURVEY_TOOLS_MAX = 64 };

int survey_run(const struct settings *settings, int with_tools, int fd, struct error *error);
