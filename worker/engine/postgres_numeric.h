// A decimal number from COPY's binary form as text. Part of postgres_scalar.

#pragma once

#include <stddef.h>
#include <stdint.h>

// How much room its text may take; 0: it is no number that a server has.
size_t postgres_numeric_room(const char *data, size_t size);

// Returns the size of the text, without a NUL at its end.
size_t postgres_numeric_print(char *to, const char *data);

// One of at most 16 digits before the point and 8 behind it, for who writes it more than once.
struct postgres_numeric_usual {
    uint64_t whole;
    uint64_t fraction;  // a word of digits (digits.h)
    unsigned scale;     // how many of them are printed; the rest are zeros
    int is_negative;
};

// -1: it is another one, or none.
int postgres_numeric_take(const char *data, size_t size, struct postgres_numeric_usual *usual);
