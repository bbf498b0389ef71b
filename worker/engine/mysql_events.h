// Events, written by us, to be loaded after the data.
//
// The vendors' tools look for a delimiter that an event does not have in it, and never come back
// from one with ";;" in it. So they are told to leave events alone, and what the server shows
// (SHOW CREATE EVENT) is written here with all that it was made under: character sets, the schema's
// collation of then, sql_mode, time zone.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/mysql_inventory.h"

typedef struct mysql_events mysql_events_t;

// Reads all events of the inventory, and marks them as seen. One that has gone since it was listed,
// as those that run once do, is told to the sink.
int mysql_events_open(mysql_events_t **self_p, mysql_session_t *session,
                      mysql_inventory_t *inventory, const struct sink *sink, struct error *error);
void mysql_events_destroy(mysql_events_t **self_p);

// The SQL; lent, "" if there are no events.
const char *mysql_events_sql(const mysql_events_t *self);
