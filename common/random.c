#include "common/random.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void
random_bytes(void *data, size_t size)
{
    uint8_t *next = data;
    while (size > 0) {
        ssize_t got = getrandom(next, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            abort();  // the kernel has no such call: nothing here can be trusted
        next += got;
        size -= (size_t)got;
    }
}

uint64_t
random_below(uint64_t bound)
{
    assert(bound > 0);
    // What lies above the last whole multiple of bound would favour small numbers.
    uint64_t excess = (UINT64_MAX % bound + 1) % bound;
    uint64_t number;
    do
        random_bytes(&number, sizeof number);
    while (number > UINT64_MAX - excess);
    return number % bound;
}

void
random_id(char text[RANDOM_ID_SIZE])
{
    uint8_t bytes[16];
    random_bytes(bytes, sizeof bytes);
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    char *next = text;
    for (size_t i = 0; i < sizeof bytes; i++) {
        int dash = i == 4 || i == 6 || i == 8 || i == 10;
        snprintf(next, 4, dash ? "-%02x" : "%02x", bytes[i]);
        next += dash ? 3 : 2;
    }
}
