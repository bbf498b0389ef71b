// The cuts of the set before, kept: a table whose key is no integer is cut where it was cut then,
// so that its files hold the same rows again. A range that has grown to twice its size is cut anew
// within, and nowhere else.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/postgres_edges.h"

// Adds the edges; none if there were no cuts, or if they are no values of the key in its order any
// more (the column has another type by now). `parts`: how many ranges there
// should be; is_tight: cuts of ranges that are less than half of one are left out. Fails as
// postgres_query; the transaction is as good as before then.
int postgres_cuts_keep(struct postgres_edges *edges, postgres_t *postgres,
                       const struct postgres_table *table, const char *database,
                       const struct earlier *earlier, uint64_t parts, int is_tight,
                       struct error *error);
