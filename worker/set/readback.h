// Syncs a set's files and reads them back from the store, behind the one who writes them.
//
// A thread of its own follows each file: whenever so much was written, it syncs, opens the file
// anew, drops what the page cache holds of the new part, reads that part and adds it to a checksum;
// at the file's end it closes the file and compares checksum and size. So every byte was read after
// a sync that covered it, through a descriptor that was opened after that sync, and when the dump
// ends there is only the last part left to wait for.
//
// The thread owns its descriptors; both sides talk in messages over a socket. The store is lent to
// it and only asked to map errors. What it finds fails the next call here, and each after that.
// One file at a time; calls may block while the store is slower than the dump.

#pragma once

#include <stdint.h>

#include "common/error.h"
#include "worker/set/checksum.h"
#include "worker/store/store.h"

enum { READBACK_STEP_BYTES = 32 << 20, READBACK_NAME_SIZE = 32 };

typedef struct readback readback_t;

// `dir`, the set's folder, is duplicated.
int readback_open(readback_t **self_p, const store_t *store, int dir, struct error *error);

// Ends the thread after the part it is reading.
void readback_destroy(readback_t **self_p);

// The file `name` is about to be written through fd, which is duplicated. `seed`: of the checksum,
// drawn for this file, so that the store cannot know it.
int readback_begin(readback_t *self, const char *name, int fd, uint64_t seed, struct error *error);

// So much was written of it; worth saying every READBACK_STEP_BYTES.
int readback_reach(readback_t *self, uint64_t size_bytes, struct error *error);

// That is all of it, and the writer has closed it.
int readback_end(readback_t *self, uint64_t size_bytes, struct checksum_sum sum,
                 struct error *error);

// Waits for a bit of progress. Sets *is_done if all that was ended has been read back.
int readback_wait(readback_t *self, int *is_done, struct error *error);

uint64_t readback_verified_bytes(const readback_t *self);

// The errno with which the store refused to sync, or 0.
int readback_refused(const readback_t *self);
