// Decimal digits two at a time. Part of postgres_value.

#pragma once

#include <string.h>

extern const char postgres_digits_pairs[];  // "00" to "99"

// Two digits of a number below 100; returns where the next may stand.
static inline char *
postgres_digits_two(char *to, unsigned number)
{
    memcpy(to, postgres_digits_pairs + 2 * (size_t)number, 2);
    return to + 2;
}

// Four of one below 10,000.
static inline char *
postgres_digits_four(char *to, unsigned number)
{
    return postgres_digits_two(postgres_digits_two(to, number / 100), number % 100);
}
