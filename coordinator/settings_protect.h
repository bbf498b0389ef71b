// How written sets are kept safe: the sections `protect` and `datadomains` of the settings. A part
// of settings.

#pragma once

#include "coordinator/settings.h"

extern const struct config_key protect_keys[];

// Reads them from the root.
int settings_read_protect(struct settings *self, struct error *error);
