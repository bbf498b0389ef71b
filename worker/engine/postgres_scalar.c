#include "worker/engine/postgres_scalar.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/memory.h"
#include "worker/engine/digits.h"
#include "worker/engine/postgres_moment.h"
#include "worker/engine/postgres_numeric.h"

enum {
    UUID_SIZE = 16,
    INET_HEAD_SIZE = 4,
    INET_4 = 2,  // the server's own numbers of the families
    INET_6 = 3,
    JSONB_VERSION = 1,
};

// How many bytes a kind has, if it always has so many; else 0.
static const uint8_t sizes[POSTGRES_KINDS] = {
    [POSTGRES_BOOLEAN] = 1, [POSTGRES_INT2] = 2,      [POSTGRES_INT4] = 4,
    [POSTGRES_INT8] = 8,    [POSTGRES_OID] = 4,       [POSTGRES_FLOAT4] = 4,
    [POSTGRES_FLOAT8] = 8,  [POSTGRES_DATE] = 4,      [POSTGRES_TIME] = 8,
    [POSTGRES_TIMETZ] = 12, [POSTGRES_TIMESTAMP] = 8, [POSTGRES_TIMESTAMPTZ] = 8,
    [POSTGRES_UUID] = 16,   [POSTGRES_MACADDR] = 6,   [POSTGRES_MACADDR8] = 8,
};

char *
postgres_room_get(struct postgres_room *self, size_t size)
{
    if (size > self->size) {
        self->size = size > 2 * self->size ? size : 2 * self->size;
        self->data = memory_resize(self->data, self->size);
    }
    return self->data;
}

void
postgres_room_clear(struct postgres_room *self)
{
    memory_free(&self->data);
    self->size = 0;
}

// Sixteen bytes at a time.
typedef uint8_t block __attribute__((vector_size(16)));

static block
digits_of_hex(block numbers)
{
    return numbers + '0' + ((block)(numbers > 9) & ('a' - '0' - 10));
}

char *
postgres_scalar_hex(char *to, const char *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (; size >= sizeof(block); data += sizeof(block), size -= sizeof(block)) {
        block bytes;
        memcpy(&bytes, data, sizeof bytes);
        block high = digits_of_hex(bytes >> 4), low = digits_of_hex(bytes & 15);
        const block pairs[] = {__builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20,
                                                       5, 21, 6, 22, 7, 23),
                               __builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12,
                                                       28, 13, 29, 14, 30, 15, 31)};
        memcpy(to, pairs, sizeof pairs);
        to += sizeof pairs;
    }
    for (size_t index = 0; index < size; index++) {
        unsigned char byte = (unsigned char)data[index];
        *to++ = digits[byte >> 4];
        *to++ = digits[byte & 15];
    }
    return to;
}

static size_t
print_integer(char *to, int64_t number)
{
    char *next = to;
    if (number < 0)
        *next++ = '-';
    return (size_t)(digits_number(next, number < 0 ? -(uint64_t)number : (uint64_t)number) - to);
}

static size_t
print_uuid(char *to, const char *data)
{
    static const uint8_t ends[] = {4, 6, 8, 10, UUID_SIZE};
    char *end = to;
    for (size_t part = 0, from = 0; part < sizeof ends; from = ends[part++]) {
        if (part > 0)
            *end++ = '-';
        end = postgres_scalar_hex(end, data + from, ends[part] - from);
    }
    return (size_t)(end - to);
}

static size_t
print_macaddr(char *to, const char *data, size_t size)
{
    char *end = to;
    for (size_t index = 0; index < size; index++) {
        if (index > 0)
            *end++ = ':';
        end = postgres_scalar_hex(end, data + index, 1);
    }
    return (size_t)(end - to);
}

// 0: the value is none that a server has; here as below.
static size_t
print_float(const struct postgres_scalar *self, char *to, enum postgres_kind kind, const char *data)
{
    uint64_t bits = kind == POSTGRES_FLOAT8 ? postgres_scalar_u64(data) : 0;
    uint32_t single_bits = postgres_scalar_u32(data);
    double number = 0;
    float single = 0;
    memcpy(&number, &bits, sizeof number);
    memcpy(&single, &single_bits, sizeof single);
    return kind == POSTGRES_FLOAT8 ? postgres_float_double(self->shortest, to, number)
                                   : postgres_float_single(self->shortest, to, single);
}

static size_t
print_moment(char *to, enum postgres_kind kind, const char *data)
{
    if (kind == POSTGRES_DATE)
        return postgres_moment_date(to, (int32_t)postgres_scalar_u32(data));
    int64_t microseconds = (int64_t)postgres_scalar_u64(data);
    switch (kind) {
    case POSTGRES_TIME:
        return postgres_moment_time(to, microseconds);
    case POSTGRES_TIMETZ:
        return postgres_moment_timetz(to, microseconds, (int32_t)postgres_scalar_u32(data + 8));
    case POSTGRES_TIMESTAMP:
        return postgres_moment_timestamp(to, microseconds);
    default:
        return postgres_moment_timestamptz(to, microseconds);
    }
}

