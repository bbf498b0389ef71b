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

size_t
postgres_escape(char *to, const char *data, size_t size)
{
    const char *start = to;
    while (size > 0) {
        size_t part = size < sizeof(block) ? size : sizeof(block);
        block bytes;
        if (part == sizeof bytes) {
            memcpy(&bytes, data, sizeof bytes);
            if (is_plain(bytes)) {
                memcpy(to, &bytes, sizeof bytes);
                to += sizeof bytes;
                data += part;
                size -= part;
                continue;
            }
        }
        for (size_t index = 0; index < part; index++)
            to = escape_byte(to, data[index]);
        data += part;
        size -= part;
    }
    return (size_t)(to - start);
}
