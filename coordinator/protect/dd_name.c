#include "coordinator/protect/dd_name.h"

#include <ctype.h>
#include <string.h>

#include "common/memory.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-";

int
dd_name_check(const char *what, const char *text, size_t size_max, struct error *error)
{
    size_t size = strlen(text);
    if (size == 0 || size >= size_max)
        return error_set(error, ERROR_INVALID, "the name of the %s has %zu bytes, not 1 to %zu",
                         what, size, size_max - 1);
    if (*text == '-' || strspn(text, letters) != size)
        return error_set(error, ERROR_INVALID,
                         "the %s has a name with other than letters, digits and ._/- in it: "
                         "dbhaul gives no such name to a Data Domain",
                         what);
    return 0;
}

char *
dd_name_encode(const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    char *encoded = memory_get(3 * strlen(text) + 1);
    char *to = encoded;
    for (const char *from = text; *from; from++) {
        unsigned char byte = (unsigned char)*from;
        if (isalnum(byte) || strchr("-._~", byte)) {
            *to++ = *from;
            continue;
        }
        *to++ = '%';
        *to++ = digits[byte >> 4];
        *to++ = digits[byte & 15];
    }
    return encoded;
}
