// Bytes that grow at their end and may be secrets: what is outgrown or cleared is overwritten
// before it is freed. The caller keeps to a limit.
//
//     CLEAN(buffer_clear) struct buffer text = {0};
//     buffer_format(&text, "%s\n", method);

#pragma once

#include <stddef.h>

struct buffer {
    char *data;  // NUL-terminated beyond size; NULL before the first addition
    size_t size;
    size_t capacity;
};

void buffer_add(struct buffer *self, const void *data, size_t size);
void buffer_text(struct buffer *self, const char *text);
void buffer_format(struct buffer *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// The text so far, never NULL. Lent until the next addition.
const char *buffer_read(const struct buffer *self);

// Hands the text over, never NULL (for memory_free_secret), and starts anew.
char *buffer_take(struct buffer *self);

// Overwrites what is there and keeps the room.
void buffer_empty(struct buffer *self);

// Overwrites and frees.
void buffer_clear(struct buffer *self);
