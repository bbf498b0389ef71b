// Numbers as decimal digits, several at a time. Words hold eight characters, the first as the
// lowest byte: a processor that is to read what it has just written in smaller pieces waits for a
// long time.

#pragma once

#include <stdint.h>
#include <string.h>

extern const char digits_pairs[];  // "00" to "99"

enum { DIGITS_ROOM = 24 };  // bytes that digits_number may write

static const uint64_t digits_zeros = UINT64_C(0x3030303030303030);  // '0', eight times

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

// Two of one below 100, in a word.
static inline uint64_t
digits_pair(unsigned number)
{
    const char *pair = digits_pairs + 2 * (size_t)number;
    return (unsigned)(unsigned char)pair[0] | (unsigned)(unsigned char)pair[1] << 8;
}

// Eight of one below 100,000,000.
static inline uint64_t
digits_eight(uint64_t number)
{
    // Two of four digits, four of two, eight of one, each in a part of the word of its own.
    uint64_t fours = number / 10000 | number % 10000 << 32;
    uint64_t hundreds = (fours * 10486 >> 20) & UINT64_C(0x0000007f0000007f);
    uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
    uint64_t tens = (twos * 103 >> 10) & UINT64_C(0x000f000f000f000f);
    return (tens | (twos - 10 * tens) << 8) + digits_zeros;
}

// How many of a word's digits are left without the zeros at its end.
static inline unsigned
digits_used(uint64_t word)
{
    word ^= digits_zeros;
    return word ? 8 - (unsigned)__builtin_clzll(word) / 8 : 0;
}

// As many as the number has, 20 at most. Behind them anything may be written, up to DIGITS_ROOM.
char *digits_number(char *to, uint64_t number);
