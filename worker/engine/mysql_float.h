// A floating-point number as mysql_row writes it: as the first of "%.15g" to "%.17g" (of a float
// "%.6g" to "%.9g") that is read back as the same number. It is made of the fewest digits
// (shortest.h) where these are sure to be the same ones, which takes a fiftieth of the time.
//
//     CLEAN(shortest_destroy) shortest_t *shortest = shortest_new();
//     char text[MYSQL_FLOAT_SIZE];
//     size_t size = mysql_float_double(shortest, text, 0.1);  // "0.1"

#pragma once

#include <stddef.h>

#include "worker/engine/shortest.h"

enum { MYSQL_FLOAT_SIZE = SHORTEST_SIZE };

// Both return the text's size, without its NUL. Numbers that are not finite are "inf" and "nan".
size_t mysql_float_double(const shortest_t *shortest, char text[MYSQL_FLOAT_SIZE], double number);
size_t mysql_float_single(const shortest_t *shortest, char text[MYSQL_FLOAT_SIZE], float number);
