// Whether a store takes what a backup would write, by writing: one small file in the folder where
// the sets would go, or the nearest one above it that is there, which is read back and removed.

#pragma once

#include "worker/store/store.h"

// `folder` is a path of the store; "" is its root. The file is called ".dbhaul-probe-<random>",
// which no list shows. Errors as told in store.h. May block as those calls do.
int probe_store(store_t *store, const char *folder, struct error *error);
