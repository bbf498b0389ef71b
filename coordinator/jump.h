// Whether a new set is so much larger or smaller than those before of the same database that
// somebody should look: a mass change, a deletion, or the wrong server behind the name. No I/O, no
// clock.
//
// Two series are judged, each by itself: bytes, and rows where they were counted. The measure is
// the median of the last sets, so that one odd night counts for nothing, and how far these lie from
// it: who changes a lot from night to night has to change more. The first JUMP_SETS_MIN sets say
// nothing, and nor do differences that are small in themselves. What a BoostFS stores of it is not
// known here.
//
//     struct jump_series bytes = {.past = {100, 101, 99}, .count = 3, .now = now};
//     if (jump_judge(&rules, &bytes, &rows, text))
//         ... tell text

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "coordinator/record.h"

enum {
    JUMP_PAST_MAX = 5,
    JUMP_SETS_MIN = 3,
    JUMP_LEAST_BYTES = 1 << 20,
    JUMP_LEAST_ROWS = 1000,
    JUMP_SPREADS = 4,  // so many times what past sets lie from their median is usual
    JUMP_TEXT_SIZE = 200,
};

struct jump_series {
    int64_t past[JUMP_PAST_MAX];  // in any order
    size_t count;
    int64_t now;
};

// Returns 1 and a sentence if one of them jumps, 0 and "" if not. `rows` whose newest is 0 are not
// known.
int jump_judge(const struct jump_rules *rules, const struct jump_series *bytes,
               const struct jump_series *rows, char text[JUMP_TEXT_SIZE]);
