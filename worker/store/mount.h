// Which file system is mounted at a place: the kernel's table /proc/self/mountinfo, read.

#pragma once

#include <sys/types.h>

#include "common/error.h"

enum { MOUNT_TEXT_SIZE = 1024 };

struct mount {
    char point[MOUNT_TEXT_SIZE];  // where it is mounted
    char type[MOUNT_TEXT_SIZE];   // "fuse.boostfs"
    char source[MOUNT_TEXT_SIZE];
    dev_t device;
};

// Finds the mount that `path` (absolute, resolved) lies on in the text of a mountinfo table: the
// one with the longest mount point, of several at one point the last, which covers the others.
// ERROR_NOT_FOUND if there is none; ERROR_INVALID if a line makes no sense.
int mount_find(const char *table, const char *path, struct mount *mount, struct error *error);

// The same with the table of this process. Asks no file system but proc, so it never hangs.
int mount_of(const char *path, struct mount *mount, struct error *error);
