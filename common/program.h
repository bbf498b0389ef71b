// Where our other programs are.

#pragma once

#include "common/error.h"

// The program's path: beside the one that runs, or in PATH; the caller's (free). ERROR_CONFIG if it
// is in neither.
int program_find(const char *name, char **path, struct error *error);
