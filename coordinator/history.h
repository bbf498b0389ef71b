// How long backups take, by what they took: of each database the last backups that succeeded. No
// I/O, no clock.
//
// An estimate is robust rather than clever:
// - The median of the last HISTORY_KEPT durations, so that one night with a slow network, or a
//   backup of an empty server, does not count; of an even number the longer one in the middle.
// - Growth: the median is of older nights. If the newest set is larger than the set of the median
//   size, the estimate grows by the same factor, by HISTORY_GROWTH_MAX at most.
// - Without a history, but with a size as the provider knows it: the estate's median throughput,
//   which is that size over the estimate of each database that has both; known from
//   HISTORY_RATES_MIN databases on, and looked at again whenever many backups have ended.
// - Else a constant. Never less than a second.
//
//     history_add(history, &past);  // oldest first; from the catalog, then as jobs end
//     job->expected_ms = history_expect(history, database->id, database->size_bytes, &basis);

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "coordinator/record.h"

enum {
    HISTORY_KEPT = 5,
    HISTORY_GROWTH_MAX = 2,
    HISTORY_RATES_MIN = 5,
    HISTORY_PRESET_MS = 600000,
    HISTORY_LEAST_MS = 1000,
};

enum history_basis { HISTORY_OWN, HISTORY_SIZE, HISTORY_PRESET, HISTORY_BASES };

typedef struct history history_t;

history_t *history_new(void);
void history_destroy(history_t **self_p);

// A backup has succeeded, after all that were added of that database.
void history_add(history_t *self, const struct past *past);

// What a backup of a database will take. size_bytes is the provider's, 0 = not known. `basis` says
// what of; it may be NULL.
int64_t history_expect(history_t *self, int64_t database_id, int64_t size_bytes,
                       enum history_basis *basis);

// What the last sets of a database held, the newest first. Returns how many there are.
size_t history_sets(history_t *self, int64_t database_id, int64_t set_bytes[HISTORY_KEPT],
                    int64_t rows[HISTORY_KEPT]);

const char *history_basis_name(enum history_basis basis);  // "history", "size", "guess"
