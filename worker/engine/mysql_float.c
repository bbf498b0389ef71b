#include "worker/engine/mysql_float.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kind {
    int least, most;  // digits
    int is_single;
    double from, to;  // the fewest digits are those of "%.*g" between them
};

// Below `from` a number has fewer bits than digits that are printed. From `to` on, what is halfway
// between two numbers can have fewer digits than they have, and is read as one of them.
static const struct kind of_double = {DBL_DIG, 17, 0, DBL_MIN, 0x1p54};
static const struct kind of_single = {FLT_DIG, 9, 1, (double)FLT_MIN, 0x1p25};

static size_t
try_out(char *text, double number, const struct kind *kind)
{
    int size = 0;
    for (int digits = kind->least; digits <= kind->most; digits++) {
        size = snprintf(text, MYSQL_FLOAT_SIZE, "%.*g", digits, number);
        if ((kind->is_single ? (double)strtof(text, NULL) : strtod(text, NULL)) == number)
            break;
    }
    return (size_t)size;
}

// Of a normal number: has it no bits but the first, which is not written?
static int
is_power_of_2(double number)
{
    uint64_t bits = 0;
    memcpy(&bits, &number, sizeof bits);
    return bits << (64 - (DBL_MANT_DIG - 1)) == 0;
}

static size_t
print(const shortest_t *shortest, char *text, double number, const struct kind *kind)
{
    double size = fabs(number);
    // The neighbour below a power of two is nearer than the one above.
    if (!(size >= kind->from && size < kind->to) || is_power_of_2(size))
        return try_out(text, number, kind);
    struct shortest_digits digits =
        kind->is_single ? shortest_single(shortest, (float)size) : shortest_double(shortest, size);
    char *next = text;
    if (number < 0)
        *next++ = '-';
    next = shortest_print(&digits, next, digits.count > kind->least ? digits.count : kind->least);
    *next = '\0';
    return (size_t)(next - text);
}

size_t
mysql_float_double(const shortest_t *shortest, char text[MYSQL_FLOAT_SIZE], double number)
{
    return print(shortest, text, number, &of_double);
}

size_t
mysql_float_single(const shortest_t *shortest, char text[MYSQL_FLOAT_SIZE], float number)
{
    return print(shortest, text, (double)number, &of_single);
}
