#include "worker/frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

enum { HEAD_SIZE = 4 };

struct frames {
    size_t used;
    uint8_t buffer[HEAD_SIZE + FRAME_SIZE_MAX];
};

static size_t
size_of(const uint8_t head[HEAD_SIZE])
{
    uint32_t size = 0;
    memcpy(&size, head, sizeof size);
    return ntohl(size);
}

static int
check_size(size_t size, struct error *error)
{
    if (size == 0 || size > FRAME_SIZE_MAX)
        return error_set(error, ERROR_INVALID, "a frame of %zu bytes", size);
    return 0;
}

int
frame_write(int fd, const void *data, size_t size, struct error *error)
{
    if (check_size(size, error))
        return -1;
    // One write: what is short enough for a pipe is never mixed with another's.
    CLEAN(memory_free) uint8_t *whole = memory_get(HEAD_SIZE + size);
    uint32_t head = htonl((uint32_t)size);
    memcpy(whole, &head, sizeof head);
    memcpy(whole + HEAD_SIZE, data, size);
    return fd_write(fd, whole, HEAD_SIZE + size, error);
}

int
frame_read(int fd, uint8_t **data, size_t *size, struct error *error)
{
    uint8_t head[HEAD_SIZE];
    if (fd_read(fd, head, sizeof head, error))
        return -1;
    size_t length = size_of(head);
    if (check_size(length, error))
        return -1;
    CLEAN(memory_free) uint8_t *body = memory_get(length);
    if (fd_read(fd, body, length, error)) {
        if (error->code == ERROR_NOT_FOUND)
            error->code = ERROR_CORRUPT;
        return -1;
    }
    *data = STEAL(body);
    *size = length;
    return 0;
}

frames_t *
frames_new(void)
{
    return memory_get(sizeof(frames_t));
}

void
frames_destroy(frames_t **self_p)
{
    memory_free(self_p);
}

// Reads until `wanted` bytes are there.
static int
fill(frames_t *self, int fd, size_t wanted, struct error *error)
{
    while (self->used < wanted) {
        ssize_t got = read(fd, self->buffer + self->used, wanted - self->used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return error_set(error, ERROR_UNAVAILABLE, "no whole frame yet");
        if (got < 0)
            return error_set(error, ERROR_CORRUPT, "cannot read a frame: %s", strerror(errno));
        if (got == 0)
            return self->used ? error_set(error, ERROR_CORRUPT, "it ends within a frame")
                              : error_set(error, ERROR_NOT_FOUND, "no more frames");
        self->used += (size_t)got;
    }
    return 0;
}

int
frames_next(frames_t *self, int fd, const uint8_t **data, size_t *size, struct error *error)
{
    if (fill(self, fd, HEAD_SIZE, error))
        return -1;
    size_t length = size_of(self->buffer);
    if (check_size(length, error) || fill(self, fd, HEAD_SIZE + length, error))
        return -1;
    *data = self->buffer + HEAD_SIZE;
    *size = length;
    self->used = 0;
    return 0;
}
