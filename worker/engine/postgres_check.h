// Says what would make tonight's backup of a PostgreSQL server fail, and what is worth knowing of
// it, without dumping anything.

#pragma once

#include "worker/engine/engine.h"

// Fails only if the server cannot be asked at all.
int postgres_check(const struct server *server, const struct tool *pg_dump,
                   struct finding *findings, size_t *count, size_t count_max, struct error *error);
