// What the parts of a rebuild's rows share: rebuild_rows (lines, batches, rows of the saved
// catalog), rebuild_found (sets that it does not know), rebuild_resume (one that was cut off). For
// these files only.

#pragma once

#include <czmq.h>

#include "common/json.h"
#include "coordinator/rebuild_rows.h"

enum { REBUILD_UNITS = 500 };  // in one batch

// What a unit is for, should it be refused.
enum purpose {
    PURPOSE_ROW,
    PURPOSE_SET,  // also of those that are found
    PURPOSE_JOB_OF_FOUND,
};

struct rebuild_rows {
    catalog_t *catalog;
    char *place;
    int64_t unix_ms;
    batch_t *batch;
    enum purpose purposes[REBUILD_UNITS];
    zhashx_t *databases;  // "12 RESOURCE" and "RESOURCE" -> the number as a text
    zhashx_t *there;      // of one that was cut off: path of a set -> its number; NULL = none was
    char *origin, *store, *saved_path, *folder;
    int64_t saved_ms, partial, earlier, strange;
    int64_t database_id, run_id, set_id;  // the greatest so far
    int64_t found_run_id;                 // of the sets that were found; 0 = none yet
    uint64_t database_count, set_count, found, gone, refused, troubles, new_databases;
    int is_ended;
};

// Begins a unit, in a new batch if this one is full.
int rebuild_open_unit(rebuild_rows_t *self, enum purpose purpose, struct error *error);

// Counts and tells what could not be read.
void rebuild_tell(rebuild_rows_t *self, const char *what, const char *why);

void rebuild_know_database(rebuild_rows_t *self, int64_t id, const char *resource_id);

// Takes the line of a set that was found.
int rebuild_take_found(rebuild_rows_t *self, const char *line, size_t size, struct error *error);
