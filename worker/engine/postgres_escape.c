#include "worker/engine/postgres_escape.h"

#include <stdint.h>
#include <string.h>

// 16 bytes at a time.
typedef unsigned char block __attribute__((vector_size(16)));

static int
is_plain(block bytes)
{
    block odd = (block)(((bytes >= '\b') & (bytes <= '\r')) | (bytes == '\\'));
    uint64_t halves[2];
    memcpy(halves, &odd, sizeof halves);
    return (halves[0] | halves[1]) == 0;
}

static char *
escape_byte(char *to, char byte)
{
    static const char letters[] = "btnvfr";  // from 8 to 13
    if (byte >= '\b' && byte <= '\r') {
        *to++ = '\\';
        *to++ = letters[byte - '\b'];
        return to;
    }
    if (byte == '\\')
        *to++ = '\\';
    *to++ = byte;
    return to;
}

static char *
escape_bytes(char *to, const char *data, size_t size)
{
    for (size_t index = 0; index < size; index++)
        to = escape_byte(to, data[index]);
    return to;
}

// Is one of eight bytes a backslash, or below 14 (not all of which are escaped)? By the well-known
// ways to find a byte in a word.
static int
may_be_odd(uint64_t bytes)
{
    static const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t slash = bytes ^ ones * '\\';
    uint64_t is_low = (bytes - ones * ('\r' + 1)) & ~bytes, is_slash = (slash - ones) & ~slash;
    return ((is_low | is_slash) & ones * 0x80) != 0;
}

// Fewer bytes than a block: the first ones and the last ones, which may be some of the same.
static char *
escape_short(char *to, const char *data, size_t size)
{
    uint64_t first = 0, last = 0;
    uint32_t begin = 0, end = 0;
    if (size >= sizeof first) {
        memcpy(&first, data, sizeof first);
        memcpy(&last, data + size - sizeof last, sizeof last);
        if (may_be_odd(first) || may_be_odd(last))
            return escape_bytes(to, data, size);
        memcpy(to, &first, sizeof first);
        memcpy(to + size - sizeof last, &last, sizeof last);
        return to + size;
    }
    if (size < sizeof begin)
        return escape_bytes(to, data, size);
    memcpy(&begin, data, sizeof begin);
    memcpy(&end, data + size - sizeof end, sizeof end);
    if (may_be_odd((uint64_t)begin << 32 | end))
        return escape_bytes(to, data, size);
    memcpy(to, &begin, sizeof begin);
    memcpy(to + size - sizeof end, &end, sizeof end);
    return to + size;
}

size_t
postgres_escape(char *to, const char *data, size_t size)
{
    const char *start = to;
    for (; size >= sizeof(block); data += sizeof(block), size -= sizeof(block)) {
        block bytes;
        memcpy(&bytes, data, sizeof bytes);
        if (is_plain(bytes)) {
            memcpy(to, &bytes, sizeof bytes);
            to += sizeof bytes;
        } else {
            to = escape_bytes(to, data, sizeof bytes);
        }
    }
    return (size_t)(escape_short(to, data, size) - start);
}
