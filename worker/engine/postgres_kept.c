#include "worker/engine/postgres_kept.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

enum { TAKEN_SIZE = 64 << 10, PIECE_SIZE = 256 << 10 };

static int
read_edges(int fd, struct file_edges *edges, struct error *error)
{
    off_t size = lseek(fd, 0, SEEK_END);
    size_t part = size < ENGINE_EDGE_SIZE ? (size_t)size : ENGINE_EDGE_SIZE;
    if (size < 0 || pread(fd, edges->head, part, 0) != (ssize_t)part ||
        pread(fd, edges->tail, part, size - (off_t)part) != (ssize_t)part)
        return error_set(error, ERROR_INTERNAL, "cannot read a file in memory: %s",
                         strerror(errno));
    edges->head_size = edges->tail_size = part;
    edges->size_bytes = (uint64_t)size;
    return 0;
}

static int
await(const struct postgres_kept *self, int fd, struct error *error)
{
    struct pollfd items[] = {
        {.fd = fd, .events = POLLIN},
        {.fd = self->stops[0] > 0 ? self->stops[0] : -1, .events = POLLIN},
        {.fd = self->stops[1] > 0 ? self->stops[1] : -1, .events = POLLIN},
    };
    if (poll(items, 3, -1) < 0 && errno != EINTR)
        return error_set(error, ERROR_INTERNAL, "cannot wait: %s", strerror(errno));
    if (items[1].revents || items[2].revents)
        return error_set(error, ERROR_CANCELLED, "cancelled");
    return 0;
}

static int
take_all(const struct postgres_kept *self, int fd, int into, struct error *error)
{
    char buffer[TAKEN_SIZE];
    for (size_t taken = 0;;) {
        if (await(self, fd, error))
            return -1;
        ssize_t size = read(fd, buffer, sizeof buffer);
        if (size == 0)
            return 0;
        if (size < 0 && errno != EINTR && errno != EAGAIN)
            return error_set(error, ERROR_UNAVAILABLE, "cannot read what the tool writes: %s",
                             strerror(errno));
        if (size <= 0)
            continue;
        taken += (size_t)size;
        if (taken > POSTGRES_KEPT_MAX)
            return error_set(
                error, ERROR_INVALID,
                "the definitions are longer than %d MiB, which is more than is kept in "
                "memory: let a policy say `tool: vendor` for this database",
                POSTGRES_KEPT_MAX >> 20);
        if (fd_write(into, buffer, (size_t)size, error))
            return -1;
    }
}

static int
put(void *context, const struct file_facts *facts, int fd, struct file_edges *edges,
    struct error *error)
{
    struct postgres_kept *self = context;
    CLEAN(fd_close) int file = memfd_create("dbhaul", MFD_CLOEXEC);
    if (file < 0)
        return error_set(error, ERROR_INTERNAL, "cannot make a file in memory: %s",
                         strerror(errno));
    if (take_all(self, fd, file, error) || read_edges(file, edges, error))
        return -1;
    self->list = memory_resize(self->list, (self->count + 1) * sizeof *self->list);
    self->list[self->count++] = (struct postgres_kept_file){.fd = fd_steal(&file), .facts = *facts};
    return 0;
}

static int
accept_file(void *self, struct error *error)
{
    (void)self, (void)error;
    return 0;
}

struct sink
postgres_kept_sink(struct postgres_kept *self)
{
    return (struct sink){.self = self, .put = put, .accept = accept_file};
}

static int
put_file(const struct postgres_kept_file *self, const struct sink *sink, struct error *error)
{
    struct file_edges edges;
    if (lseek(self->fd, 0, SEEK_SET) < 0)
        return error_set(error, ERROR_INTERNAL, "cannot read a file in memory: %s",
                         strerror(errno));
    return sink->put(sink->self, &self->facts, self->fd, &edges, error) ||
                   sink->accept(sink->self, error)
               ? -1
               : 0;
}

int
postgres_kept_put(const struct postgres_kept *self, const struct sink *sink, struct error *error)
{
    for (size_t index = 0; index < self->count; index++) {
        if (put_file(&self->list[index], sink, error))
            return -1;
    }
    return 0;
}

int
postgres_kept_write(const struct postgres_kept *self, const struct sink *sink, void *file,
                    struct error *error)
{
    CLEAN(memory_free) char *piece = memory_get(PIECE_SIZE);
    off_t from = 0;
    for (;;) {
        ssize_t size = pread(self->list[0].fd, piece, PIECE_SIZE, from);
        if (size < 0)
            return error_set(error, ERROR_INTERNAL, "cannot read a file in memory: %s",
                             strerror(errno));
        if (size == 0)
            return sink->close(file, error);
        if (sink->write(file, piece, (size_t)size, error))
            return -1;
        from += size;
    }
}

int
postgres_kept_take(struct postgres_kept *self)
{
    return self->list[--self->count].fd;
}

void
postgres_kept_clear(struct postgres_kept *self)
{
    for (size_t index = 0; index < self->count; index++)
        fd_close(&self->list[index].fd);
    memory_free(&self->list);
    self->count = 0;
}
