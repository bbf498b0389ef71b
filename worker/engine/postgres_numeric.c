#include "worker/engine/postgres_numeric.h"

#include <stdint.h>
#include <string.h>

#include "worker/engine/digits.h"
#include "worker/engine/postgres_scalar.h"

enum {
    HEAD_SIZE = 8,
    GROUP = 4,  // decimal digits of one of its own
    GROUP_END = 10000,
    SCALE_MAX = 0x3fff,
    SPARE = 16,  // a sign, a point, a zero, or a name
    WHOLE_GROUPS = 4,
    USUAL_GROUPS = 6,
    USUAL_SCALE = 2 * GROUP,
    POSITIVE = 0,
    NEGATIVE = 0x4000,
    NOT_A_NUMBER = 0xc000,
    INFINITE = 0xd000,
    NEGATIVE_INFINITE = 0xf000,
};

struct numeric {
    int count, weight, sign, scale;
    const char *groups;
};

static struct numeric
numeric_of(const char *data)
{
    return (struct numeric){.count = (int16_t)postgres_scalar_u16(data),
                            .weight = (int16_t)postgres_scalar_u16(data + 2),
                            .sign = postgres_scalar_u16(data + 4),
                            .scale = postgres_scalar_u16(data + 6),
                            .groups = data + HEAD_SIZE};
}

static const char *
name_of(int sign)
{
    switch (sign) {
    case NOT_A_NUMBER:
        return "NaN";
    case INFINITE:
        return "Infinity";
    case NEGATIVE_INFINITE:
        return "-Infinity";
    default:
        return NULL;
    }
}

static int
are_groups(const struct numeric *number)
{
    int are = 1;
    for (int index = 0; index < number->count; index++)
        are &= postgres_scalar_u16(number->groups + 2 * (size_t)index) < GROUP_END;
    return are;
}

size_t
postgres_numeric_room(const char *data, size_t size)
{
    if (size < HEAD_SIZE)
        return 0;
    struct numeric number = numeric_of(data);
    if (number.count < 0 || size != HEAD_SIZE + 2 * (size_t)number.count ||
        number.scale > SCALE_MAX)
        return 0;
    if (name_of(number.sign))
        return number.count == 0 ? SPARE : 0;
    if (number.sign != POSITIVE && number.sign != NEGATIVE)
        return 0;
    if (!are_groups(&number))
        return 0;
    size_t before = number.weight < 0 ? 0 : (size_t)number.weight + 1;
    return GROUP * before + (size_t)number.scale + GROUP + SPARE;
}

// Groups that are not there are zeros.
static int
group_at(const struct numeric *number, int index)
{
    return index >= 0 && index < number->count
               ? postgres_scalar_u16(number->groups + 2 * (size_t)index)
               : 0;
}

int
postgres_numeric_take(const char *data, size_t size, struct postgres_numeric_usual *usual)
{
    if (size < HEAD_SIZE || size > HEAD_SIZE + 2 * USUAL_GROUPS)
        return -1;
    struct numeric number = numeric_of(data);
    if (number.count < 0 || size != HEAD_SIZE + 2 * (size_t)number.count ||
        number.weight >= WHOLE_GROUPS || number.scale > USUAL_SCALE ||
        (number.sign != POSITIVE && number.sign != NEGATIVE) || !are_groups(&number) ||
        (number.weight > 0 && group_at(&number, 0) == 0))
        return -1;
    uint64_t whole = 0;
    for (int index = 0; index <= number.weight; index++)
        whole = whole * GROUP_END + (uint64_t)group_at(&number, index);
    uint64_t fraction = (uint64_t)group_at(&number, number.weight + 1) * GROUP_END +
                        (uint64_t)group_at(&number, number.weight + 2);
    unsigned scale = (unsigned)number.scale;
    uint64_t others = scale < USUAL_SCALE ? UINT64_MAX << 8 * scale : 0;
    *usual = (struct postgres_numeric_usual){.whole = whole,
                                             .fraction = (digits_eight(fraction) & ~others) |
                                                         (digits_zeros & others),
                                             .scale = scale,
                                             .is_negative = number.sign == NEGATIVE};
    return 0;
}

// Without zeros at its beginning.
static char *
add_first(char *to, int group)
{
    char digits[GROUP];
    int from = 0;
    digits_four(digits, (unsigned)group);
    while (from < GROUP - 1 && digits[from] == '0')
        from++;
    memcpy(to, digits + from, (size_t)(GROUP - from));
    return to + GROUP - from;
}

size_t
postgres_numeric_print(char *to, const char *data)
{
    struct numeric number = numeric_of(data);
    const char *name = name_of(number.sign);
    char *end = to;
    if (name)
        return (size_t)(stpcpy(to, name) - to);
    if (number.sign == NEGATIVE)
        *end++ = '-';
    end = add_first(end, number.weight < 0 ? 0 : group_at(&number, 0));
    for (int index = 1; index <= number.weight; index++)
        end = digits_four(end, (unsigned)group_at(&number, index));
    if (number.scale == 0)
        return (size_t)(end - to);
    *end++ = '.';
    char *fraction = end;
    for (int index = number.weight + 1; end - fraction < number.scale; index++)
        end = digits_four(end, (unsigned)group_at(&number, index));
    return (size_t)(fraction - to) + (size_t)number.scale;
}
