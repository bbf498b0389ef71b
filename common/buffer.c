#include "common/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

enum { ROOM_MIN = 128 };

static void
make_room(struct buffer *self, size_t size)
{
    size_t needed = self->size + size + 1;
    if (needed <= self->capacity)
        return;
    size_t capacity = self->capacity ? self->capacity : ROOM_MIN;
    while (capacity < needed)
        capacity *= 2;
    char *data = memory_get(capacity);
    if (self->data) {
        memcpy(data, self->data, self->size);
        explicit_bzero(self->data, self->capacity);
        free(self->data);
    }
    self->data = data;
    self->capacity = capacity;
}

void
buffer_add(struct buffer *self, const void *data, size_t size)
{
    make_room(self, size);
    if (size > 0)
        memcpy(self->data + self->size, data, size);
    self->size += size;
    self->data[self->size] = '\0';
}

void
buffer_text(struct buffer *self, const char *text)
{
    buffer_add(self, text, strlen(text));
}

void
buffer_format(struct buffer *self, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0)
        abort();
    make_room(self, (size_t)size);
    vsnprintf(self->data + self->size, (size_t)size + 1, format, again);
    va_end(again);
    self->size += (size_t)size;
}

const char *
buffer_read(const struct buffer *self)
{
    return self->data ? self->data : "";
}

char *
buffer_take(struct buffer *self)
{
    make_room(self, 0);
    char *data = self->data;
    *self = (struct buffer){0};
    return data;
}

void
buffer_empty(struct buffer *self)
{
    if (self->size > 0)
        explicit_bzero(self->data, self->size);
    self->size = 0;
}

void
buffer_clear(struct buffer *self)
{
    if (self->data)
        explicit_bzero(self->data, self->capacity);
    free(self->data);
    *self = (struct buffer){0};
}
