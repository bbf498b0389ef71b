#include "common/base64.h"

#include <stdint.h>
#include <string.h>

static int
value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int
base64_decode(const char *text, char *bytes, size_t size_max, size_t *size)
{
    size_t length = strlen(text);
    size_t padding = 0;
    if (length % 4 != 0)
        return -1;
    while (padding < 2 && length > padding && text[length - padding - 1] == '=')
        padding++;
    size_t decoded = length / 4 * 3 - padding;
    if (decoded > size_max)
        return -1;
    uint32_t bits = 0;
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        int value = i >= length - padding ? 0 : value_of(text[i]);
        if (value < 0)
            return -1;
        bits = bits << 6 | (uint32_t)value;
        for (size_t k = 0; i % 4 == 3 && k < 3 && used < decoded; k++)
            bytes[used++] = (char)(bits >> (16 - 8 * k) & 0xff);
    }
    *size = decoded;
    return 0;
}
