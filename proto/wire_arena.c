#include "proto/wire_arena.h"

#include <stdint.h>

#include "common/memory.h"

enum {
    // protobuf-c notes the members of a message in slabs before it parses them, and frees the slabs
    // afterwards. From this size on what was freed is used again for the same size: otherwise a
    // table of many columns would leave a dead slab for each row.
    KEPT_SIZE_MIN = 512,
    KEPT_MAX = 16,
};

// Stands before each piece.
struct piece {
    size_t size;
};

struct wire_arena {
    ProtobufCAllocator allocator;
    size_t used;
    void *kept[KEPT_MAX];  // freed, to be used again
    _Alignas(max_align_t) uint8_t memory[WIRE_ARENA_SIZE];
};

static void *
take_kept(wire_arena_t *self, size_t size)
{
    for (size_t i = 0; i < KEPT_MAX; i++) {
        if (self->kept[i] && wire_arena_size(self, self->kept[i]) == size) {
            void *memory = self->kept[i];
            self->kept[i] = NULL;
            return memory;
        }
    }
    return NULL;
}

static void *
take(void *data, size_t size)
{
    wire_arena_t *self = data;
    void *memory = size >= KEPT_SIZE_MIN ? take_kept(self, size) : NULL;
    if (memory)
        return memory;
    if (size > WIRE_ARENA_SIZE)
        return NULL;
    size_t whole = (sizeof(struct piece) + size + 7) & ~(size_t)7;
    if (whole > WIRE_ARENA_SIZE - self->used)
        return NULL;
    struct piece *piece = (struct piece *)(void *)(self->memory + self->used);
    piece->size = size;
    self->used += whole;
    return piece + 1;
}

static void
give_back(void *data, void *memory)
{
    wire_arena_t *self = data;
    if (!memory || wire_arena_size(self, memory) < KEPT_SIZE_MIN)
        return;
    for (size_t i = 0; i < KEPT_MAX; i++) {
        if (!self->kept[i]) {
            self->kept[i] = memory;
            return;
        }
    }
}

wire_arena_t *
wire_arena_new(void)
{
    wire_arena_t *self = memory_get(sizeof *self);
    self->allocator = (ProtobufCAllocator){take, give_back, self};
    return self;
}

void
wire_arena_destroy(wire_arena_t **self_p)
{
    memory_free(self_p);
}

void
wire_arena_reset(wire_arena_t *self)
{
    self->used = 0;
    for (size_t i = 0; i < KEPT_MAX; i++)
        self->kept[i] = NULL;
}

ProtobufCAllocator *
wire_arena_allocator(wire_arena_t *self)
{
    return &self->allocator;
}

size_t
wire_arena_size(const wire_arena_t *self, const void *memory)
{
    const uint8_t *byte = memory;
    if (byte < self->memory + sizeof(struct piece) || byte >= self->memory + self->used)
        return 0;
    return ((const struct piece *)memory - 1)->size;
}
