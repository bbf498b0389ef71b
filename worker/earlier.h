// Where the last set of a database cut its tables into ranges. For engines that cut (struct earlier
// of engine.h).
//
// The set is found in the store, beside the one that is being written: of the whole ones the
// newest, by the numbers in its name, that can be read and has ranges. A vendor's tool's has none.
// It is a hint and nothing more: where there is none, the tables are cut anew.
//
// Nothing is read before it is asked for: a database of small tables, which are never cut, has none
// among its last few sets, and each of their manifests is as long as it has tables. Not for several
// threads at once.

#pragma once

#include "worker/engine/engine.h"
#include "worker/set/manifest.h"
#include "worker/store/store.h"

typedef struct earlier_cuts earlier_cuts_t;

// `path`: of the set that is being written; both are lent.
earlier_cuts_t *earlier_cuts_new(store_t *store, const char *path);
void earlier_cuts_destroy(earlier_cuts_t **self_p);

// Returns 0 if there is no such set among the last few, and *why, lent, says why. With one it is
// NULL, or says why a newer set could not be read.
int earlier_cuts_find(earlier_cuts_t *self, const char **why);

// Is a table in ranges in this manifest?
int earlier_cuts_are_in(const struct manifest *manifest);

// The tables that are in ranges in this manifest and the set before, and have no cut of then: "2,
// with ...: app.orders, app.items". The caller's to free; NULL: none.
char *earlier_cuts_lost(earlier_cuts_t *self, const struct manifest *manifest);

// For backup_options; lends self, which is looked for at the first question.
struct earlier earlier_cuts_for_engine(earlier_cuts_t *self);
