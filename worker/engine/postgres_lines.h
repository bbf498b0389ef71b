// A file of a set that is written line by line, in large pieces. For one thread.
//
//     struct postgres_lines lines;
//     postgres_lines_begin(&lines, sink, file);
//     if (postgres_lines_add(&lines, text, size, error) || postgres_lines_end(&lines, error))
//         return -1;

#pragma once

#include <stdint.h>

#include "worker/engine/engine.h"

// Four passes go over what is held (rows in, two digests, the write): it should stay in a core's
// cache.
enum { POSTGRES_LINES_SIZE = 256 << 10 };

struct postgres_lines {
    const struct sink *sink;
    void *file;  // of the sink's begin
    char *room;
    size_t used;
    uint64_t size_bytes;  // all that was added
};

void postgres_lines_begin(struct postgres_lines *self, const struct sink *sink, void *file);
int postgres_lines_add(struct postgres_lines *self, const char *data, size_t size,
                       struct error *error);

// Writes what is left.
int postgres_lines_end(struct postgres_lines *self, struct error *error);

// Where so many bytes (at most half of POSTGRES_LINES_SIZE) can be put; NULL: `error` is set. What
// was put is told by postgres_lines_put.
static inline char *
postgres_lines_room(struct postgres_lines *self, size_t size, struct error *error)
{
    if (size > POSTGRES_LINES_SIZE - self->used && postgres_lines_end(self, error))
        return NULL;
    return self->room + self->used;
}

static inline void
postgres_lines_put(struct postgres_lines *self, size_t size)
{
    self->used += size;
    self->size_bytes += size;
}
void postgres_lines_clear(struct postgres_lines *self);
