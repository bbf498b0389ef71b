// What of a PostgreSQL server belongs to no database: roles, their memberships and settings, grants
// on parameters, and what `postgres`, which every server has, has beyond its content. As SQL that
// can be loaded into a server that has some of the roles: those that exist stay as they are, and
// what only a superuser may set (SUPERUSER, REPLICATION, BYPASSRLS, some settings) is warned about
// where the loading role may not. Names reach the script through the server's own quoting.
//
// pg_dumpall is not used: its script stops at the first role that exists, and at attributes that no
// role of a managed server may set.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/postgres.h"

// Puts the script into the sink as the file of role "globals" and says what is left out: passwords
// (unless wanted and readable), roles of the service, tablespaces, replication slots.
int postgres_globals_dump(postgres_t *postgres, const struct backup_options *options,
                          const struct sink *sink, struct error *error);
