// Files of a set through psql into a server: each by a psql of its own that stops at the first
// error, one after the other, but files of the group "data" or "indexes" that stand together side
// by side. Where the set says how many rows a file has, as many must have been loaded.

#pragma once

#include "worker/engine/engine.h"

enum { POSTGRES_LOADS = 4 };  // side by side, at most

// The first error, after what was under way has ended; it names the database and psql's line.
// ERROR_CORRUPT: the number of rows is another.
int postgres_load_files(const struct server *server, const struct tool *psql,
                        const struct set_source_file *files, size_t count, struct error *error);
