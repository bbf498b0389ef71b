#include "worker/engine/postgres_escape.h"

#include <stdint.h>
#include <string.h>

// 16 bytes at a time.
typedef unsigned char block __attribute__((vector_size(16)));
typedef uint64_t pair __attribute__((vector_size(16)));

// What is known where the code is compiled, and is made two functions of.
#define MADE_ANEW static inline __attribute__((always_inline))

// Where bytes go: escaped, and if `copy` is not NULL, as they are.
struct way {
    char *to, *copy;
};

MADE_ANEW int
is_plain(block bytes)
{
    pair odd = (pair)(((bytes >= '\b') & (bytes <= '\r')) | (bytes == '\\'));
    return (odd[0] | odd[1]) == 0;
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

MADE_ANEW void
put_bytes(struct way *way, const char *data, size_t size)
{
    way->to = escape_bytes(way->to, data, size);
    if (way->copy) {
        memcpy(way->copy, data, size);
        way->copy += size;
    }
}

MADE_ANEW void
put_block(struct way *way, const char *data)
{
    block bytes;
    memcpy(&bytes, data, sizeof bytes);
    if (!is_plain(bytes)) {
        put_bytes(way, data, sizeof bytes);
        return;
    }
    memcpy(way->to, &bytes, sizeof bytes);
    way->to += sizeof bytes;
    if (way->copy) {
        memcpy(way->copy, &bytes, sizeof bytes);
        way->copy += sizeof bytes;
    }
}

// The last bytes, with those before them that make a block. If all are plain, they stand where the
// last ones were written, so that the whole block may be written over them.
MADE_ANEW void
put_rest(struct way *way, const char *data, size_t size)
{
    block bytes;
    memcpy(&bytes, data + size - sizeof bytes, sizeof bytes);
    if (!is_plain(bytes)) {
        put_bytes(way, data, size);
        return;
    }
    way->to += size;
    memcpy(way->to - sizeof bytes, &bytes, sizeof bytes);
    if (way->copy)
        memcpy(way->copy + size - sizeof bytes, &bytes, sizeof bytes);
}

// Less than a block: the first bytes and the last, which may be some of the same.
MADE_ANEW void
put_short(struct way *way, const char *data, size_t size)
{
    uint64_t first = 0, last = 0;
    uint32_t begin = 0, end = 0;
    if (size >= sizeof first) {
        memcpy(&first, data, sizeof first);
        memcpy(&last, data + size - sizeof last, sizeof last);
    } else if (size >= sizeof begin) {
        memcpy(&begin, data, sizeof begin);
        memcpy(&end, data + size - sizeof end, sizeof end);
        first = last = (uint64_t)begin << 32 | end;
    }
    if (size < sizeof begin || !is_plain((block)(pair){first, last})) {
        put_bytes(way, data, size);
        return;
    }
    for (int is_copy = 0; is_copy <= (way->copy != NULL); is_copy++) {
        char *to = is_copy ? way->copy : way->to;
        if (size >= sizeof first) {
            memcpy(to, &first, sizeof first);
            memcpy(to + size - sizeof last, &last, sizeof last);
        } else {
            memcpy(to, &begin, sizeof begin);
            memcpy(to + size - sizeof end, &end, sizeof end);
        }
    }
    way->to += size;
}

MADE_ANEW size_t
put(char *to, char *copy, const char *data, size_t size)
{
    struct way way = {.to = to, .copy = copy};
    if (size < sizeof(block)) {
        put_short(&way, data, size);
        return (size_t)(way.to - to);
    }
    for (; size >= sizeof(block); data += sizeof(block), size -= sizeof(block))
        put_block(&way, data);
    if (size > 0)
        put_rest(&way, data, size);
    return (size_t)(way.to - to);
}

size_t
postgres_escape(char *to, const char *data, size_t size)
{
    return put(to, NULL, data, size);
}

size_t
postgres_escape_twice(char *to, void *copy, const char *data, size_t size)
{
    return put(to, copy, data, size);
}
