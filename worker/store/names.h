// The names that a set has in a store: its own, that of one that is being written, and that of one
// that is being removed; and what is done by names. Part of the store; nobody else uses it.

#pragma once

#include "common/error.h"
#include "worker/store/store.h"

#define NAMES_PARTIAL ".partial"
#define NAMES_REMOVED ".removed"

enum { NAMES_SIZE = STORE_PATH_MAX + 16 };

// A path in its two parts: the folder that holds the set, and the names the set has in it.
struct names {
    char parent[STORE_PATH_MAX + 1];
    char final[NAMES_SIZE], partial[NAMES_SIZE], removed[NAMES_SIZE];
};

int names_are_plain(const char *path);  // as the rules for paths want it
int names_end_in(const char *text, const char *suffix);

// ERROR_INVALID if it breaks the rules for paths.
int names_split(const char *path, struct names *names, struct error *error);

// As names_split, for what a caller names himself: it may not end as a set's own path never does.
int names_split_set(const char *path, struct names *names, struct error *error);

// Sets *is_there to what fstatat says of a name: 0 or 1.
int names_look(const store_t *store, int parent, const char *name, int *is_there,
               struct error *error);

// Renames, and if the answer is an error looks whether it was done all the same: an answer can
// get lost on the way. What is not there under the old name and is under the new one was renamed,
// as nobody else uses the names of an attempt.
int names_rename(const store_t *store, int parent, const char *from, const char *to,
                 struct error *error);
