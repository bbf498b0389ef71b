// Reads files of a set back from the store, for their digest or checksum. Part of the set's reader
// and writer; nobody else uses it.

#pragma once

#include <stdint.h>

#include "common/error.h"
#include "worker/store/store.h"

enum { SCAN_BUFFER_SIZE = 256 << 10 };  // stays in a core's cache

// Opens the file `name` in the folder `dir` for reading: a plain file, no link.
int scan_open(const store_t *store, int dir, const char *name, int *fd, struct error *error);

typedef void scan_take(void *context, const void *data, size_t size);

// Gives the bytes from `from_bytes` up to `to_bytes` to `take`, after what the page cache holds of
// them was dropped, so that they come from the store. ERROR_CORRUPT if the file ends before.
int scan_range(const store_t *store, int fd, const char *name, uint64_t from_bytes,
               uint64_t to_bytes, scan_take *take, void *context, struct error *error);

// ERROR_CORRUPT if the file's size is another.
int scan_check_size(const store_t *store, int fd, const char *name, uint64_t size_bytes,
                    struct error *error);
