// The table of the worker's configuration: every key, its type, range, preset and help.

#pragma once

#include "common/config.h"

extern const struct config_key settings_keys[];       // of the worker
extern const struct config_key settings_once_keys[];  // of a file that holds both daemons'
