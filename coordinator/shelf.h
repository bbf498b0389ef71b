// A shelf: pages of the catalog's list `kept`, handed back database by database, so that each is
// judged by all of its sets. No I/O and no clock.
//
//     shelf_add(shelf, page);
//     if (it was the last page)
//         shelf_end(shelf);
//     struct shelf_part part;
//     while (shelf_next(shelf, &part))
//         retention_judge(rules, zone, part.sets, part.count, now_ms, verdicts);

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/table.h"
#include "coordinator/retention.h"

typedef struct shelf shelf_t;

// Sets of one database, by number; lent until something is asked of the shelf again.
struct shelf_part {
    int64_t database_id;
    struct retention_set *sets;
    size_t count;
};

// now_ms decides which pins hold; what was locked less than locked_ms before is locked still.
shelf_t *shelf_new(int64_t now_ms, int64_t locked_ms);
void shelf_destroy(shelf_t **self_p);

// Takes a page, which goes on where the one before ended.
void shelf_add(shelf_t *self, const table_t *page);
void shelf_end(shelf_t *self);  // there is no more

// The next database all of whose sets are there. Returns 0 if there is none (yet).
int shelf_next(shelf_t *self, struct shelf_part *part);
