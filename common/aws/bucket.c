#include "common/aws/bucket.h"

enum { TOKEN = 1000 };

void
aws_bucket_begin(struct aws_bucket *self, int64_t rate_per_s, int64_t burst, int64_t now_ms)
{
    *self = (struct aws_bucket){
        .rate_per_s = rate_per_s, .burst = burst, .thousandths = burst * TOKEN, .at_ms = now_ms};
}

// A rate a second is as many thousandths a millisecond.
static void
fill(struct aws_bucket *self, int64_t now_ms)
{
    if (now_ms <= self->at_ms)
        return;
    int64_t passed_ms = now_ms - self->at_ms;
    int64_t missing = self->burst * TOKEN - self->thousandths;
    int64_t full_after_ms = missing / self->rate_per_s + 1;
    self->thousandths = passed_ms >= full_after_ms
                            ? self->burst * TOKEN
                            : self->thousandths + passed_ms * self->rate_per_s;
    self->at_ms = now_ms;
}

int64_t
aws_bucket_take(struct aws_bucket *self, int64_t now_ms)
{
    fill(self, now_ms);
    if (self->thousandths < TOKEN)
        return (TOKEN - self->thousandths + self->rate_per_s - 1) / self->rate_per_s;
    self->thousandths -= TOKEN;
    return 0;
}

void
aws_bucket_drain(struct aws_bucket *self, int64_t now_ms)
{
    fill(self, now_ms);
    self->thousandths = 0;
}
