#include "worker/engine/postgres_lines.h"

#include <string.h>

#include "common/memory.h"

void
postgres_lines_begin(struct postgres_lines *self, const struct sink *sink, void *file)
{
    *self = (struct postgres_lines){
        .sink = sink, .file = file, .room = memory_get(POSTGRES_LINES_SIZE)};
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
    if (size > POSTGRES_LINES_SIZE - self->used && postgres_lines_end(self, error))
        return -1;
    self->size_bytes += size;
    if (size > POSTGRES_LINES_SIZE)
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
