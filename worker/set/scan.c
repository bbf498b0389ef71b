#include "worker/set/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

int
scan_open(const store_t *store, int dir, const char *name, int *fd, struct error *error)
{
    CLEAN(fd_close)
    int file = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat entry;
    if (file < 0 && errno == ELOOP)
        return error_set(error, ERROR_CORRUPT, "'%s' is a link", name);
    if (file < 0 || fstat(file, &entry))
        return store_error(store, error, errno, "cannot open '%s'", name);
    if (!S_ISREG(entry.st_mode))
        return error_set(error, ERROR_CORRUPT, "'%s' is not a plain file", name);
    *fd = fd_steal(&file);
    return 0;
}

static int
lacks_bytes(const store_t *store, const char *name, uint64_t has_bytes, uint64_t wanted_bytes,
            struct error *error)
{
    error_set(error, ERROR_CORRUPT,
              "'%s' has %" PRIu64 " bytes in the store '%s' where %" PRIu64 " were written", name,
              has_bytes, store->place, wanted_bytes);
    return error_mark(error, ABOUT_MOUNT);
}

int
scan_range(const store_t *store, int fd, const char *name, uint64_t from_bytes, uint64_t to_bytes,
           scan_take *take, void *context, struct error *error)
{
    CLEAN(memory_free) char *buffer = memory_get(SCAN_BUFFER_SIZE);
    posix_fadvise(fd, (off_t)from_bytes, (off_t)(to_bytes - from_bytes), POSIX_FADV_DONTNEED);
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    while (from_bytes < to_bytes) {
        uint64_t left_bytes = to_bytes - from_bytes;
        size_t size = left_bytes < SCAN_BUFFER_SIZE ? (size_t)left_bytes : SCAN_BUFFER_SIZE;
        ssize_t got = pread(fd, buffer, size, (off_t)from_bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return store_error(store, error, errno, "cannot read '%s' back", name);
        if (got == 0)
            return lacks_bytes(store, name, from_bytes, to_bytes, error);
        take(context, buffer, (size_t)got);
        from_bytes += (uint64_t)got;
    }
    return 0;
}

int
scan_check_size(const store_t *store, int fd, const char *name, uint64_t size_bytes,
                struct error *error)
{
    struct stat entry;
    if (fstat(fd, &entry))
        return store_error(store, error, errno, "cannot look at '%s'", name);
    if ((uint64_t)entry.st_size != size_bytes)
        return lacks_bytes(store, name, (uint64_t)entry.st_size, size_bytes, error);
    return 0;
}
