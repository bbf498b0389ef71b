#include "worker/engine/mysql_escape.h"

#include <stdint.h>
#include <string.h>

// 16 bytes at a time.
typedef unsigned char block __attribute__((vector_size(16)));
typedef uint64_t pair __attribute__((vector_size(16)));

// What is known where the code is compiled, and is made three functions of.
#define MADE_ANEW static inline __attribute__((always_inline))

// What follows the backslash; 0: the byte stands for itself.
static const char letters_in_lines[UINT8_MAX + 1] = {
    ['\0'] = '0', ['\n'] = 'n', ['\t'] = 't', ['\\'] = '\\'};
static const char letters_in_quotes[UINT8_MAX + 1] = {
    ['\0'] = '0', ['\n'] = 'n', ['\''] = '\'', ['\\'] = '\\'};

// Where bytes go: as text, and if `copy` is not NULL, as they are.
struct way {
    char *to, *copy;
    int is_lines;
};

MADE_ANEW block
odd_ones(block bytes, int is_lines)
{
    return is_lines ? (block)((bytes == 0) | (bytes == '\\') | (bytes == '\t') | (bytes == '\n'))
                    : (block)((bytes == 0) | (bytes == '\\') | (bytes == '\'') | (bytes == '\n'));
}

MADE_ANEW int
is_none(block odd)
{
    pair halves = (pair)odd;
    return (halves[0] | halves[1]) == 0;
}

static char *
escape_bytes(char *to, const char *data, size_t size, const char *letters)
{
    for (size_t i = 0; i < size; i++) {
        char letter = letters[(unsigned char)data[i]];
        *to = '\\';
        to += letter != 0;
        *to++ = letter ? letter : data[i];
    }
    return to;
}

MADE_ANEW void
put_bytes(struct way *way, const char *data, size_t size)
{
    const char *const letters = way->is_lines ? letters_in_lines : letters_in_quotes;
    way->to = escape_bytes(way->to, data, size, letters);
    if (way->copy) {
        memcpy(way->copy, data, size);
        way->copy += size;
    }
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
    if (size < sizeof begin || !is_none(odd_ones((block)(pair){first, last}, way->is_lines))) {
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

MADE_ANEW void
put_block(struct way *way, const char *data)
{
    block bytes;
    memcpy(&bytes, data, sizeof bytes);
    if (!is_none(odd_ones(bytes, way->is_lines))) {
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
    if (!is_none(odd_ones(bytes, way->is_lines))) {
        put_bytes(way, data, size);
        return;
    }
    way->to += size;
    memcpy(way->to - sizeof bytes, &bytes, sizeof bytes);
    if (way->copy)
        memcpy(way->copy + size - sizeof bytes, &bytes, sizeof bytes);
}

MADE_ANEW size_t
put(char *to, char *copy, const char *data, size_t size, int is_lines)
{
    struct way way = {.to = to, .copy = copy, .is_lines = is_lines};
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
mysql_escape(char *to, const char *data, size_t size, int is_lines)
{
    return is_lines ? put(to, NULL, data, size, 1) : put(to, NULL, data, size, 0);
}

size_t
mysql_escape_line(char *to, void *copy, const char *data, size_t size)
{
    return put(to, copy, data, size, 1);
}
