#include "common/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/memory.h"

void
fd_close(int *fd)
{
    int saved = errno;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = saved;
}

int
fd_steal(int *fd)
{
    int stolen = *fd;
    *fd = -1;
    return stolen;
}

int
fd_write(int fd, const void *data, size_t size, struct error *error)
{
    const char *next = data;
    while (size > 0) {
        ssize_t written = write(fd, next, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_set(error, ERROR_UNAVAILABLE, "cannot write: %s", strerror(errno));
        next += written;
        size -= (size_t)written;
    }
    return 0;
}

int
fd_copy(int from, int to, struct error *error)
{
    char buffer[65536];
    for (;;) {
        ssize_t size = read(from, buffer, sizeof buffer);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return error_set(error, ERROR_UNAVAILABLE, "cannot read: %s", strerror(errno));
        if (size == 0)
            return 0;
        if (fd_write(to, buffer, (size_t)size, error))
            return -1;
    }
}

int
fd_read(int fd, void *data, size_t size, struct error *error)
{
    char *next = data;
    size_t left = size;
    while (left > 0) {
        ssize_t got = read(fd, next, left);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, ERROR_UNAVAILABLE, "cannot read: %s", strerror(errno));
        if (got == 0)
            return left == size ? error_set(error, ERROR_NOT_FOUND, "nothing more to read")
                                : error_set(error, ERROR_CORRUPT, "it ends too early");
        next += got;
        left -= (size_t)got;
    }
    return 0;
}

int
fd_read_file(int dir, const char *path, size_t limit, char **data, size_t *size,
             struct error *error)
{
    CLEAN(fd_close) int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return error_set(error, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_CONFIG,
                         "cannot open '%s': %s", path, strerror(errno));
    size_t capacity = 4096;
    size_t used = 0;
    CLEAN(memory_free) char *buffer = memory_get(capacity + 1);
    for (;;) {
        ssize_t got = read(fd, buffer + used, capacity - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, ERROR_UNAVAILABLE, "cannot read '%s': %s", path,
                             strerror(errno));
        if (got == 0)
            break;
        used += (size_t)got;
        if (used > limit)
            return error_set(error, ERROR_INVALID, "'%s' is longer than %zu bytes", path, limit);
        if (used == capacity) {
            capacity *= 2;
            // What is outgrown may be a secret.
            buffer = memory_wipe_and_resize(buffer, capacity + 1);
            if (!buffer)
                abort();
        }
    }
    buffer[used] = '\0';
    *data = STEAL(buffer);
    *size = used;
    return 0;
}

int
fd_write_file(int dir, const char *path, const void *data, size_t size, struct error *error)
{
    char temporary[4096];
    char folder[4096];
    int length = snprintf(temporary, sizeof temporary, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof temporary)
        return error_set(error, ERROR_INVALID, "the path '%.64s...' is too long", path);
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (!slash)
        snprintf(folder, sizeof folder, ".");
    else
        slash[slash == folder ? 1 : 0] = '\0';

    CLEAN(fd_close)
    int fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_set(error, ERROR_CONFIG, "cannot create '%s': %s", temporary, strerror(errno));
    if (fd_write(fd, data, size, error)) {
        unlinkat(dir, temporary, 0);
        return error_wrap(error, "cannot fill '%s'", temporary);
    }
    CLEAN(fd_close) int parent = openat(dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0 || fchmod(fd, 0600) || fsync(fd) || renameat(dir, temporary, dir, path) ||
        fsync(parent)) {
        int cause = errno;
        unlinkat(dir, temporary, 0);
        return error_set(error, ERROR_CONFIG, "cannot keep '%s': %s", path, strerror(cause));
    }
    return 0;
}
