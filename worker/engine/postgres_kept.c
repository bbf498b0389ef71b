#include "worker/engine/postgres_kept.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/fd.h"

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
put(void *context, const struct file_facts *facts, int fd, struct file_edges *edges,
    struct error *error)
{
    struct postgres_kept *self = context;
    self->facts = *facts;
    self->fd = memfd_create("dbhaul", MFD_CLOEXEC);
    if (self->fd < 0)
        return error_set(error, ERROR_INTERNAL, "cannot make a file in memory: %s",
                         strerror(errno));
    return fd_copy(fd, self->fd, error) || read_edges(self->fd, edges, error) ? -1 : 0;
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

int
postgres_kept_put(const struct postgres_kept *self, const struct sink *sink, struct error *error)
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

void
postgres_kept_clear(struct postgres_kept *self)
{
    if (self->fd > 0)
        fd_close(&self->fd);
    self->fd = 0;
}
