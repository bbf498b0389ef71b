// What an inventory is made of; for its own two files.

#pragma once

#include "worker/engine/mysql_inventory.h"

enum { SKIPPED_MAX = 64 };

struct mysql_inventory {
    struct mysql_schema *schemas;
    struct mysql_object *objects;
    size_t schema_count, schema_room, object_count, object_room;
    char *skipped[SKIPPED_MAX];
    size_t skipped_count;
    char *unknown;
    char **engines;  // those with transactions
    size_t engine_count;
};
