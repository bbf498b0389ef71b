// What a policy's selection leaves out of a MySQL or MariaDB server, and what must go with it so
// that the set can be loaded by its own script:
// - views that need what is left out, by their definitions, and views that need those;
// - grants on what is left out.
// What stays and is told: foreign keys that refer to tables which are left out or have no rows.
// They are made again (the tools switch the check off while they load), and rows are not checked.
// The bodies of routines, triggers and events are not looked into: they are made whatever they
// name.
//
//     mysql_select_t *select = NULL;
//     if (mysql_select_open(&select, session, inventory, options->selection, error)) ...

#pragma once

#include "worker/engine/exclusions.h"
#include "worker/engine/mysql_inventory.h"
#include "worker/engine/mysql_session.h"
#include "worker/engine/mysql_text.h"

typedef struct mysql_select mysql_select_t;

// Asks the selection (NULL: all is wanted) for all that the inventory lists, and parts it: what
// remains in the inventory is what is wanted. Both must outlive this. Fails as the session does.
int mysql_select_open(mysql_select_t **self_p, mysql_session_t *session,
                      mysql_inventory_t *inventory, const selection_t *selection,
                      struct error *error);
void mysql_select_destroy(mysql_select_t **self_p);

// Is there a schema, table, view or routine of this name that was left out?
int mysql_select_is_gone(const mysql_select_t *self, const char *schema, const char *name);

// Is an object wanted that a later look found?
int mysql_select_wants(const mysql_select_t *self, const char *schema,
                       const struct mysql_object *object);

// Something more that goes, because it needs `needed`; it is told, and found gone from now on.
void mysql_select_drop_view(mysql_select_t *self, const char *schema, const char *view,
                            const char *needed);
void mysql_select_drop_grant(mysql_select_t *self, const char *schema, const char *object);

size_t mysql_select_without_rows(const mysql_select_t *self);  // tables

// Adds the lines of the option file that make a dump tool pass over what is left out, and over the
// tables without rows, which a run of their own dumps. ERROR_CONFIG if the tool would pass over
// something wanted with it: it looks names up without regard to case, and takes `a`.`b.c` for
// `a.b`.`c`.
int mysql_select_add_options(const mysql_select_t *self, struct mysql_text *options,
                             struct error *error);

// The lines for that run, which writes no rows: passes over all but the tables without rows.
int mysql_select_add_other_options(const mysql_select_t *self, struct mysql_text *options,
                                   struct error *error);

// As exclusions_tell. After all views and grants were looked at.
int mysql_select_tell(const mysql_select_t *self, const struct sink *sink, struct error *error);

// As exclusions_find.
void mysql_select_find(const mysql_select_t *self, findings_t *findings);
