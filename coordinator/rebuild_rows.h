// The lines of a rebuild, one by one, and the catalog's rows that they become. A part of rebuild.
//
// Each row is a unit of its own: one that the tables' rules refuse is counted and told, and the
// others go on.

#pragma once

#include <stdio.h>

#include "coordinator/catalog/archive.h"
#include "coordinator/catalog/catalog.h"

typedef struct rebuild_rows rebuild_rows_t;

// The catalog is lent. Times: now.
rebuild_rows_t *rebuild_rows_new(catalog_t *catalog, const char *place, int64_t unix_ms);
void rebuild_rows_destroy(rebuild_rows_t **self_p);

// Goes on with a rebuild that was cut off: call it before the first line.
int rebuild_rows_resume(rebuild_rows_t *self, struct error *error);

// Takes a line. A line that makes no sense is counted as trouble; fails if the catalog does.
int rebuild_rows_take(rebuild_rows_t *self, const char *line, size_t size, struct error *error);

// There are no more. ERROR_CORRUPT if the last line is not the end's.
int rebuild_rows_end(rebuild_rows_t *self, struct error *error);

// Says what was done. Returns how many things could not be read or kept.
uint64_t rebuild_rows_print(const rebuild_rows_t *self, FILE *file);
