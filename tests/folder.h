// A temporary folder for a test, and files in it.

#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "tests/check.h"

// The caller's.
static inline char *
folder_new(void)
{
    char *path = memory_copy_text("/tmp/dbhaul-test.XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static inline int
folder_remove_one(const char *path, const struct stat *facts, int type, struct FTW *walk)
{
    (void)facts, (void)type, (void)walk;
    return remove(path);
}

// Removes it with all that is in it.
static inline void
folder_destroy(char **path_p)
{
    if (*path_p)
        nftw(*path_p, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    memory_free(path_p);
}

// Writes a file of the folder, which is there whole or not at all; returns its path, the caller's.
static inline char *
folder_write(const char *folder, const char *name, mode_t mode, const char *text)
{
    char *path = memory_format("%s/%s", folder, name);
    struct error error = {0};
    CLEAN(memory_free) char *whole = memory_format("%s.whole", path);
    int fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fd_write(fd, text, strlen(text), &error), 0);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    assert_int_equal(rename(whole, path), 0);
    return path;
}
