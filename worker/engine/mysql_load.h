// Loads rows that our own reader wrote, over several connections: scripts statement by statement,
// lines by LOAD DATA LOCAL, or where the server does not allow it (local_infile) as INSERT
// statements that are made of them here.
//
// A file counts as loaded if the server took as many rows as the set's manifest says.

#pragma once

#include "worker/engine/engine.h"

enum { MYSQL_LOAD_CONNECTIONS = 2, MYSQL_LOAD_CONNECTIONS_MAX = 16 };

// Files of group "data", with the loaders "mysql" and "load-data". connections 0: as above.
int mysql_load_rows(const struct server *server, const struct set_source_file *files, size_t count,
                    unsigned connections, struct error *error);
