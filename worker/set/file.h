// A file of a set that is being written: digest, write errors, and word to the read-back. Part of
// the set's writer; a reader that writes several files at once gets them from set_writer_begin and
// knows only set_file_write and set_file_close.
//
//     CLEAN(set_file_destroy) set_file_t *file = NULL;
//     if (set_file_open(&file, store, dir, "12.sql", readback, error) ||
//         set_file_write(file, data, size, error) ||
//         set_file_close(file, error))
//         return -1;
//
// A file belongs to one thread at a time; the store is lent to it and only asked to map errors.

#pragma once

#include "common/digest.h"
#include "common/error.h"
#include "worker/set/checksum.h"
#include "worker/set/readback.h"
#include "worker/store/store.h"

typedef struct set_file set_file_t;

// Creates the file `name` in the folder `dir`. Both and the readback are lent.
int set_file_open(set_file_t **self_p, const store_t *store, int dir, const char *name,
                  readback_t *readback, struct error *error);
void set_file_destroy(set_file_t **self_p);

// Worth calling with large pieces. May block while the store is slow.
int set_file_write(set_file_t *self, const void *data, size_t size, struct error *error);

// That was all of it: closes it and hands it to the read-back.
int set_file_close(set_file_t *self, struct error *error);

// The rest is the writer's. The digest is there once it was closed.
uint64_t set_file_size(const set_file_t *self);
const uint8_t *set_file_sha256(const set_file_t *self);
const char *set_file_name(const set_file_t *self);
int set_file_is_closed(const set_file_t *self);
readback_t *set_file_readback(set_file_t *self);