static size_t
print_fixed(const struct postgres_scalar *self, char *to, enum postgres_kind kind, const char *data)
{
    switch (kind) {
    case POSTGRES_BOOLEAN:
        *to = *data ? 't' : 'f';
        return 1;
    case POSTGRES_INT2:
        return print_integer(to, (int16_t)postgres_scalar_u16(data));
    case POSTGRES_INT4:
        return print_integer(to, (int32_t)postgres_scalar_u32(data));
    case POSTGRES_INT8:
        return print_integer(to, (int64_t)postgres_scalar_u64(data));
    case POSTGRES_OID:
        return print_integer(to, postgres_scalar_u32(data));
    case POSTGRES_FLOAT4:
    case POSTGRES_FLOAT8:
        return print_float(self, to, kind, data);
    case POSTGRES_UUID:
        return print_uuid(to, data);
    case POSTGRES_MACADDR:
    case POSTGRES_MACADDR8:
        return print_macaddr(to, data, sizes[kind]);
    default:
        return print_moment(to, kind, data);
    }
}

static size_t
print_inet(char *to, const char *data, size_t size)
{
    if (size < INET_HEAD_SIZE)
        return 0;
    const unsigned char *head = (const unsigned char *)data;
    int is_long = head[0] == INET_6, is_network = head[2] != 0;
    unsigned bits = head[1], most = is_long ? 128 : 32;
    if ((!is_long && head[0] != INET_4) || bits > most || head[3] != most / 8 ||
        size != INET_HEAD_SIZE + most / 8)
        return 0;
    if (!inet_ntop(is_long ? AF_INET6 : AF_INET, data + INET_HEAD_SIZE, to, INET6_ADDRSTRLEN))
        return 0;
    size_t used = strlen(to);
    if (bits < most || is_network)
        used += (size_t)sprintf(to + used, "/%u", bits);
    return used;
}

static size_t
print_bits(struct postgres_room *room, const char *data, size_t size)
{
    uint32_t count = size < 4 ? UINT32_MAX : postgres_scalar_u32(data);
    if (size < 4 || count > INT32_MAX || size - 4 != ((size_t)count + 7) / 8)
        return SIZE_MAX;
    char *to = postgres_room_get(room, (size_t)count + 1);
    for (size_t index = 0; index < count; index++)
        to[index] = (char)('0' + ((unsigned char)data[4 + index / 8] >> (7 - index % 8) & 1));
    return count;
}

static size_t
print_bytea(struct postgres_room *room, const char *data, size_t size)
{
    char *to = postgres_room_get(room, 2 * size + 2);
    to[0] = '\\';
    to[1] = 'x';
    postgres_scalar_hex(to + 2, data, size);
    return 2 * size + 2;
}

size_t
postgres_scalar_put(const struct postgres_scalar *self, char *to, enum postgres_kind kind,
                    const char *data, size_t size)
{
    if (sizes[kind] > 0)
        return size == sizes[kind] ? print_fixed(self, to, kind, data) : 0;
    if (kind != POSTGRES_NUMERIC)
        return 0;
    size_t wanted = postgres_numeric_room(data, size);
    return wanted > 0 && wanted <= POSTGRES_SCALAR_SMALL ? postgres_numeric_print(to, data) : 0;
}

// Prints into the room. SIZE_MAX: it is no value.
static size_t
print(struct postgres_scalar *self, enum postgres_kind kind, const char *data, size_t size)
{
    size_t used = 0, wanted = 0;
    if (kind == POSTGRES_BITS || kind == POSTGRES_VARBITS)
        return print_bits(&self->room, data, size);
    if (kind == POSTGRES_BYTEA)
        return print_bytea(&self->room, data, size);
    if (kind == POSTGRES_NUMERIC) {
        wanted = postgres_numeric_room(data, size);
        if (wanted > 0)
            used = postgres_numeric_print(postgres_room_get(&self->room, wanted), data);
    } else if (kind == POSTGRES_INET) {
        used = print_inet(postgres_room_get(&self->room, POSTGRES_SCALAR_SMALL), data, size);
    } else if (sizes[kind] > 0 && size == sizes[kind]) {
        used = print_fixed(self, postgres_room_get(&self->room, POSTGRES_SCALAR_SMALL), kind, data);
    }
    return used > 0 ? used : SIZE_MAX;
}

int
postgres_scalar_print(struct postgres_scalar *self, enum postgres_kind kind, const char *data,
                      size_t size, struct postgres_value *value, struct error *error)
{
    struct postgres_value found = {.data = data, .size = size};
    if (kind == POSTGRES_JSONB) {
        if (size == 0 || *data != JSONB_VERSION)
            return error_set(error, ERROR_CORRUPT, "the server sent a jsonb of another version");
        found = (struct postgres_value){.data = data + 1, .size = size - 1};
    } else if (kind != POSTGRES_TEXT && kind != POSTGRES_CHAR) {
        if (kind == POSTGRES_BYTEA && size > POSTGRES_TEXT_MAX / 2 - 1)
            return error_set(error, ERROR_CONFIG, "out of memory");
        found.size = print(self, kind, data, size);
        found.data = self->room.data;
        found.is_plain = kind != POSTGRES_BYTEA;
        if (found.size == SIZE_MAX)
            return error_set(error, ERROR_CORRUPT,
                             "the server sent %zu bytes that are no value of the column's type",
                             size);
    }
    *value = found;
    return 0;
}
