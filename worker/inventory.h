// What a store holds, for the rebuild of a catalog: `dbhaul-worker --inventory FOLDER`. It needs no
// configuration and no daemon, and only reads.
//
// Writes lines of JSON, each an object with a `table`:
//   begin         what the store is called, and whose folder it is
//   catalog       which saved catalog was taken, and what its store was called then
//   databases, runs, jobs, attempts, protections, sets
//                 its rows, as they are; of a set whose folder is not there, then
//   gone          its number
//   found         a whole set that it does not know, by its manifest (worker/set/found.h)
//   trouble       what could not be read, and why
//   end           the last line, with counts

#pragma once

#include "common/error.h"

struct inventory_options {
    const char *place;     // where the store is mounted
    const char *identity;  // what it is called; NULL: as its own file says
    const char *catalog;   // whose sets: "0b9e2c1e"; NULL: there is only one
};

// ERROR_NOT_FOUND if there are no sets, ERROR_CONFIG if there are several catalogs and none was
// named.
int inventory_run(const struct inventory_options *options, int output, struct error *error);
