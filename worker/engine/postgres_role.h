// Is a PostgreSQL server what the policy wants to read, a primary or a standby in recovery?

#pragma once

#include "worker/engine/postgres.h"

// ERROR_CONFIG if it is not.
int postgres_role_check(postgres_t *postgres, enum server_role role, struct error *error);
