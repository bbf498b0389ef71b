// XXH3 by the widest instructions of the processor that it runs on: the same hashes, in half the
// time for rows. Includes <xxhash.h>.

#pragma once

#include <xxhash.h>

#ifdef __x86_64__
#include <xxh_x86dispatch.h>
#endif
