#include "common/pace.h"

enum { CREDIT_US = 250000, SIZE_MAX_BYTES = 1 << 30 };

struct pace
pace_at(uint64_t rate_bytes_per_s)
{
    return (struct pace){.rate_bytes_per_s = rate_bytes_per_s};
}

int64_t
pace_take(struct pace *self, uint64_t size_bytes, int64_t now_ms)
{
    int64_t now_us = now_ms * 1000;
    if (self->rate_bytes_per_s == 0)
        return 0;
    if (self->due_us < now_us - CREDIT_US)
        self->due_us = now_us - CREDIT_US;
    // Piece by piece, so that no product is too large for its type.
    while (size_bytes > 0) {
        uint64_t piece = size_bytes < SIZE_MAX_BYTES ? size_bytes : SIZE_MAX_BYTES;
        self->due_us += (int64_t)(piece * 1000000 / self->rate_bytes_per_s);
        size_bytes -= piece;
    }
    return self->due_us > now_us ? (self->due_us - now_us + 999) / 1000 : 0;
}
