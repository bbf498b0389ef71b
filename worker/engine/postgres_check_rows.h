// Looks for rows that are too large for COPY, and so for any backup: their text is over 1 GB. Only
// where long values take much room, and not for long: of text and binary values the lengths are
// read, never the values; of others (json, arrays, ...) text is made if it may be that long.

#pragma once

#include "common/findings.h"
#include "worker/engine/postgres.h"

// A finding for each such table, and one for those that could not be looked at in time, or at all.
void postgres_check_rows(findings_t *findings, postgres_t *postgres, const char *database);
