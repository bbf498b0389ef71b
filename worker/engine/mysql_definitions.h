// Schemas, sequences and tables as a script that makes them, before the rows are loaded. What the
// server shows is taken word by word (SHOW CREATE ...); indexes and foreign keys stay in it, as
// rows are loaded without checks and are of one point in time.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/mysql_tables.h"

// Reads the definitions of tables over a session of a point, in one round trip if that may be.
int mysql_definitions_read(mysql_session_t *session, struct mysql_table *const *tables,
                           size_t count, struct error *error);

// Writes file `number` of the sink: everything of the inventory, with the definitions that the
// tables have; marks what it writes as seen.
int mysql_definitions_put(mysql_session_t *session, mysql_inventory_t *inventory,
                          mysql_tables_t *tables, const struct sink *sink, uint32_t number,
                          struct error *error);
