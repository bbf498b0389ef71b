#include "worker/set/readbacks.h"

#include "common/memory.h"

struct slot {
    readback_t *readback;
    int is_taken;
};

struct readbacks {
    const store_t *store;
    int dir;
    struct slot slots[READBACKS_MAX];
    uint64_t dropped_bytes;  // that dropped ones had read
};

readbacks_t *
readbacks_new(const store_t *store, int dir)
{
    readbacks_t *self = memory_get(sizeof *self);
    self->store = store;
    self->dir = dir;
    return self;
}

void
readbacks_destroy(readbacks_t **self_p)
{
    if (!*self_p)
        return;
    for (size_t index = 0; index < READBACKS_MAX; index++)
        readback_destroy(&(*self_p)->slots[index].readback);
    memory_free(self_p);
}

int
readbacks_take(readbacks_t *self, readback_t **readback, struct error *error)
{
    for (size_t index = 0; index < READBACKS_MAX; index++) {
        struct slot *slot = &self->slots[index];
        if (slot->is_taken)
            continue;
        if (!slot->readback && readback_open(&slot->readback, self->store, self->dir, error))
            return -1;
        slot->is_taken = 1;
        *readback = slot->readback;
        return 0;
    }
    return error_set(error, ERROR_INTERNAL, "more than %d files of a set at once", READBACKS_MAX);
}

static struct slot *
find(readbacks_t *self, const readback_t *readback)
{
    struct slot *slot = self->slots;
    while (slot->readback != readback)
        slot++;
    return slot;
}

void
readbacks_give(readbacks_t *self, const readback_t *readback)
{
    find(self, readback)->is_taken = 0;
}

void
readbacks_drop(readbacks_t *self, const readback_t *readback)
{
    struct slot *slot = find(self, readback);
    self->dropped_bytes += readback_verified_bytes(readback);
    readback_destroy(&slot->readback);
    slot->is_taken = 0;
}

int
readbacks_wait(readbacks_t *self, int *is_done, struct error *error)
{
    for (size_t index = 0; index < READBACKS_MAX; index++) {
        *is_done = 1;
        if (self->slots[index].readback &&
            readback_wait(self->slots[index].readback, is_done, error))
            return -1;
        if (!*is_done)
            return 0;
    }
    return 0;
}

uint64_t
readbacks_verified_bytes(const readbacks_t *self)
{
    uint64_t bytes = self->dropped_bytes;
    for (size_t index = 0; index < READBACKS_MAX; index++) {
        const struct slot *slot = &self->slots[index];
        bytes += slot->readback && !slot->is_taken ? readback_verified_bytes(slot->readback) : 0;
    }
    return bytes;
}

int
readbacks_refused(const readbacks_t *self)
{
    int refused = 0;
    for (size_t index = 0; index < READBACKS_MAX && !refused; index++)
        refused = self->slots[index].readback ? readback_refused(self->slots[index].readback) : 0;
    return refused;
}
