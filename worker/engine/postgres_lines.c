#include "worker/engine/postgres_lines.h"

#include <string.h>

#include "common/memory.h"

// Four passes go over what is held (rows in, two digests, the write): it should stay in a core's
// cache.
enum { ROOM_SIZE = 256 << 10 };

void
postgres_lines_begin(struct postgres_lines *self, const struct sink *sink, void *file)
{
    *self = (struct postgres_lines){.sink = sink, .file = file, .room = memory_get(ROOM_SIZE)};
}

int
postgres_lines_end(struct postgres_lines *self, struct error *error)
{
    if (self->used > 0 && self->sink->write(self->file, self->room, self->used, error))
        return -1;
    self->used = 0;
    return 0;
}

int
postgres_lines_add(struct postgres_lines *self, const char *data, size_t size, struct error *error)
{
    if (size > ROOM_SIZE - self->used && postgres_lines_end(self, error))
        return -1;
    self->size_bytes += size;
    if (size > ROOM_SIZE)
        return self->sink->write(self->file, data, size, error);
    memcpy(self->room + self->used, data, size);
    self->used += size;
    return 0;
}

void
postgres_lines_clear(struct postgres_lines *self)
{
    memory_free(&self->room);
}
