// The part of the coordinator's configuration that is about the catalog in stores. Only settings.c
// uses it.

#pragma once

#include "coordinator/settings.h"

extern const struct config_key saving_keys[];

void settings_read_saving(struct settings *self);
