// What a dump of an inventory cannot carry, or not as it should be: told to the sink, and to the
// tool where it must pass something over.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/mysql_inventory.h"
#include "worker/engine/mysql_select.h"
#include "worker/engine/mysql_text.h"

typedef struct mysql_leftovers mysql_leftovers_t;

// Finds views that no longer work (what they select from is gone): the tools stop at the first.
// They are marked as seen in the inventory, which must outlive this. A view that works, but not for
// us (EXECUTE on a function that it calls), is none of them.
int mysql_leftovers_open(mysql_leftovers_t **self_p, mysql_session_t *session,
                         mysql_inventory_t *inventory, const struct tool *tool,
                         struct error *error);
void mysql_leftovers_destroy(mysql_leftovers_t **self_p);

// Are there system-versioned tables whose history the tool can dump?
int mysql_leftovers_with_history(const mysql_leftovers_t *self);

// Adds the lines of the option file that make the tool pass over what cannot be dumped.
int mysql_leftovers_add_options(const mysql_leftovers_t *self, struct mysql_text *options,
                                struct error *error);

void mysql_leftovers_tell(const mysql_leftovers_t *self, const struct sink *sink);

// After the dump: tells what the server lists now and did not before, and what is wanted of it.
// Connects anew; a server that cannot be asked any more is told too, and fails nothing: the dump is
// whole.
void mysql_leftovers_tell_new(const mysql_leftovers_t *self, const mysql_select_t *select,
                              const struct server *server, const struct sink *sink);
