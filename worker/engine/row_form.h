// The fields of a row's canonical form (row_digest.h), for who writes them one after the other
// where there is room for all: each is written at `to`, and where the next one may stand is
// returned.
//
//     unsigned char *to = row_digest_room(digest, 2 * ROW_FORM_HEAD + size);
//     to = row_form_integer(to, 42);
//     row_digest_put(digest, row_form_bytes(to, ROW_TEXT, data, size));

#pragma once

#include <endian.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "worker/engine/row_digest.h"

enum { ROW_FORM_HEAD = 9 };  // the letter, and the number or size

static inline unsigned char *
row_form_head(unsigned char *to, char tag, uint64_t number)
{
    number = htole64(number);
    *to = (unsigned char)tag;
    memcpy(to + 1, &number, sizeof number);
    return to + ROW_FORM_HEAD;
}

static inline unsigned char *
row_form_null(unsigned char *to)
{
    *to = 'N';
    return to + 1;
}

static inline unsigned char *
row_form_integer(unsigned char *to, int64_t number)
{
    return row_form_head(to, 'I', (uint64_t)number);
}

static inline unsigned char *
row_form_unsigned(unsigned char *to, uint64_t number)
{
    return row_form_head(to, number > INT64_MAX ? 'U' : 'I', number);
}

static inline unsigned char *
row_form_double(unsigned char *to, double number)
{
    uint64_t bits = UINT64_C(0x7ff8000000000000);
    if (!isnan(number))
        memcpy(&bits, &number, sizeof bits);
    return row_form_head(to, 'F', bits);
}

static inline unsigned char *
row_form_bytes(unsigned char *to, enum row_tag tag, const void *data, size_t size)
{
    to = row_form_head(to, (char)tag, size);
    if (size > 0)
        memcpy(to, data, size);
    return to + size;
}

// The size of a text with a fraction, without the zeros that say nothing.
static inline size_t
row_form_trim(const char *text, size_t size)
{
    int may_end_so = size > 0 && (text[size - 1] == '0' || text[size - 1] == '.');
    if (!may_end_so || !memchr(text, '.', size))
        return size;
    while (text[size - 1] == '0')
        size--;
    return text[size - 1] == '.' ? size - 1 : size;
}

// A decimal number in any common spelling as the form has it: what stands before the rest of it.
struct row_decimal {
    const char *before;  // a sign, a zero
    const char *rest;
    size_t before_size, rest_size;
};
struct row_decimal row_form_decimal_of(const char *text, size_t size);

static inline unsigned char *
row_form_decimal(unsigned char *to, const char *text, size_t size)
{
    struct row_decimal decimal = row_form_decimal_of(text, size);
    to = row_form_head(to, ROW_DECIMAL, decimal.before_size + decimal.rest_size);
    memcpy(to, decimal.before, decimal.before_size);
    memcpy(to + decimal.before_size, decimal.rest, decimal.rest_size);
    return to + decimal.before_size + decimal.rest_size;
}
