// Bytes made harmless as COPY's text form has them: backslash, tab, line feed, carriage return,
// backspace, form feed and vertical tab become a backslash and a letter. The server itself writes
// no other escapes.

#pragma once

#include <stddef.h>

// `to` must have room for twice the size. Returns how much was written.
size_t postgres_escape(char *to, const char *data, size_t size);

// The same, and the bytes as they are to `copy`, which has room for them.
size_t postgres_escape_twice(char *to, void *copy, const char *data, size_t size);
