#include "common/aws/retry.h"

int
aws_retry_decide(enum aws_outcome outcome, int64_t attempts, int64_t attempts_max,
                 int64_t retry_after_ms, uint64_t random, int64_t *delay_ms)
{
    if (attempts >= attempts_max || (outcome != AWS_THROTTLED && outcome != AWS_TRANSIENT))
        return 0;
    int64_t bound_ms = AWS_RETRY_FIRST_MS;
    for (int64_t i = 1; i < attempts && bound_ms < AWS_RETRY_LAST_MS; i++)
        bound_ms *= 2;
    if (bound_ms > AWS_RETRY_LAST_MS)
        bound_ms = AWS_RETRY_LAST_MS;
    int64_t jittered_ms = (int64_t)(random % (uint64_t)(bound_ms + 1));
    *delay_ms = retry_after_ms > jittered_ms ? retry_after_ms : jittered_ms;
    return 1;
}
