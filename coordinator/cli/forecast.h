// `dbhaul schedule --forecast`. A part of the command `schedule`.

#pragma once

#include "coordinator/cli/command.h"

// Returns STATUS_WELL if nothing will miss its window, STATUS_PARTIAL if something will.
int forecast_run(struct session *self, struct error *error);
