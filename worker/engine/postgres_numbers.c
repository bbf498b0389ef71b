#include "worker/engine/postgres_numbers.h"

#include "common/memory.h"
#include "worker/engine/ranges.h"

// The last slot is for the files that stand between two databases' rows.
enum { SLOTS = 1 << 15 };

struct postgres_numbers {
    size_t place;
    uint8_t is_taken[SLOTS];
};

postgres_numbers_t *
postgres_numbers_new(size_t place)
{
    postgres_numbers_t *self = memory_get(sizeof *self);
    self->place = place;
    self->is_taken[SLOTS - 1] = 1;
    return self;
}

void
postgres_numbers_destroy(postgres_numbers_t **self_p)
{
    memory_free(self_p);
}

uint32_t
postgres_numbers_first(postgres_numbers_t *self, const char *schema, const char *table)
{
    if (self->place >= POSTGRES_NUMBERS_DATABASES)
        return 0;
    uint32_t slot = ranges_bucket(schema, table, SLOTS);
    while (self->is_taken[slot])
        slot = (slot + 1) % SLOTS;
    self->is_taken[slot] = 1;
    return ((uint32_t)(self->place + 1) * SLOTS + slot) * POSTGRES_NUMBERS_RANGES;
}
