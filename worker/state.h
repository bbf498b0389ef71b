// What a worker keeps in its folder: who it is, and the highest epoch of a coordinator that it has
// obeyed. The folder is locked, so two daemons cannot be the same worker.
//
//     instance   a UUID, made at the first start
//     epoch      a decimal number
//     lock       locked while the daemon lives
//     spool/     results that were not acknowledged yet (spool.h)
//
// The folder is made if it is missing (mode 0700, its parent must be there), and must belong to us
// and be writable by nobody else. A file that holds anything unexpected is ERROR_CORRUPT: who the
// worker is must not be guessed.

#pragma once

#include <stdint.h>

#include "common/error.h"

typedef struct state state_t;

// ERROR_CONFIG if another process has the folder, or it cannot be used.
int state_open(state_t **self_p, const char *folder, struct error *error);
void state_destroy(state_t **self_p);

const char *state_instance(const state_t *self);
int state_folder(const state_t *self);  // a descriptor, lent

uint64_t state_epoch(const state_t *self);  // 0 = none seen yet

// Keeps a higher epoch, on disk when this returns; the same one again costs nothing.
// ERROR_DENIED if it is lower than the highest seen; ERROR_INVALID if it is 0 or beyond 2^63 - 1.
int state_raise_epoch(state_t *self, uint64_t epoch, struct error *error);
