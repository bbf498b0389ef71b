// A limit of bytes a second: says how long to wait. Pure: time is an argument, waiting the
// caller's.
//
//     struct pace pace = pace_at(rate_bytes_per_s);       // 0 = no limit
//     int64_t wait_ms = pace_take(&pace, size, now_ms);   // after reading `size` bytes
//
// What was not used while nothing was to be read is lost but for a quarter of a second, so that a
// pause is followed by no flood.

#pragma once

#include <stdint.h>

struct pace {
    uint64_t rate_bytes_per_s;
    int64_t due_us;  // when all that was taken may have been read
};

struct pace pace_at(uint64_t rate_bytes_per_s);

// Takes note of `size_bytes` that were read, and returns for how many milliseconds nothing more is
// to be read. now_ms never goes back.
int64_t pace_take(struct pace *self, uint64_t size_bytes, int64_t now_ms);
