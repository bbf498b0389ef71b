// Folders beneath a store's root: each step of a path is opened by itself, follows no link and
// stays on the root's file system. Part of the store; nobody else uses it.

#pragma once

#include "common/error.h"
#include "worker/store/store.h"

// Opens the folder `path` ("" is the root). ERROR_NOT_FOUND if it is not there.
int tree_open(const store_t *store, const char *path, int *dir, struct error *error);

// As tree_open, but makes what is missing (mode 0700) and syncs the folder that holds it.
int tree_make(const store_t *store, const char *path, int *dir, struct error *error);

// Removes `name` in the folder `dir` and all that is in it. Succeeds if it is not there.
int tree_remove(const store_t *store, int dir, const char *name, struct error *error);

// The names in a folder, sorted, without those that begin with a dot; the caller's, the last one
// is NULL. At most TREE_NAMES_MAX (ERROR_INVALID).
enum { TREE_NAMES_MAX = 1000000 };
int tree_list(const store_t *store, int dir, char ***names, struct error *error);
void tree_names_destroy(char ***names_p);
