// Bytes escaped sixteen at a time, for mysql_escape and postgres_escape, which say what is odd.
// The functions are made anew where they are called, with what is known there.
//
//     static const struct escape_rule rule = {.letters = letters, .odd = odd};
//     return escape_put(&rule, to, copy, data, size);

#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ESCAPE_MADE_ANEW static inline __attribute__((always_inline))

typedef unsigned char escape_block __attribute__((vector_size(16)));
typedef uint64_t escape_pair __attribute__((vector_size(16)));

struct escape_rule {
    const char *letters;  // of each byte, what follows the backslash; 0: it stands for itself
    escape_block (*odd)(escape_block bytes);  // bits are set where a byte may have such a letter
};

// Where bytes go: as text, and if `copy` is not NULL, as they are.
struct escape_way {
    char *to, *copy;
    const struct escape_rule *rule;
};

static inline char *
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

ESCAPE_MADE_ANEW int
escape_is_plain(const struct escape_way *way, escape_block bytes)
{
    escape_pair odd = (escape_pair)way->rule->odd(bytes);
    return (odd[0] | odd[1]) == 0;
}

ESCAPE_MADE_ANEW void
escape_put_bytes(struct escape_way *way, const char *data, size_t size)
{
    way->to = escape_bytes(way->to, data, size, way->rule->letters);
    if (way->copy) {
        memcpy(way->copy, data, size);
        way->copy += size;
    }
}

// Less than a block: the first bytes and the last, which may be some of the same.
ESCAPE_MADE_ANEW void
escape_put_short(struct escape_way *way, const char *data, size_t size)
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
    if (size < sizeof begin || !escape_is_plain(way, (escape_block)(escape_pair){first, last})) {
        escape_put_bytes(way, data, size);
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

ESCAPE_MADE_ANEW void
escape_put_block(struct escape_way *way, const char *data)
{
    escape_block bytes;
    memcpy(&bytes, data, sizeof bytes);
    if (!escape_is_plain(way, bytes)) {
        escape_put_bytes(way, data, sizeof bytes);
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
ESCAPE_MADE_ANEW void
escape_put_rest(struct escape_way *way, const char *data, size_t size)
{
    escape_block bytes;
    memcpy(&bytes, data + size - sizeof bytes, sizeof bytes);
    if (!escape_is_plain(way, bytes)) {
        escape_put_bytes(way, data, size);
        return;
    }
    way->to += size;
    memcpy(way->to - sizeof bytes, &bytes, sizeof bytes);
    if (way->copy)
        memcpy(way->copy + size - sizeof bytes, &bytes, sizeof bytes);
}

// Returns how much was written; `to` has room for twice the size.
ESCAPE_MADE_ANEW size_t
escape_put(const struct escape_rule *rule, char *to, char *copy, const char *data, size_t size)
{
    struct escape_way way = {.to = to, .copy = copy, .rule = rule};
    if (size < sizeof(escape_block)) {
        escape_put_short(&way, data, size);
        return (size_t)(way.to - to);
    }
    for (; size >= sizeof(escape_block); data += sizeof(escape_block), size -= sizeof(escape_block))
        escape_put_block(&way, data);
    if (size > 0)
        escape_put_rest(&way, data, size);
    return (size_t)(way.to - to);
}
