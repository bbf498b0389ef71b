// Single values of COPY's binary form as text; see postgres_value.h, which adds arrays.

#pragma once

#include "worker/engine/postgres_float.h"
#include "worker/engine/postgres_value.h"

enum { POSTGRES_TEXT_MAX = 0x3fffffff };  // bytes: what a server can hold as one text

// Memory that grows and is used again.
struct postgres_room {
    char *data;
    size_t size;
};

// Room for so many bytes, which keep what was there.
char *postgres_room_get(struct postgres_room *self, size_t size);
void postgres_room_clear(struct postgres_room *self);

struct postgres_scalar {
    shortest_t *shortest;
    struct postgres_room room;
};

// As postgres_printer_print.
int postgres_scalar_print(struct postgres_scalar *self, enum postgres_kind kind, const char *data,
                          size_t size, struct postgres_value *value, struct error *error);

// Straight to where it is wanted, for what fits POSTGRES_SCALAR_SMALL bytes and has nothing that
// COPY would escape: values of a fixed size, and numbers. 0: none of these, or no value.
enum { POSTGRES_SCALAR_SMALL = 128 };
size_t postgres_scalar_put(const struct postgres_scalar *self, char *to, enum postgres_kind kind,
                           const char *data, size_t size);

// Two digits a byte.
char *postgres_scalar_hex(char *to, const char *data, size_t size);

// Numbers as they travel: the highest byte first.
static inline uint16_t
postgres_scalar_u16(const char *data)
{
    const unsigned char *bytes = (const unsigned char *)data;
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t
postgres_scalar_u32(const char *data)
{
    return (uint32_t)postgres_scalar_u16(data) << 16 | postgres_scalar_u16(data + 2);
}

static inline uint64_t
postgres_scalar_u64(const char *data)
{
    return (uint64_t)postgres_scalar_u32(data) << 32 | postgres_scalar_u32(data + 4);
}
