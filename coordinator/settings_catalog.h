// The part of the settings that says where the catalog is and how it is reached. Read by settings.c
// alone.

#pragma once

#include "coordinator/settings.h"

extern const struct config_key catalog_access_keys[];

int settings_read_catalog(struct settings *self, struct error *error);
