// Looks at a dump of mysqldump or mariadb-dump as it flows by and marks in the inventory what is in
// it: schemas (USE), tables, sequences, views (their last form), routines and events by name,
// triggers by number.
//
// Rows cannot be taken for statements: the tools escape line feeds in them. Bodies of routines,
// triggers and events stand between DELIMITER lines and are passed over.

#pragma once

#include <stddef.h>

#include "worker/engine/mysql_inventory.h"

typedef struct mysql_scan mysql_scan_t;

// The inventory must outlive it.
mysql_scan_t *mysql_scan_new(mysql_inventory_t *inventory);
void mysql_scan_destroy(mysql_scan_t **self_p);

// The watcher of a file's facts: `self` is the scan.
void mysql_scan_add(void *self, const char *data, size_t size);
