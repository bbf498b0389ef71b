// Memory for one decoded message: a block of fixed size that says no when it is full, so that no
// message, however made, can ask for more. Only wire.c and wire_check.c use it.

#pragma once

#include <stddef.h>

#include "proto/wire.h"

enum { WIRE_ARENA_SIZE = 1 << 20 };

typedef struct wire_arena wire_arena_t;

wire_arena_t *wire_arena_new(void);
void wire_arena_destroy(wire_arena_t **self_p);

// Forgets all that was given out.
void wire_arena_reset(wire_arena_t *self);

// What protobuf-c allocates with. Its alloc returns NULL when the arena is full.
ProtobufCAllocator *wire_arena_allocator(wire_arena_t *self);

// The size that was asked for at `memory`, or 0 if it is none of this arena's. protobuf-c asks for
// a text's length and one byte more: that is how a text with a NUL in it is told from a short one.
size_t wire_arena_size(const wire_arena_t *self, const void *memory);
