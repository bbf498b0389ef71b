#include "coordinator/retry.h"

const char *failure_class_name(enum failure_class class)
{
    static const char *const names[FAILURE_CLASSES] = {
        [FAILURE_AGAIN] = "try again",
        [FAILURE_ACT] = "somebody must act",
        [FAILURE_LATER] = "defer",
    };
    return names[class];
}

static int64_t
backoff(const struct retry_rules *rules, int64_t failures)
{
    int64_t delay_ms = rules->delay_ms;
    while (--failures > 0 && delay_ms < rules->delay_max_ms)
        delay_ms *= 2;
    return delay_ms < rules->delay_max_ms ? delay_ms : rules->delay_max_ms;
}

static int64_t
jitter(uint64_t random, int64_t span)
{
    return span > 0 ? (int64_t)(random % (uint64_t)span) : 0;
}

int
retry_decide(const struct retry_rules *rules, enum failure_class class, int64_t failures,
             uint64_t random, int64_t *delay_ms)
{
    switch (class) {
    case FAILURE_AGAIN:
        if (failures >= rules->failures_max)
            return 0;
        *delay_ms = jitter(random, backoff(rules, failures) + 1);
        return 1;
    case FAILURE_LATER:
        if (failures >= rules->defers_max)
            return 0;
        *delay_ms = rules->defer_ms + jitter(random, rules->defer_ms / 10 + 1);
        return 1;
    default:
        return 0;
    }
}
