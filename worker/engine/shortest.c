#include "worker/engine/shortest.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A number x = mantissa * 2^exponent is scaled by a power of ten, so that it has 17 digits before
// the point, and kept with 64 bits behind it. A candidate of fewer digits is read back as x if it
// is nearer to it than half of the distance to x's neighbours, which is scaled alike.

typedef unsigned __int128 wide;

enum {
    DIGITS = 17,
    FRACTION_BITS = 64,
    DOUBLE_BITS = 53,
    FLOAT_BITS = 24,
    POWERS = 20,     // of ten, that 64 bits hold
    SCALE_MAX = 38,  // powers of ten, that 128 bits hold
    UNSURE = 4,      // what scaling may have lost, in the last of the bits
};

static const uint64_t tens[POWERS] = {1,
                                      10,
                                      100,
                                      1000,
                                      10000,
                                      100000,
                                      1000000,
                                      10000000,
                                      100000000,
                                      1000000000,
                                      UINT64_C(10000000000),
                                      UINT64_C(100000000000),
                                      UINT64_C(1000000000000),
                                      UINT64_C(10000000000000),
                                      UINT64_C(100000000000000),
                                      UINT64_C(1000000000000000),
                                      UINT64_C(10000000000000000),
                                      UINT64_C(100000000000000000),
                                      UINT64_C(1000000000000000000),
                                      UINT64_C(10000000000000000000)};

struct kind {
    int least, most;  // digits
    int spare_bits;   // of the mantissa, that are always 0
};

static const struct kind of_double = {15, 17, 0};
static const struct kind of_float = {6, 9, DOUBLE_BITS - FLOAT_BITS};

// x * 10^scale, and half of the distance to its neighbours, with 64 bits behind the point.
struct scaled {
    wide value, half;
    int scale;
};

// factor * 10^scale * 2^shift, of what fits.
static wide
multiply(uint64_t factor, int scale, int shift)
{
    wide power = scale < POWERS ? tens[scale] : (wide)tens[POWERS - 1] * tens[scale - POWERS + 1];
    wide low = (wide)factor * (uint64_t)power;
    wide high = (wide)factor * (uint64_t)(power >> 64) + (low >> 64);  // in units of 2^64
    low = (uint64_t)low;
    if (shift >= 0)
        return (high << 64 | low) << shift;
    shift = -shift;
    if (shift < 64)
        return high << (64 - shift) | low >> shift;
    return high >> (shift - 64);
}

// Returns -1 if the number is out of the range that can be reckoned.
static int
scale(struct scaled *self, double number, const struct kind *kind)
{
    uint64_t bits = 0;
    memcpy(&bits, &number, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7ff) - 1075;
    uint64_t mantissa = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    // The neighbour below a power of two is nearer.
    if (number < 1e-20 || number >= 1e17 || mantissa == UINT64_C(1) << 52)
        return -1;
    // The floor of the decimal logarithm, or one less.
    self->scale = DIGITS - 1 - ((exponent + 52) * 78913 >> 18);
    for (int tries = 0; tries < 2; tries++, self->scale--) {
        if (self->scale < 0 || self->scale > SCALE_MAX)
            return -1;
        int shift = exponent + FRACTION_BITS;
        self->value = multiply(mantissa, self->scale, shift);
        self->half = multiply(UINT64_C(1) << kind->spare_bits, self->scale, shift - 1);
        if (self->value >> FRACTION_BITS < tens[DIGITS])
            return 0;
    }
    return -1;
}

enum verdict { IS_SAME, IS_ANOTHER, IS_UNSURE };

// Rounds to so many digits.
static enum verdict
round_to(const struct scaled *self, int digits, uint64_t *rounded)
{
    uint64_t unit = tens[DIGITS - digits];
    uint64_t whole = (uint64_t)(self->value >> FRACTION_BITS);
    wide rest = self->value - ((wide)(whole - whole % unit) << FRACTION_BITS);
    wide middle = (wide)unit << (FRACTION_BITS - 1);
    wide off = rest > middle ? rest - middle : middle - rest;
    if (off < UNSURE)
        return IS_UNSURE;
    int is_up = rest > middle;
    *rounded = whole / unit + (uint64_t)is_up;
    wide distance = is_up ? ((wide)unit << FRACTION_BITS) - rest : rest;
    if (distance + UNSURE < self->half)
        return IS_SAME;
    return distance > self->half + UNSURE ? IS_ANOTHER : IS_UNSURE;
}

// Writes digits as "%.*g" does. `point`: the place of the decimal point, behind so many digits.
static size_t
print(char *text, uint64_t number, int digits, int point)
{
    char figures[POWERS + 1];
    char *next = text;
    int precision = digits;
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        figures[i] = (char)('0' + number % 10);
    while (digits > 1 && figures[digits - 1] == '0')
        digits--;
    int is_exponential = point <= -4 || point > precision;
    int before = is_exponential ? 1 : point;
    if (before <= 0) {
        memcpy(next, "0.000000", (size_t)(2 - before));
        next += 2 - before;
    }
    for (int i = 0; i < digits || i < before; i++) {
        if (i == before && i > 0)
            *next++ = '.';
        *next++ = i < digits ? figures[i] : '0';
    }
    if (!is_exponential) {
        *next = '\0';
        return (size_t)(next - text);
    }
    int exponent = point - 1, size = exponent < 0 ? -exponent : exponent;
    *next++ = 'e';
    *next++ = exponent < 0 ? '-' : '+';
    *next++ = (char)('0' + size / 10);  // two digits: it is below 23
    *next++ = (char)('0' + size % 10);
    *next = '\0';
    return (size_t)(next - text);
}

// Returns 0 if that would not be sure.
static size_t
reckon(char *text, double number, const struct kind *kind)
{
    struct scaled scaled;
    uint64_t rounded = 0;
    if (scale(&scaled, number, kind))
        return 0;
    for (int digits = kind->least; digits <= kind->most; digits++) {
        enum verdict verdict = round_to(&scaled, digits, &rounded);
        if (verdict == IS_UNSURE)
            return 0;
        if (verdict == IS_ANOTHER)
            continue;
        int point = DIGITS - scaled.scale;
        if (rounded == tens[digits]) {  // 9.99 became 10.0
            rounded /= 10;
            point++;
        }
        return print(text, rounded, digits, point);
    }
    return 0;
}

static size_t
try_out(char *text, double number, const struct kind *kind)
{
    int size = 0;
    for (int digits = kind->least; digits <= kind->most; digits++) {
        size = snprintf(text, SHORTEST_SIZE, "%.*g", digits, number);
        if ((kind == &of_float ? (double)strtof(text, NULL) : strtod(text, NULL)) == number)
            break;
    }
    return (size_t)size;
}

static size_t
shortest(char *text, double number, const struct kind *kind)
{
    size_t sign = 0;
    if (isfinite(number) && number < 0)
        text[sign++] = '-';
    size_t size = reckon(text + sign, sign ? -number : number, kind);
    return size > 0 ? sign + size : try_out(text, number, kind);
}

size_t
shortest_double(char text[SHORTEST_SIZE], double number)
{
    return shortest(text, number, &of_double);
}

size_t
shortest_float(char text[SHORTEST_SIZE], float number)
{
    return shortest(text, (double)number, &of_float);
}
