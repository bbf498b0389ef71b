// File descriptors.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

// Closes *fd and sets it to -1; does nothing if it is -1 already. Keeps errno.
void fd_close(int *fd);

// Returns *fd and sets it to -1, so that its CLEAN has nothing to do.
int fd_steal(int *fd);

// Copies from `from` to `to` until end of file.
int fd_copy(int from, int to, struct error *error);

// Writes all of data.
int fd_write(int fd, const void *data, size_t size, struct error *error);

// Reads exactly size bytes. ERROR_NOT_FOUND if the file ends before the first one, ERROR_CORRUPT
// if it ends later.
int fd_read(int fd, void *data, size_t size, struct error *error);

// Reads a whole file of at most limit bytes into *data (the caller's, NUL-terminated beyond
// *size). ERROR_INVALID if it is longer. `path` may be relative to the folder `dir` (AT_FDCWD).
int fd_read_file(int dir, const char *path, size_t limit, char **data, size_t *size,
                 struct error *error);

// Writes data to a file so that it is seen whole or not at all and survives a crash: a temporary
// name, fsync, rename, fsync of the folder. Mode 0600 whatever the umask.
int fd_write_file(int dir, const char *path, const void *data, size_t size, struct error *error);
