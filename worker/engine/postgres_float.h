// Floating-point numbers as PostgreSQL 12 and later print them where extra_float_digits is above 0:
// the fewest digits that tell a number from all others. Part of postgres_value.
//
//     CLEAN(shortest_destroy) shortest_t *shortest = shortest_new();
//     char text[POSTGRES_FLOAT_SIZE];
//     size_t size = postgres_float_double(shortest, text, 0.1);  // "0.1"

#pragma once

#include <stddef.h>

#include "worker/engine/shortest.h"

enum { POSTGRES_FLOAT_SIZE = SHORTEST_SIZE };

// Return the size of the text; what is behind it is not defined.
size_t postgres_float_double(const shortest_t *shortest, char *to, double number);
size_t postgres_float_single(const shortest_t *shortest, char *to, float number);
