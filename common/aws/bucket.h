// A token bucket: how fast one account's service in one region is asked. No clock of its own.

#pragma once

#include <stdint.h>

struct aws_bucket {
    int64_t rate_per_s;
    int64_t burst;
    int64_t thousandths;  // of tokens that are there
    int64_t at_ms;        // when that was so
};

// Full.
void aws_bucket_begin(struct aws_bucket *self, int64_t rate_per_s, int64_t burst, int64_t now_ms);

// Takes a token and returns 0, or returns how long it is until there is one.
int64_t aws_bucket_take(struct aws_bucket *self, int64_t now_ms);

// Takes all tokens away: we were told that others use up what there is.
void aws_bucket_drain(struct aws_bucket *self, int64_t now_ms);
