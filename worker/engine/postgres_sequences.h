// The values of sequences, as a script that sets them: those of identity columns and of extensions'
// own configuration too. They are of no transaction: each is at its value of the point or later.

#pragma once

#include "worker/engine/postgres_script.h"
#include "worker/engine/postgres_tables.h"

// Adds a statement for each of them. Fails as postgres_query.
int postgres_sequences_add(const struct postgres_tables *tables, postgres_t *postgres,
                           postgres_script_t *script, struct error *error);
