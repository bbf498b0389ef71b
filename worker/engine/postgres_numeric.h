// A decimal number from COPY's binary form as text. Part of postgres_scalar.

#pragma once

#include <stddef.h>

// How much room its text may take; 0: it is no number that a server has.
size_t postgres_numeric_room(const char *data, size_t size);

// Returns the size of the text, without a NUL at its end.
size_t postgres_numeric_print(char *to, const char *data);
