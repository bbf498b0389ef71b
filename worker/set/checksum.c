#include "worker/set/checksum.h"

#include <stdlib.h>

#include "common/fast_hash.h"
#include "common/memory.h"

struct checksum {
    XXH3_state_t *state;
};

checksum_t *
checksum_new(uint64_t seed)
{
    checksum_t *self = memory_get(sizeof *self);
    self->state = XXH3_createState();
    if (!self->state)
        abort();
    XXH3_128bits_reset_withSeed(self->state, seed);
    return self;
}

void
checksum_destroy(checksum_t **self_p)
{
    if (!*self_p)
        return;
    XXH3_freeState((*self_p)->state);
    memory_free(self_p);
}

void
checksum_add(checksum_t *self, const void *data, size_t size)
{
    XXH3_128bits_update(self->state, data, size);
    fast_hash_rest();
}

struct checksum_sum
checksum_sum(const checksum_t *self)
{
    XXH128_hash_t hash = XXH3_128bits_digest(self->state);
    return (struct checksum_sum){.high = hash.high64, .low = hash.low64};
}

int
checksum_equal(struct checksum_sum one, struct checksum_sum other)
{
    return one.high == other.high && one.low == other.low;
}
