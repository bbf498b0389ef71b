// How sessions are set in which rows are read, and in which they are loaded: so that the same value
// is the same text every night, whatever a server, a role or a database has as its settings, and is
// read as it was written.

#pragma once

#include "worker/engine/postgres_point.h"
#include "worker/engine/postgres_script.h"

// The beginning of each script with rows.
void postgres_head_add(postgres_script_t *script, const char *encoding);

// A session that reads at the point, which it does from now on until it is destroyed. It speaks the
// point's encoding. Fails as postgres_open.
int postgres_head_open(postgres_t **reader, const struct server *server, const char *database,
                       const struct postgres_point *point, struct error *error);
