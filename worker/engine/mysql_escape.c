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

// What follows the backslash; 0: the byte stands for itself.
static const char letters_in_lines[UINT8_MAX + 1] = {
    ['\0'] = '0', ['\n'] = 'n', ['\t'] = 't', ['\\'] = '\\'};
static const char letters_in_quotes[UINT8_MAX + 1] = {
    ['\0'] = '0', ['\n'] = 'n', ['\''] = '\'', ['\\'] = '\\'};

size_t
mysql_escape(char *to, const char *data, size_t size, int is_lines)
{
    const char *const letters = is_lines ? letters_in_lines : letters_in_quotes;
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
        for (size_t i = 0; i < part; i++) {
            char letter = letters[(unsigned char)data[i]];
            *to = '\\';
            to += letter != 0;
            *to++ = letter ? letter : data[i];
        }
        data += part;
        size -= part;
    }
    return (size_t)(to - start);
}
