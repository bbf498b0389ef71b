// XXH3 by the widest instructions of the processor that it runs on: the same hashes, in half the
// time for rows. Includes <xxhash.h>.
//
// After a hash fast_hash_rest: the library leaves the upper halves of the registers that those
// instructions use as they are, and our own code, which knows the lower ones alone, waits for them
// from then on (a fifth of the time of a row of 300 bytes on AMD's Zen 3). A compiler that may use
// those registers gives them back by itself.

#pragma once

#include <xxhash.h>

#ifdef __x86_64__
#include <xxh_x86dispatch.h>
#endif

static inline void
fast_hash_rest(void)
{
#if defined(__x86_64__) && !defined(__AVX__)
    if (__builtin_cpu_supports("avx"))
        __asm__ volatile("vzeroupper");
#endif
}
