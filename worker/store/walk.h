// A walk over the sets two levels beneath a folder of a store, as store_list, but what cannot be
// read is told instead of passed over: whoever concludes from what is not there must know.

#pragma once

#include "common/error.h"
#include "worker/store/store.h"

struct store_visitor {
    void *context;
    // A folder that may be a set, with its path from the root. Not 0: the walk ends.
    int (*found)(void *context, const char *path);
    // A folder of these that cannot be looked into, and why. Not 0: the walk ends.
    int (*hidden)(void *context, const char *path, const struct error *why);
};

// No folder, no sets. Fails if the folder itself cannot be read, or the mount is lost.
int store_walk(store_t *self, const char *folder, const struct store_visitor *visitor,
               struct error *error);

// Calls back for each folder right in `folder`, as store_list_folder, but fails if that cannot be
// read.
int store_walk_folder(store_t *self, const char *folder,
                      int (*found)(void *context, const char *path), void *context,
                      struct error *error);
