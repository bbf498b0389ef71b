#include "worker/engine/shortest.h"

#include <endian.h>
#include <string.h>

#include "common/memory.h"
#include "worker/engine/digits.h"

enum {
    POWER_MIN = -292,  // of ten, for all doubles
    POWER_MAX = 324,
    POWER_BITS = 126,
    LIMBS = 44,        // of 32 bits: 2^1300 and 10^324 fit
    NEGATIVE = 1300,   // negative powers are quotients of 2^1300
    FIGURES_MAX = 17,  // of the fewest decimal digits of a double
};

static const uint64_t powers_of_10[FIGURES_MAX + 1] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
};

// The upper 126 bits of a power of ten, rounded up.
struct power {
    uint64_t high, low;  // 63 bits each
};

struct shortest {
    struct power powers[POWER_MAX - POWER_MIN + 1];
};

// A kind of floating-point number.
struct format {
    int mantissa_bits;
    int least_exponent;  // of the lowest bit
};

static const struct format of_doubles = {52, -1074};
static const struct format of_singles = {23, -149};

// A positive number: mantissa times 2 to the exponent.
struct number {
    uint64_t mantissa;
    int exponent;
    int is_edge;  // the neighbour below is only half as far as the one above
};

// ---- powers of ten

static int
bits_of(const uint32_t *limbs)
{
    int top = LIMBS - 1;
    while (top > 0 && limbs[top] == 0)
        top--;
    return 32 * top + 32 - __builtin_clz(limbs[top] | 1);
}

static uint64_t
bit_at(const uint32_t *limbs, int place)
{
    return place < 0 ? 0 : limbs[place / 32] >> (place % 32) & 1;
}

static struct power
upper_bits(const uint32_t *limbs)
{
    struct power power = {0};
    int place = bits_of(limbs);
    for (int count = 0; count < POWER_BITS / 2; count++)
        power.high = power.high << 1 | bit_at(limbs, --place);
    for (int count = 0; count < POWER_BITS / 2; count++)
        power.low = power.low << 1 | bit_at(limbs, --place);
    // Never carries: no power of ten has 126 bits that are all set.
    power.low++;
    return power;
}

static void
multiply(uint32_t *limbs)
{
    uint64_t carry = 0;
    for (int index = 0; index < LIMBS; index++) {
        carry += (uint64_t)limbs[index] * 10;
        limbs[index] = (uint32_t)carry;
        carry >>= 32;
    }
}

static void
divide(uint32_t *limbs)
{
    uint64_t rest = 0;
    for (int index = LIMBS; index-- > 0;) {
        rest = rest << 32 | limbs[index];
        limbs[index] = (uint32_t)(rest / 10);
        rest %= 10;
    }
}

shortest_t *
shortest_new(void)
{
    shortest_t *self = memory_get(sizeof *self);
    uint32_t limbs[LIMBS] = {1};
    for (int power = 0; power <= POWER_MAX; power++, multiply(limbs))
        self->powers[power - POWER_MIN] = upper_bits(limbs);
    memset(limbs, 0, sizeof limbs);
    limbs[NEGATIVE / 32] = 1U << NEGATIVE % 32;
    for (int power = -1; power >= POWER_MIN; power--) {
        divide(limbs);
        self->powers[power - POWER_MIN] = upper_bits(limbs);
    }
    return self;
}

void
shortest_destroy(shortest_t **self_p)
{
    memory_free(self_p);
}

// ---- the fewest digits

// The exponents of ten and of two that are not above the number's; exact in the range of doubles.
static int
log10_of_power_of_2(int exponent, int is_edge)
{
    return (exponent * 1262611 - (is_edge ? 524031 : 0)) >> 22;
}

static int
log2_of_power_of_10(int exponent)
{
    return (exponent * 1741647) >> 19;
}

// The product without its lower 127 bits; its last bit is set if any of those is, so that it
// compares as the exact one does.
static uint64_t
multiply_to_odd(struct power power, uint64_t number)
{
    unsigned __int128 lower = (unsigned __int128)power.low * number;
    unsigned __int128 upper = (unsigned __int128)power.high * number + (uint64_t)(lower >> 63);
    return (uint64_t)(upper >> 64) | ((uint64_t)upper > 1);
}

// The decimal number with the fewest digits: *exponent is that of its last digit. It may end in
// zeros.
static uint64_t
shorten(const shortest_t *self, const struct number *number, int *exponent)
{
    int scale = log10_of_power_of_2(number->exponent, number->is_edge);
    int shift = number->exponent + log2_of_power_of_10(-scale) + 2;
    struct power power = self->powers[-scale - POWER_MIN];
    uint64_t middle = 4 * number->mantissa;
    uint64_t value = multiply_to_odd(power, middle << shift);
    // Neither end counts: what lies on it would have to be rounded to an even number to come back.
    uint64_t low = multiply_to_odd(power, (middle - (number->is_edge ? 1 : 2)) << shift) + 1;
    uint64_t high = multiply_to_odd(power, (middle + 2) << shift) - 1;
    uint64_t whole = value / 4;
    if (whole >= 10) {
        uint64_t tens = whole / 10;
        int is_lower = low <= 40 * tens, is_upper = 40 * tens + 40 <= high;
        if (is_lower != is_upper) {
            *exponent = scale + 1;
            return tens + (uint64_t)is_upper;
        }
    }
    *exponent = scale;
    int is_lower = low <= 4 * whole, is_upper = 4 * whole + 4 <= high;
    if (is_lower != is_upper)
        return whole + (uint64_t)is_upper;
    uint64_t half = 4 * whole + 2;
    return whole + (value > half || (value == half && whole % 2 == 1));
}

