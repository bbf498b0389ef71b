// Where the last set of a database cut its tables into ranges. For engines that cut (struct earlier
// of engine.h).
//
// The set is found in the store, beside the one that is being written: the newest whole one, by the
// numbers in its name. It is a hint and nothing more: whatever is wrong with it, there are no cuts,
// and the tables are cut anew.

#pragma once

#include "worker/engine/engine.h"
#include "worker/set/manifest.h"
#include "worker/store/store.h"

typedef struct earlier_cuts earlier_cuts_t;

// `path`: of the set that is being written. *self_p stays NULL if there is none before, or if it
// cannot be read; `why`, the caller's to free, then says so, or is NULL.
void earlier_cuts_find(earlier_cuts_t **self_p, store_t *store, const char *path, char **why);
void earlier_cuts_destroy(earlier_cuts_t **self_p);

// The tables that are in ranges in this manifest and the set before, and have no cut of then: "2,
// with ...: app.orders, app.items". The caller's to free; NULL: none.
char *earlier_cuts_lost(const earlier_cuts_t *self, const struct manifest *manifest);

// For backup_options; lends self.
struct earlier earlier_cuts_for_engine(earlier_cuts_t *self);
