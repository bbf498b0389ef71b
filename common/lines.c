#include "common/lines.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/memory.h"

struct lines {
    int fd;
    int64_t patience_ms;
    size_t size_max, used, taken;  // of the buffer; taken: by lines that were given
    int is_ended;
    char *buffer;
};

lines_t *
lines_new(int fd, size_t size_max, int64_t patience_ms)
{
    lines_t *self = memory_get(sizeof *self);
    self->fd = fd;
    self->patience_ms = patience_ms;
    self->size_max = size_max;
    self->buffer = memory_get(2 * size_max);
    return self;
}

void
lines_destroy(lines_t **self_p)
{
    if (*self_p)
        memory_free(&(*self_p)->buffer);
    memory_free(self_p);
}

static int
fill(lines_t *self, struct error *error)
{
    if (self->taken > 0) {
        memmove(self->buffer, self->buffer + self->taken, self->used - self->taken);
        self->used -= self->taken;
        self->taken = 0;
    }
    struct pollfd item = {.fd = self->fd, .events = POLLIN};
    if (self->patience_ms > 0 && poll(&item, 1, (int)self->patience_ms) <= 0)
        return error_set(error, ERROR_UNAVAILABLE, "nothing came within %d s",
                         (int)(self->patience_ms / 1000));
    ssize_t size = 0;
    do
        size = read(self->fd, self->buffer + self->used, 2 * self->size_max - self->used);
    while (size < 0 && errno == EINTR);
    if (size < 0)
        return error_set(error, ERROR_UNAVAILABLE, "cannot read: %s", strerror(errno));
    self->used += (size_t)size;
    self->is_ended = size == 0;
    return 0;
}

int
lines_next(lines_t *self, const char **line, size_t *size, struct error *error)
{
    for (;;) {
        char *start = self->buffer + self->taken;
        size_t left = self->used - self->taken;
        char *end = left > 0 ? memchr(start, '\n', left) : NULL;
        size_t length = end ? (size_t)(end - start) : left;
        if (length >= self->size_max)
            return error_set(error, ERROR_CORRUPT, "a line is longer than %zu bytes",
                             self->size_max);
        if (end) {
            *end = '\0';
            self->taken += length + 1;
            if (strlen(start) != length)
                return error_set(error, ERROR_CORRUPT, "a line has a NUL in it");
            *line = start;
            *size = length;
            return 0;
        }
        if (self->is_ended)
            return left > 0 ? error_set(error, ERROR_CORRUPT, "the last line was cut off")
                            : error_set(error, ERROR_NOT_FOUND, "no more lines");
        if (fill(self, error))
            return -1;
    }
}
