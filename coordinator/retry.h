// Whether and when a job is tried again: by the class of its failure, with exponential backoff
// and full jitter. No clock and no randomness of its own.

#pragma once

#include <stdint.h>

enum failure_class { FAILURE_AGAIN, FAILURE_ACT, FAILURE_LATER, FAILURE_CLASSES };

struct retry_rules {
    int64_t failures_max;  // attempts that may fail in the class "try again"
    int64_t delay_ms;      // before the second attempt, doubled from then on
    int64_t delay_max_ms;
    int64_t defer_ms;  // "defer": a fixed wait, with a tenth of jitter
    int64_t defers_max;
};

const char *
    failure_class_name(enum failure_class class);  // "try again", "somebody must act", "defer"

// Decides after failure number `failures` (1 for the first). Returns 1 and the wait in *delay_ms if
// the job is to be tried again, 0 if not. `random` is uniform over its whole range.
int retry_decide(const struct retry_rules *rules, enum failure_class class, int64_t failures,
                 uint64_t random, int64_t *delay_ms);
