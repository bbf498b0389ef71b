// The runs of a dump tool over what is wanted of a MySQL or MariaDB server: their options, where
// they were in time, and that all that was listed is in them. Part of mysql_backup.
//
// Tables that are wanted without their rows get a run of their own, which writes no rows: not every
// tool has an option to leave out the rows of one table. It has no part in the point in time.

#pragma once

#include "worker/engine/mysql_backup.h"
#include "worker/engine/mysql_inventory.h"
#include "worker/engine/mysql_point.h"
#include "worker/engine/mysql_select.h"

struct mysql_dump {
    const struct mysql_backup *backup;
    mysql_inventory_t *inventory;  // of what is wanted
    const mysql_select_t *select;
    struct mysql_text lines,
        other_lines;  // of the option file, for the run and the one without rows
    int has_point, with_history;
    struct mysql_point *point;  // of our own reader: its sessions are open already
};

// Can the tool say the exact point of its transaction without a lock?
int mysql_dump_has_point(const struct mysql_backup *self, int *has, struct error *error);

// Triggers and routines alone, of the schemas that have any: for who writes all else himself.
int mysql_dump_programs(const struct mysql_dump *self, struct error *error);

// The schemas, told to the sink.
void mysql_dump_tell_schemas(const struct mysql_dump *self);

// Everything into the sink, with points and schemas. ERROR_UNAVAILABLE if something that was listed
// is missing at the end.
int mysql_dump_all(const struct mysql_dump *self, struct error *error);
