#include "worker/engine/mysql_escape.h"

#include <stdint.h>
#include <string.h>

// 16 bytes at a time.
typedef unsigned char block __attribute__((vector_size(16)));

static int
is_plain(block bytes, int is_lines)
{
    block odd = is_lines
                    ? (block)((bytes == 0) | (bytes == '\\') | (bytes == '\t') | (bytes == '\n'))
                    : (block)((bytes == 0) | (bytes == '\\') | (bytes == '\'') | (bytes == '\n'));
    uint64_t halves[2];
    memcpy(halves, &odd, sizeof halves);
    return (halves[0] | halves[1]) == 0;
}

static char *
escape_byte(char *to, char byte, int is_lines)
{
    switch (byte) {
    case '\0':
        *to++ = '\\';
        *to++ = '0';
        return to;
    case '\n':
        *to++ = '\\';
        *to++ = 'n';
        return to;
    case '\t':
        if (is_lines)
            *to++ = '\\';
        *to++ = is_lines ? 't' : '\t';
        return to;
    case '\'':
        if (!is_lines)
            *to++ = '\\';
        *to++ = '\'';
        return to;
    case '\\':
        *to++ = '\\';
        *to++ = '\\';
        return to;
    default:
        *to++ = byte;
        return to;
    }
}

size_t
mysql_escape(char *to, const char *data, size_t size, int is_lines)
{
    const char *start = to;
    while (size > 0) {
        size_t part = size < sizeof(block) ? size : sizeof(block);
        block bytes;
        if (part == sizeof bytes) {
            memcpy(&bytes, data, sizeof bytes);
            if (is_plain(bytes, is_lines)) {
                memcpy(to, &bytes, sizeof bytes);
                to += sizeof bytes;
                data += part;
                size -= part;
                continue;
            }
        }
        for (size_t i = 0; i < part; i++)
            to = escape_byte(to, data[i], is_lines);
        data += part;
        size -= part;
    }
    return (size_t)(to - start);
}
