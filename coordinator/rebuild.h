// The rebuild of a catalog from a store: `dbhaul-coordinator --rebuild-from FOLDER`. It takes the
// newest whole catalog that was saved there, adds the sets that are newer, and marks those that it
// knew and that are gone. What the store holds a worker tells (worker/inventory.h), which is run
// for it; the store is only read.
//
// The catalog must be empty. While it is being rebuilt it is marked, and no coordinator starts with
// it; the next rebuild goes on with one that was cut off.

#pragma once

#include "common/error.h"
#include "coordinator/settings.h"

struct rebuild_options {
    const char *place;     // where the store is mounted
    const char *identity;  // what workers call it here; NULL: as it says itself
    const char *catalog;   // whose sets; NULL: there is only one
};

// Says on standard output what was done. Returns the program's exit status: 0, 1 if something could
// not be read, or with an error.
int rebuild_catalog(const struct settings *settings, const struct rebuild_options *options,
                    struct error *error);
