// A private folder for a test, below /tmp.

#pragma once

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/check.h"

enum { SCRATCH_SIZE = 64 };

static inline void
scratch_make(char path[SCRATCH_SIZE])
{
    snprintf(path, SCRATCH_SIZE, "/tmp/dbhaul-test.XXXXXX");
    assert_non_null(mkdtemp(path));
}

static inline int
scratch_remove_entry(const char *path, const struct stat *entry, int kind, struct FTW *where)
{
    (void)entry;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline void
scratch_remove(const char *path)
{
    nftw(path, scratch_remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