// ---- numbers

// The bits of a positive number.
static struct number
number_of(uint64_t bits, const struct format *format)
{
    uint64_t hidden = UINT64_C(1) << format->mantissa_bits;
    uint64_t mantissa = bits & (hidden - 1);
    int exponent = (int)(bits >> format->mantissa_bits);
    if (exponent == 0)
        return (struct number){.mantissa = mantissa, .exponent = format->least_exponent};
    return (struct number){.mantissa = mantissa | hidden,
                           .exponent = format->least_exponent + exponent - 1,
                           .is_edge = mantissa == 0 && exponent > 1};
}

static int
figures_in(uint64_t number)
{
    int count = ((64 - __builtin_clzll(number | 1)) * 1233) >> 12;  // log10(2) * 4096
    return count + (number >= powers_of_10[count]);
}

static struct shortest_digits
digits_of(const shortest_t *self, uint64_t bits, const struct format *format)
{
    struct shortest_digits digits = {0};
    int exponent = 0;
    struct number number = number_of(bits, format);
    uint64_t decimal = shorten(self, &number, &exponent);
    if (decimal == powers_of_10[FIGURES_MAX]) {  // rounded up
        decimal /= 10;
        exponent++;
    }
    int figures = figures_in(decimal);
    decimal *= powers_of_10[FIGURES_MAX - figures];
    uint64_t first = decimal / powers_of_10[FIGURES_MAX - 1];
    uint64_t middle = digits_eight(decimal / powers_of_10[8] % powers_of_10[8]);
    uint64_t last = digits_eight(decimal % powers_of_10[8]);
    digits.words[0] = ('0' + first) | middle << 8;
    digits.words[1] = middle >> 56 | last << 8;
    digits.words[2] = last >> 56;
    int last_used = (int)digits_used(last);
    digits.count = last_used ? 9 + last_used : 1 + (int)digits_used(middle);
    digits.exponent = exponent + figures - 1;
    return digits;
}

struct shortest_digits
shortest_double(const shortest_t *self, double number)
{
    uint64_t bits = 0;
    memcpy(&bits, &number, sizeof bits);
    return digits_of(self, bits, &of_doubles);
}

struct shortest_digits
shortest_single(const shortest_t *self, float number)
{
    uint32_t bits = 0;
    memcpy(&bits, &number, sizeof bits);
    return digits_of(self, bits, &of_singles);
}

// ---- text

static char *
add_exponent(char *to, int exponent)
{
    *to++ = 'e';
    *to++ = exponent < 0 ? '-' : '+';
    exponent = exponent < 0 ? -exponent : exponent;
    if (exponent >= 100)
        *to++ = (char)('0' + exponent / 100);
    *to++ = (char)('0' + exponent / 10 % 10);
    *to++ = (char)('0' + exponent % 10);
    return to;
}

// Words are stored whole, and what is too much of them is written over: a processor that is to read
// what it has just written in other pieces waits for a long time.
static char *
add_figures(char *to, const struct shortest_digits *digits, int from, int count)
{
    uint64_t words[3] = {digits->words[0], digits->words[1], digits->words[2]};
    for (; from >= 8; from -= 8) {
        words[0] = words[1];
        words[1] = words[2];
        words[2] = 0;
    }
    if (from > 0) {
        words[0] = words[0] >> 8 * from | words[1] << (64 - 8 * from);
        words[1] = words[1] >> 8 * from | words[2] << (64 - 8 * from);
        words[2] >>= 8 * from;
    }
    for (int index = 0; index < 3; index++)
        words[index] = htole64(words[index]);
    memcpy(to, words, sizeof words);
    return to + count;
}

static char *
add_zeros(char *to, int count)
{
    while (count-- > 0)
        *to++ = '0';
    return to;
}

char *
shortest_print(const struct shortest_digits *self, char *to, int fixed_below)
{
    int is_fixed = self->exponent >= -4 && self->exponent < fixed_below;
    int before = is_fixed ? self->exponent + 1 : 1;
    if (before <= 0) {
        *to++ = '0';
        *to++ = '.';
        to = add_zeros(to, -before);
        return add_figures(to, self, 0, self->count);
    }
    int whole = self->count < before ? self->count : before;
    to = add_figures(to, self, 0, whole);
    to = add_zeros(to, before - whole);
    if (self->count > whole) {
        *to++ = '.';
        to = add_figures(to, self, whole, self->count - whole);
    }
    return is_fixed ? to : add_exponent(to, self->exponent);
}
