// A set that holds a catalog: how it is told from others, and what is in it. Its files are in the
// order of catalog_set_tables, one a table: a JSON object a line, as coordinator/catalog/archive.h
// has them.

#pragma once

#include "worker/set/manifest.h"

#define CATALOG_SET_ENGINE "dbhaul"
#define CATALOG_SET_FORMAT_FACT "catalog_format"
#define CATALOG_SET_FORMAT "1"

// In the order in which they are read while the catalog goes on changing: what a row speaks of is
// read after it, and so there. Ends with NULL.
extern const char *const catalog_set_tables[];

// The same tables in the order in which an empty catalog takes them.
extern const char *const catalog_set_order[];

int catalog_set_is(const struct manifest *manifest);

// ERROR_INVALID if it is of a newer format.
int catalog_set_check(const struct manifest *manifest, struct error *error);

// RESTORE.txt and restore.sh of such a set; the caller's (free).
char *catalog_set_text(const struct manifest *manifest);
char *catalog_set_script(void);
