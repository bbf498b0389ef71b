// Floating-point numbers as PostgreSQL 12 and later print them where extra_float_digits is above 0:
// the fewest digits that lie strictly between the halfway points to the neighbours, and of those
// the nearest to the number. Part of postgres_value.
//
// The way is that of R. Giulietti, "The Schubfach way to render doubles" (2020): three products
// with a power of ten of 126 bits decide. tests/test_postgres_value.c holds it to exact arithmetic
// and to real servers.
//
//     CLEAN(postgres_float_destroy) postgres_float_t *powers = postgres_float_new();
//     char text[POSTGRES_FLOAT_SIZE];
//     size_t size = postgres_float_double(powers, text, 0.1);  // "0.1"

#pragma once

#include <stddef.h>

enum { POSTGRES_FLOAT_SIZE = 32 };

typedef struct postgres_float postgres_float_t;

postgres_float_t *postgres_float_new(void);
void postgres_float_destroy(postgres_float_t **self_p);

// Return the size of the text; without a NUL at its end.
size_t postgres_float_double(const postgres_float_t *self, char *to, double number);
size_t postgres_float_single(const postgres_float_t *self, char *to, float number);
