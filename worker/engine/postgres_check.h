// Says what would make tonight's backup of a PostgreSQL server fail, and what is worth knowing of
// it, without dumping anything. The op `check` of the engine pg_dump.

#pragma once

#include "worker/engine/engine.h"

int postgres_check(const struct server *server, const toolbox_t *toolbox,
                   const selection_t *selection, findings_t *findings, uint64_t *size_bytes,
                   struct error *error);
