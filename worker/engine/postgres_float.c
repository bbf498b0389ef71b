#include "worker/engine/postgres_float.h"

#include <math.h>
#include <string.h>

enum { DOUBLE_FIXED_BELOW = 15, SINGLE_FIXED_BELOW = 6 };

// The sign, and what has no digits; *is_whole: that is all.
static char *
begin(char *to, double number, int *is_whole)
{
    *is_whole = 1;
    if (isnan(number))
        return stpcpy(to, "NaN");
    if (signbit(number))
        *to++ = '-';
    if (isinf(number))
        return stpcpy(to, "Infinity");
    if (number == 0)
        return stpcpy(to, "0");
    *is_whole = 0;
    return to;
}

size_t
postgres_float_double(const shortest_t *shortest, char *to, double number)
{
    int is_whole = 0;
    char *next = begin(to, number, &is_whole);
    if (!is_whole) {
        struct shortest_digits digits = shortest_double(shortest, fabs(number));
        next = shortest_print(&digits, next, DOUBLE_FIXED_BELOW);
    }
    return (size_t)(next - to);
}

size_t
postgres_float_single(const shortest_t *shortest, char *to, float number)
{
    int is_whole = 0;
    char *next = begin(to, (double)number, &is_whole);
    if (!is_whole) {
        struct shortest_digits digits = shortest_single(shortest, fabsf(number));
        next = shortest_print(&digits, next, SINGLE_FIXED_BELOW);
    }
    return (size_t)(next - to);
}
