// Views, written by us in an order in which each finds what it stands on, to be loaded after the
// data.
//
// The vendors' tools make every view as a placeholder first and then, by name, as it is. What comes
// back is not always what was there: a view that was made while what it stands on was still a
// placeholder can no longer be inserted into (error 1471), and one WITH CHECK OPTION is refused
// (error 1368), at which a restore stops. If a server is dumped in several runs, a view may even
// stand on what comes in a later one.
//
// A view that others stand on is made without its definer at first, and with it once all are there:
// no view can be made on one whose definer is gone (error 1449), or has no rights yet (error 1356).

#pragma once

#include "common/error.h"
#include "worker/engine/mysql_inventory.h"
#include "worker/engine/mysql_select.h"
#include "worker/engine/mysql_text.h"

typedef struct mysql_views mysql_views_t;

// Reads all views of the inventory but those that are marked as seen already (they do not work any
// more), and marks them.
int mysql_views_open(mysql_views_t **self_p, mysql_session_t *session, mysql_inventory_t *inventory,
                     struct error *error);
void mysql_views_destroy(mysql_views_t **self_p);

// Leaves out the views that need something which the selection left out, or such a view.
void mysql_views_leave_out(mysql_views_t *self, mysql_select_t *select);

// Adds the lines of the option file that keep them out of the tool's dump.
int mysql_views_add_options(const mysql_views_t *self, struct mysql_text *options,
                            struct error *error);

// The SQL; lent, "" if there are no views.
const char *mysql_views_sql(mysql_views_t *self);
