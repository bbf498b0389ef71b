// Results kept on disk until the coordinator has acknowledged them: one file an attempt, in the
// folder `spool` of the worker's state. The memory holds only their names and when to send next.
//
//     spool_put(spool, job_id, attempt, data, size, error)   // on disk when it returns
//     while (spool_due(spool, now_ms, &job_id, &attempt)) {
//         spool_read(spool, job_id, attempt, &data, &size, error);
//         ... send ...
//         spool_defer(spool, job_id, attempt, now_ms + 30000);
//     }
//     spool_remove(spool, job_id, attempt, error)            // acknowledged
//
// What data means is not the spool's business. Files that are not of its making are left alone and
// counted.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum {
    SPOOL_COUNT_MAX = 256,  // results; a worker takes no job for whose result there is no room
    SPOOL_DATA_MAX = 65536,
};

typedef struct spool spool_t;

// Opens the folder beneath `state_folder` (a descriptor, borrowed for this call), makes it if need
// be, and lists what is in it: all of it is due at once.
int spool_open(spool_t **self_p, int state_folder, struct error *error);
void spool_destroy(spool_t **self_p);

// Keeps a result; due at once. What was kept of the same attempt is replaced. ERROR_INVALID if the
// spool is full or the data too long.
int spool_put(spool_t *self, uint64_t job_id, uint32_t attempt, const void *data, size_t size,
              struct error *error);

// The data is the caller's (free). ERROR_NOT_FOUND if there is no such result.
int spool_read(const spool_t *self, uint64_t job_id, uint32_t attempt, char **data, size_t *size,
               struct error *error);

// Forgets a result. Succeeds if there is none.
int spool_remove(spool_t *self, uint64_t job_id, uint32_t attempt, struct error *error);

int spool_has(const spool_t *self, uint64_t job_id, uint32_t attempt);
size_t spool_count(const spool_t *self);
void spool_item(const spool_t *self, size_t index, uint64_t *job_id, uint32_t *attempt);

// Finds the result that has been due longest. Returns 1, or 0 if none is due.
int spool_due(const spool_t *self, int64_t now_ms, uint64_t *job_id, uint32_t *attempt);
void spool_defer(spool_t *self, uint64_t job_id, uint32_t attempt, int64_t until_ms);
void spool_all_due(spool_t *self);        // the connection is new
int64_t spool_next(const spool_t *self);  // when the next one is due; INT64_MAX if none is there
size_t spool_strangers(const spool_t *self);  // files that are not results
