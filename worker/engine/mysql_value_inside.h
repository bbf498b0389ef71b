// What the ways to write a value share: mysql_value's, and mysql_fields's own for texts. Nobody
// else includes this.

#pragma once

#include <endian.h>
#include <string.h>

#include "worker/engine/digits.h"
#include "worker/engine/mysql_moment.h"
#include "worker/engine/mysql_value.h"

enum {
    MYSQL_VALUE_YEAR_MAX = 9999,
    MYSQL_VALUE_DECIMAL_MAX = 100,  // bytes of text; servers have 65 digits
};

// Numbers travel with the lowest byte first.
static inline int64_t
mysql_value_integer_at(const struct mysql_value *self)
{
    uint64_t eight = 0;
    uint32_t four = 0;
    uint16_t two = 0;
    switch (self->width) {
    case 1:
        return self->is_unsigned ? (uint8_t)*self->data : (int8_t)*self->data;
    case 2:
        memcpy(&two, self->data, sizeof two);
        two = le16toh(two);
        return self->is_unsigned ? two : (int16_t)two;
    case 4:
        memcpy(&four, self->data, sizeof four);
        four = le32toh(four);
        return self->is_unsigned ? (int64_t)four : (int32_t)four;
    default:
        memcpy(&eight, self->data, sizeof eight);
        return (int64_t)le64toh(eight);
    }
}

static inline double
mysql_value_real_at(const struct mysql_value *self)
{
    uint64_t bits = 0;
    uint32_t few = 0;
    float single = 0;
    double number = 0;
    if (self->width == sizeof few) {
        memcpy(&few, self->data, sizeof few);
        few = le32toh(few);
        memcpy(&single, &few, sizeof single);
        return (double)single;
    }
    memcpy(&bits, self->data, sizeof bits);
    bits = le64toh(bits);
    memcpy(&number, &bits, sizeof number);
    return number;
}

static inline void
mysql_value_add_time(const struct mysql_value *self, const char *text, size_t size,
                     mysql_row_t *row)
{
    if (self->end_of_time && strlen(self->end_of_time) == size &&
        memcmp(text, self->end_of_time, size) == 0)
        mysql_row_end_of_time(row, text, size);
    else
        mysql_row_time(row, text, size);
}

static inline int
mysql_value_is_year(int64_t number)
{
    return number >= 0 && number <= MYSQL_VALUE_YEAR_MAX;
}

// Has a decimal or a time only what such have? It stands bare, or in quotes as it is.
static inline int
mysql_value_is_plain(const char *data, size_t size)
{
    static const char plain[UINT8_MAX + 1] = {
        ['0' ... '9'] = 1, ['-'] = 1, ['+'] = 1, ['.'] = 1, [':'] = 1, [' '] = 1, ['e'] = 1};
    int is_plain = 1;
    for (size_t i = 0; i < size; i++)
        is_plain &= plain[(unsigned char)data[i]];
    return is_plain;
}

// A date, a time or both. -1: it is none.
int mysql_value_moment(const struct mysql_value *self, struct mysql_moment_text *text);

static inline int
mysql_value_is_decimal(const struct mysql_value *self)
{
    return self->size <= MYSQL_VALUE_DECIMAL_MAX && mysql_value_is_plain(self->data, self->size);
}

int mysql_value_fail(struct error *error);
