// The fewest decimal digits that tell a floating-point number from all others of its kind: those of
// the shortest decimal number that lies strictly between the halfway points to the neighbours, and
// of several the nearest to the number. What servers print is made of them: postgres_float.h,
// mysql_float.h.
//
// The way is that of R. Giulietti, "The Schubfach way to render doubles" (2020): three products
// with a power of ten of 126 bits decide. tests/test_postgres_value.c holds it to exact arithmetic
// and to real servers, tests/test_mysql_float.c to the C library.
//
//     CLEAN(shortest_destroy) shortest_t *shortest = shortest_new();
//     struct shortest_digits digits = shortest_double(shortest, 0.1);  // "1", exponent -1

#pragma once

#include <stdint.h>

struct shortest_digits {
    uint64_t words[3];  // figures, the first as the lowest byte
    int count;          // the last is not 0
    int exponent;       // of ten, of the first digit
};

typedef struct shortest shortest_t;

// Reckons its powers of ten: some 10 KiB, to be kept for many numbers.
shortest_t *shortest_new(void);
void shortest_destroy(shortest_t **self_p);

// Of a finite number above 0.
struct shortest_digits shortest_double(const shortest_t *self, double number);
struct shortest_digits shortest_single(const shortest_t *self, float number);

enum { SHORTEST_SIZE = 48 };

// Writes digits as "%g" does: from an exponent of -4 on, and below `fixed_below`, with a point
// alone, else with an "e". Returns the end; SHORTEST_SIZE bytes are enough, and what
// is behind the end is not defined.
char *shortest_print(const struct shortest_digits *self, char *to, int fixed_below);
