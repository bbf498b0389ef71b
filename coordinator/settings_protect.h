// How written sets are kept safe, and when they go: the sections `protect`, `datadomains` and
// `expire` of the settings. A part of settings.

#pragma once

#include "coordinator/settings.h"

extern const struct config_key protect_keys[], expire_keys[];

// Reads them from the root.
int settings_read_protect(struct settings *self, struct error *error);
