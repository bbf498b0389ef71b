#include "worker/engine/postgres_escape.h"

#include "worker/engine/escape.h"

static const char letters[UINT8_MAX + 1] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\v'] = 'v',
                                            ['\f'] = 'f', ['\r'] = 'r', ['\\'] = '\\'};

static inline escape_block
odd_ones(escape_block bytes)
{
    return (escape_block)(((bytes >= '\b') & (bytes <= '\r')) | (bytes == '\\'));
}

static const struct escape_rule rule = {.letters = letters, .odd = odd_ones};

size_t
postgres_escape(char *to, const char *data, size_t size)
{
    return escape_put(&rule, to, NULL, data, size);
}

size_t
postgres_escape_twice(char *to, void *copy, const char *data, size_t size)
{
    return escape_put(&rule, to, copy, data, size);
}
