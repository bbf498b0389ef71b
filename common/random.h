// Randomness from the kernel. As with the clocks, only the loops and main ask.

#pragma once

#include <stddef.h>
#include <stdint.h>

enum { RANDOM_ID_SIZE = 37 };

void random_bytes(void *data, size_t size);
uint64_t random_below(uint64_t bound);  // uniform in [0, bound); bound > 0

// A UUID, version 4, lower case: "0b9e2c1e-...".
void random_id(char text[RANDOM_ID_SIZE]);
