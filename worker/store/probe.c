#include "worker/store/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/random.h"
#include "worker/store/tree.h"

enum { PROBE_SIZE = 4096, NAME_SIZE = 64, FILE_MODE = 0600 };

// The folder itself, or what of its path is there already.
static int
open_nearest(const store_t *store, const char *folder, int *dir, struct error *error)
{
    char path[STORE_PATH_MAX + 1];
    snprintf(path, sizeof path, "%s", folder);
    for (;;) {
        if (tree_open(store, path, dir, error) == 0)
            return 0;
        if (error->code != ERROR_NOT_FOUND || *path == '\0')
            return -1;
        char *slash = strrchr(path, '/');
        *(slash ? slash : path) = '\0';
    }
}

// A store may take and give a piece at a time: only what takes nothing, or ends early, has failed.
static int
read_back(const store_t *store, int fd, const char *wrote, struct error *error)
{
    char read[PROBE_SIZE];
    size_t size = 0;
    ssize_t got = 1;
    while (size < PROBE_SIZE && got > 0) {
        got = pread(fd, read + size, PROBE_SIZE - size, (off_t)size);
        size += got > 0 ? (size_t)got : 0;
    }
    if (got < 0)
        return store_error(store, error, errno, "cannot read back a file");
    if (size == PROBE_SIZE && memcmp(read, wrote, PROBE_SIZE) == 0)
        return 0;
    error_set(error, ERROR_CORRUPT,
              "the store '%s' gives back something else than was written to it: trust nothing that "
              "this host writes there until its mount was looked at",
              store->place);
    return error_mark(error, ABOUT_MOUNT);
}

static int
write_file(const store_t *store, int fd, struct error *error)
{
    char data[PROBE_SIZE];
    int refused = 0;
    memset(data, 'x', sizeof data);
    for (size_t size = 0; size < PROBE_SIZE;) {
        ssize_t written = write(fd, data + size, PROBE_SIZE - size);
        if (written <= 0)
            return store_error(store, error, written < 0 ? errno : EIO, "cannot write a file");
        size += (size_t)written;
    }
    if (store_sync(store, fd, &refused, error))
        return -1;
    return read_back(store, fd, data, error);
}

int
probe_store(store_t *store, const char *folder, struct error *error)
{
    char id[RANDOM_ID_SIZE], name[NAME_SIZE];
    CLEAN(fd_close) int dir = -1;
    if ((*folder && store_check_path(folder, error)) || open_nearest(store, folder, &dir, error))
        return -1;
    random_id(id);
    snprintf(name, sizeof name, ".dbhaul-probe-%s", id);
    int fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return store_error(store, error, errno, "cannot make a file");
    int result = write_file(store, fd, error);
    // What was kept back until now may fail at the close.
    if (close(fd) && result == 0)
        result = store_error(store, error, errno, "cannot finish a file");
    if (unlinkat(dir, name, 0) && result == 0)
        result = store_error(store, error, errno, "cannot remove the file '%s'", name);
    return result;
}
