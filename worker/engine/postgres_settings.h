// Settings that a PostgreSQL server keeps for roles and databases, as statements that set them.

#pragma once

#include "worker/engine/postgres.h"
#include "worker/engine/postgres_script.h"

// Rows for postgres_settings_add. `condition` is SQL over `setdatabase`, `setrole` and `rolname`;
// $1 in it is the parameter (NULL: none). In the order of roles (those for no role first) and then
// as they were set.
int postgres_settings_get(postgres_t *postgres, const char *condition, const char *parameter,
                          postgres_rows_t **rows, struct error *error);

const char *postgres_settings_role(const postgres_rows_t *rows, size_t row);  // "": for no role

// Adds "ALTER <whose> SET ..." to a block; a failure when it runs is a warning, as the setting may
// be a superuser's or one that the other server does not know.
void postgres_settings_add(postgres_script_t *block, const char *whose, const postgres_rows_t *rows,
                           size_t row);
