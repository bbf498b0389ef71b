// The schema `public` of a server before PostgreSQL 15, in which everybody may create. pg_dump of
// such a version says nothing of that, as each new database of its own version has it; one of a
// newer server has not, and programs that create a table there would fail.

#pragma once

#include "worker/engine/postgres.h"
#include "worker/engine/postgres_script.h"

// Adds the right where everybody has it. Its owner is left to the newer server: there it is whoever
// owns the database. Fails as postgres_query.
int postgres_public_add(postgres_t *postgres, postgres_script_t *script, struct error *error);
