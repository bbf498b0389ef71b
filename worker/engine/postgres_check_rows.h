// Looks for rows that are too large for COPY, and so for any backup: their text is over 1 GB. Only
// where long values take much room, and not for long: the lengths of values are read, never the
// values.

#pragma once

#include "common/findings.h"
#include "worker/engine/postgres.h"

// A finding for each such table. What cannot be looked at in time, or at all, is passed over.
void postgres_check_rows(findings_t *findings, postgres_t *postgres, const char *database);
