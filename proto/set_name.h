// Where a set lies in a store, as both sides spell it:
//
//     dbhaul/0b9e2c1e/d12/j34-a1            folder of the catalog, database 12, job 34, attempt 1
//     dbhaul/0b9e2c1e/catalog/j35-a1        a set that is the catalog itself: database 0
//
// with ".partial" behind it while it is written, ".removed" while it is removed.

#pragma once

#include <stdint.h>

enum { SET_NAME_SIZE = 160, SET_NAME_FOLDER_SIZE = 65 };

enum set_name_state { SET_NAME_WHOLE, SET_NAME_PARTIAL, SET_NAME_REMOVED };

struct set_name {
    char folder[SET_NAME_FOLDER_SIZE];
    int64_t database_id, job_id, attempt;
    enum set_name_state state;
};

// Returns 0, or -1 if the path is none of a set: an assumption less, not an error.
int set_name_parse(const char *path, struct set_name *name);
void set_name_print(const struct set_name *name, char path[SET_NAME_SIZE]);

// By database, job, attempt and state; the folder does not count.
int set_name_compare(const struct set_name *one, const struct set_name *other);
