// A floating-point number as the shortest decimal text that is read back as the same number: of
// "%.15g" to "%.17g" (of a float "%.6g" to "%.9g") the first that does. Most numbers are reckoned
// here, by integers, which takes a fiftieth of the time of printing and reading them.
//
//     char text[SHORTEST_SIZE];
//     size_t size = shortest_double(text, 0.1);      // "0.1"

#pragma once

#include <stddef.h>

enum { SHORTEST_SIZE = 40 };

// Both return the text's size, without its 0. Numbers that are not finite are "inf" and "nan".
size_t shortest_double(char text[SHORTEST_SIZE], double number);
size_t shortest_float(char text[SHORTEST_SIZE], float number);
