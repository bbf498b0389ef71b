// What a set says of itself to a catalog that does not know it: one line of JSON, as
// coordinator/catalog/archive.h reads it.

#pragma once

#include "worker/set/reader.h"

// The set's line, without an end; the caller's (free). ERROR_INVALID if the set is none of a
// database's, lies elsewhere than its manifest says, or `size_max` bytes do not hold it.
int found_print(set_reader_t *reader, const char *path, size_t size_max, char **line,
                struct error *error);
