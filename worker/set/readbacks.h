// The read-backs of a set: one for each file that is open at the same time. Part of the set's
// writer, whose thread all of this belongs to; a read-back that was taken may be used by another
// thread until it is given back.

#pragma once

#include "worker/set/readback.h"

enum { READBACKS_MAX = 64 };

typedef struct readbacks readbacks_t;

// `dir` and the store are lent.
readbacks_t *readbacks_new(const store_t *store, int dir);
void readbacks_destroy(readbacks_t **self_p);

// One that no file uses; made if need be. ERROR_INTERNAL beyond READBACKS_MAX.
int readbacks_take(readbacks_t *self, readback_t **readback, struct error *error);

// Its file was closed; what is left to read is read beside what comes next.
void readbacks_give(readbacks_t *self, const readback_t *readback);

// Its file is of no use any more: ends it.
void readbacks_drop(readbacks_t *self, const readback_t *readback);

// Waits for a bit of progress. Sets *is_done if all that was closed has been read back. To be
// called when none is taken.
int readbacks_wait(readbacks_t *self, int *is_done, struct error *error);

// Of those that are not taken.
uint64_t readbacks_verified_bytes(const readbacks_t *self);

// The errno with which the store refused to sync, or 0.
int readbacks_refused(const readbacks_t *self);
