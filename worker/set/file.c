#include "worker/set/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/random.h"

enum { FILE_MODE = 0600 };

struct set_file {
    const store_t *store;
    readback_t *readback;
    char name[READBACK_NAME_SIZE];
    int fd;
    digest_t *digest;
    checksum_t *checksum;  // for the read-back
    uint64_t size_bytes, told_bytes;
    uint8_t sha256[DIGEST_SIZE];
    int is_closed;
};

int
set_file_open(set_file_t **self_p, const store_t *store, int dir, const char *name,
              readback_t *readback, struct error *error)
{
    CLEAN(set_file_destroy) set_file_t *self = memory_get(sizeof *self);
    self->store = store;
    self->readback = readback;
    self->digest = digest_new();
    snprintf(self->name, sizeof self->name, "%s", name);
    self->fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (self->fd < 0)
        return store_error(store, error, errno, "cannot create '%s'", name);
    uint64_t seed = 0;
    random_bytes(&seed, sizeof seed);
    self->checksum = checksum_new(seed);
    if (readback_begin(readback, name, self->fd, seed, error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

void
set_file_destroy(set_file_t **self_p)
{
    if (!*self_p)
        return;
    digest_destroy(&(*self_p)->digest);
    checksum_destroy(&(*self_p)->checksum);
    fd_close(&(*self_p)->fd);
    memory_free(self_p);
}

int
set_file_write(set_file_t *self, const void *data, size_t size, struct error *error)
{
    const char *next = data;
    digest_add(self->digest, data, size);
    checksum_add(self->checksum, data, size);
    self->size_bytes += size;
    while (size > 0) {
        ssize_t written = write(self->fd, next, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)  // one that takes nothing and says nothing would be asked for ever
            return store_error(self->store, error, written < 0 ? errno : EIO, "cannot write '%s'",
                               self->name);
        next += written;
        size -= (size_t)written;
    }
    if (self->size_bytes - self->told_bytes < READBACK_STEP_BYTES)
        return 0;
    self->told_bytes = self->size_bytes;
    return readback_reach(self->readback, self->size_bytes, error);
}

int
set_file_close(set_file_t *self, struct error *error)
{
    if (close(fd_steal(&self->fd)))
        return store_error(self->store, error, errno, "cannot close '%s'", self->name);
    digest_end(self->digest, self->sha256);
    if (readback_end(self->readback, self->size_bytes, checksum_sum(self->checksum), error))
        return -1;
    self->is_closed = 1;
    return 0;
}

uint64_t
set_file_size(const set_file_t *self)
{
    return self->size_bytes;
}

const uint8_t *
set_file_sha256(const set_file_t *self)
{
    return self->sha256;
}

const char *
set_file_name(const set_file_t *self)
{
    return self->name;
}

int
set_file_is_closed(const set_file_t *self)
{
    return self->is_closed;
}

readback_t *
set_file_readback(set_file_t *self)
{
    return self->readback;
}
