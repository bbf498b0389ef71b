// Where to cut a table, by what the server says of its key. Part of mysql_plan.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/mysql_tables.h"
#include "worker/engine/ranges.h"

// Ranges of about sizes->target_bytes, or one if the table's key cannot be cut.
int mysql_cuts_make(ranges_t **self_p, mysql_session_t *session, const struct mysql_table *table,
                    const struct ranges_sizes *sizes, const struct earlier *earlier,
                    struct error *error);
