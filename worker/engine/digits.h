// Numbers as decimal digits, two at a time.

#pragma once

#include <stdint.h>
#include <string.h>

extern const char digits_pairs[];  // "00" to "99"

// Two digits of a number below 100; returns where the next may stand.
static inline char *
digits_two(char *to, unsigned number)
{
    memcpy(to, digits_pairs + 2 * (size_t)number, 2);
    return to + 2;
}

// Four of one below 10,000.
static inline char *
digits_four(char *to, unsigned number)
{
    return digits_two(digits_two(to, number / 100), number % 100);
}

// As many as the number has, 20 at most.
char *digits_number(char *to, uint64_t number);
