#include "proto/wire.h"

#include <stdlib.h>

#include "common/clean.h"
#include "common/memory.h"
#include "proto/wire_arena.h"
#include "proto/wire_check.h"

enum {
    // A message up to this size fits into the decoder's arena if it is within the limits, however
    // it is made; a longer one is tried before it is sent.
    TRIED_SIZE_MIN = 32768,
};

struct wire_decoder {
    wire_arena_t *arena;
};

wire_decoder_t *
wire_decoder_new(void)
{
    wire_decoder_t *self = memory_get(sizeof *self);
    self->arena = wire_arena_new();
    return self;
}

void
wire_decoder_destroy(wire_decoder_t **self_p)
{
    if (*self_p)
        wire_arena_destroy(&(*self_p)->arena);
    memory_free(self_p);
}

// The version stands first, so it can be read even if another version means the rest otherwise.
// 0 if it does not stand there.
static uint64_t
first_version(const uint8_t *data, size_t size)
{
    enum { TAG = 1 << 3 };  // field 1, a number
    if (size < 2 || data[0] != TAG)
        return 0;
    uint64_t version = 0;
    for (size_t i = 1; i < size && i <= 9; i++) {
        version |= (uint64_t)(data[i] & 0x7f) << (7 * (i - 1));
        if (!(data[i] & 0x80))
            return version;
    }
    return 0;
}

static int
refuse_version(uint64_t version, struct error *error)
{
    return error_set(error, ERROR_CONFIG,
                     "the other side speaks version %llu and this program %d: run the same release "
                     "of dbhaul on both",
                     (unsigned long long)version, WIRE_VERSION);
}

static int
refuse_size(size_t size, size_t size_max, struct error *error)
{
    return error_set(error, ERROR_INVALID, "a message of %zu bytes, but at most %zu are allowed",
                     size, size_max);
}

static size_t
size_max_of(const Wire__Envelope *message, enum wire_role role)
{
    return message->body_case == WIRE__ENVELOPE__BODY_DONE ? WIRE_DONE_SIZE_MAX
                                                           : wire_check_size_max(role);
}

int
wire_unpack(wire_decoder_t *self, const void *data, size_t size, enum wire_role role,
            const Wire__Envelope **message, struct error *error)
{
    if (size > wire_check_size_max(role))
        return refuse_size(size, wire_check_size_max(role), error);
    uint64_t version = first_version(data, size);
    if (version != 0 && version != WIRE_VERSION)
        return refuse_version(version, error);
    wire_arena_reset(self->arena);
    Wire__Envelope *unpacked =
        size > 0 ? wire__envelope__unpack(wire_arena_allocator(self->arena), size, data) : NULL;
    if (!unpacked)
        return error_set(error, ERROR_INVALID, "a message that is malformed or too complex");
    if (unpacked->version != WIRE_VERSION)
        return unpacked->version ? refuse_version(unpacked->version, error)
                                 : error_set(error, ERROR_INVALID, "a message without a version");
    if (wire_check(unpacked, role, self->arena, error))
        return -1;
    if (size > size_max_of(unpacked, role))
        return refuse_size(size, size_max_of(unpacked, role), error);
    *message = unpacked;
    return 0;
}

// What the other side could not unpack is not sent.
static int
try_unpack(const uint8_t *data, size_t size, enum wire_role role, struct error *error)
{
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    const Wire__Envelope *unpacked = NULL;
    return wire_unpack(decoder, data, size, role, &unpacked, error);
}

static int
pack(const Wire__Envelope *message, enum wire_role role, uint8_t **data, size_t *size,
     struct error *error)
{
    size_t packed_size = wire__envelope__get_packed_size(message);
    if (packed_size > size_max_of(message, role))
        return refuse_size(packed_size, size_max_of(message, role), error);
    CLEAN(memory_free) uint8_t *packed = memory_get(packed_size);
    wire__envelope__pack(message, packed);
    if (packed_size > TRIED_SIZE_MIN && try_unpack(packed, packed_size, role, error))
        return -1;
    *data = STEAL(packed);
    *size = packed_size;
    return 0;
}

int
wire_pack(const Wire__Envelope *message, enum wire_role role, uint8_t **data, size_t *size,
          struct error *error)
{
    Wire__Envelope versioned = *message;  // shares all that it points to
    versioned.version = WIRE_VERSION;
    struct error first = {0};
    if (!wire_check(&versioned, role, NULL, &first))
        return pack(&versioned, role, data, size, error);
    CLEAN(wire_free) Wire__Envelope *fitting = wire_clone(&versioned);
    wire_check_cut(fitting);
    return wire_check(fitting, role, NULL, error) ? -1 : pack(fitting, role, data, size, error);
}

const char *
wire_body_name(const Wire__Envelope *message)
{
    const ProtobufCFieldDescriptor *body = protobuf_c_message_descriptor_get_field(
        &wire__envelope__descriptor, (unsigned)message->body_case);
    return body && body->id >= WIRE__ENVELOPE__BODY_READY ? body->name : "nothing";
}

Wire__Envelope *
wire_clone(const Wire__Envelope *message)
{
    size_t size = wire__envelope__get_packed_size(message);
    CLEAN(memory_free) uint8_t *packed = memory_get(size);
    wire__envelope__pack(message, packed);
    Wire__Envelope *copy = wire__envelope__unpack(NULL, size, packed);
    if (!copy)
        abort();
    return copy;
}

void
wire_free(Wire__Envelope **message_p)
{
    if (*message_p)
        wire__envelope__free_unpacked(*message_p, NULL);
    *message_p = NULL;
}
