#include "worker/engine/mysql_value.h"

#include <string.h>

#include "worker/engine/mysql_value_inside.h"

// ---- out of a packet

enum {
    ROW = 0,         // a row's first byte
    NULLS_FROM = 2,  // bits of a row's NULLs that belong to no value
    // The first byte of a size: the size, or how many bytes come that have it.
    SIZE_MAX_BYTE = 250,
    SIZE_OF_2 = 252,
    SIZE_OF_3 = 253,
    SIZE_OF_8 = 254,
};

// Part of a packet that was not taken yet.
struct rest {
    const unsigned char *at, *end;
};

static int
take_long_size(struct rest *rest, unsigned char first, size_t *size)
{
    size_t width = first == SIZE_OF_2 ? 2 : first == SIZE_OF_3 ? 3 : first == SIZE_OF_8 ? 8 : 0;
    uint64_t number = 0;
    if (width == 0 || (size_t)(rest->end - rest->at) < width)
        return -1;
    for (size_t i = 0; i < width; i++)
        number |= (uint64_t)*rest->at++ << (8 * i);
    *size = number;
    return 0;
}

static inline int
take_value(struct mysql_value *value, struct rest *rest)
{
    size_t size = value->width;
    if (size == 0) {
        if (rest->at == rest->end)
            return -1;
        unsigned char first = *rest->at++;
        size = first;
        if (first > SIZE_MAX_BYTE && take_long_size(rest, first, &size))
            return -1;
    }
    if (size > (size_t)(rest->end - rest->at))
        return -1;
    value->size = size;
    value->data = (const char *)rest->at;
    rest->at += size;
    return 0;
}

int
mysql_value_take_row(struct mysql_value *values, size_t count, const void *packet, size_t size)
{
    const unsigned char *nulls = (const unsigned char *)packet + 1;
    size_t head_size = 1 + (count + NULLS_FROM + 7) / 8;
    if (size < head_size || *(const unsigned char *)packet != ROW)
        return -1;
    struct rest rest = {.at = nulls + head_size - 1, .end = nulls + size - 1};
    for (size_t i = 0; i < count; i++) {
        size_t bit = i + NULLS_FROM;
        values[i].is_null = nulls[bit / 8] >> (bit % 8) & 1;
        if (!values[i].is_null && take_value(&values[i], &rest))
            return -1;
    }
    return rest.at == rest.end ? 0 : -1;
}

int64_t
mysql_value_integer(const struct mysql_value *self)
{
    return mysql_value_integer_at(self);
}

int
mysql_value_moment(const struct mysql_value *self, struct mysql_moment_text *text)
{
    enum mysql_moment_kind kind = self->kind == MYSQL_VALUE_TIME   ? MYSQL_MOMENT_TIME
                                  : self->kind == MYSQL_VALUE_DATE ? MYSQL_MOMENT_DATE
                                                                   : MYSQL_MOMENT_DATETIME;
    return mysql_moment_print(kind, self->decimals, self->data, self->size, text);
}

size_t
mysql_value_print_time(const struct mysql_value *self, char text[MYSQL_VALUE_TIME_SIZE])
{
    struct mysql_moment_text moment;
    if (mysql_value_moment(self, &moment))
        return 0;
    memcpy(text, moment.words, sizeof moment.words);
    return moment.size;
}

// ---- into a row

int
mysql_value_fail(struct error *error)
{
    return error_set(error, ERROR_CORRUPT,
                     "the server, or a proxy before it, sent a value that is none of its type");
}

static int
add_time(const struct mysql_value *self, mysql_row_t *row, struct error *error)
{
    char text[MYSQL_VALUE_TIME_SIZE];
    size_t size = mysql_value_print_time(self, text);
    if (size == 0)
        return mysql_value_fail(error);
    mysql_value_add_time(self, text, size, row);
    return 0;
}

static void
add_integer(const struct mysql_value *self, mysql_row_t *row)
{
    int64_t number = mysql_value_integer_at(self);
    if (self->is_unsigned)
        mysql_row_unsigned(row, (uint64_t)number);
    else
        mysql_row_integer(row, number);
}

static int
add_year(const struct mysql_value *self, mysql_row_t *row, struct error *error)
{
    int64_t year = mysql_value_integer_at(self);
    if (!mysql_value_is_year(year))
        return mysql_value_fail(error);
    mysql_row_year(row, (unsigned)year);
    return 0;
}

static int
add_decimal(const struct mysql_value *self, mysql_row_t *row, struct error *error)
{
    if (!mysql_value_is_decimal(self))
        return mysql_value_fail(error);
    mysql_row_decimal(row, self->data, self->size);
    return 0;
}

int
mysql_value_add(const struct mysql_value *self, mysql_row_t *row, struct error *error)
{
    if (self->is_null) {
        mysql_row_null(row);
        return 0;
    }
    switch ((enum mysql_value_kind)self->kind) {
    case MYSQL_VALUE_INTEGER:
        add_integer(self, row);
        return 0;
    case MYSQL_VALUE_YEAR:
        return add_year(self, row, error);
    case MYSQL_VALUE_SINGLE:
        mysql_row_float(row, (float)mysql_value_real_at(self));
        return 0;
    case MYSQL_VALUE_DOUBLE:
        mysql_row_double(row, mysql_value_real_at(self));
        return 0;
    case MYSQL_VALUE_DECIMAL:
        return add_decimal(self, row, error);
    case MYSQL_VALUE_DATE:
    case MYSQL_VALUE_DATETIME:
    case MYSQL_VALUE_TIME:
        return add_time(self, row, error);
    case MYSQL_VALUE_BYTES:
        break;
    }
    return mysql_row_bytes(row, &self->style, self->data, self->size, error);
}
