// Whether and when a call to AWS is tried again: exponential backoff with full jitter, as AWS asks
// for. No clock and no randomness of its own.

#pragma once

#include <stdint.h>

#include "common/aws/outcome.h"

enum { AWS_RETRY_FIRST_MS = 1000, AWS_RETRY_LAST_MS = 20000 };

// Decides after attempt number `attempts` (1 for the first). Returns 1 and the wait in *delay_ms if
// there is to be a further one, 0 if not. `random` is uniform over its whole range; retry_after_ms
// is what the answer asked for, -1 if it did not.
int aws_retry_decide(enum aws_outcome outcome, int64_t attempts, int64_t attempts_max,
                     int64_t retry_after_ms, uint64_t random, int64_t *delay_ms);
