#include "worker/engine/postgres_pen.h"

#include <endian.h>
#include <string.h>

#include "worker/engine/digits.h"
#include "worker/engine/postgres_escape.h"
#include "worker/engine/postgres_moment.h"
#include "worker/engine/postgres_numeric.h"
#include "worker/engine/postgres_scalar.h"
#include "worker/engine/row_form.h"

enum {
    JSONB_VERSION = 1,
    DECIMAL_ROOM = 2 + 2 * DIGITS_ROOM,  // a sign, a point, and what is written too much
};
_Static_assert(POSTGRES_PEN_ROOM > POSTGRES_SCALAR_SMALL + ROW_FORM_HEAD + 2, "values fit");
_Static_assert(POSTGRES_PEN_ROOM > ROW_FORM_HEAD + DECIMAL_ROOM, "decimals fit");

// All of these: 0 if the value is not for them.

static int
write_integer(struct postgres_pen *self, int64_t number)
{
    uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;
    char *text = self->text;
    *text = '-';
    self->form = row_form_integer(self->form, number);
    self->text = digits_number(text + (number < 0), size);
    return 1;
}

static int
write_text(struct postgres_pen *self, const char *data, size_t size, size_t form_size)
{
    if (!self->is_utf8)
        return 0;
    unsigned char *copy = row_form_head(self->form, ROW_TEXT, form_size);
    self->text += postgres_escape_twice(self->text, copy, data, size);
    self->form = copy + form_size;
    return 1;
}

static int
write_char(struct postgres_pen *self, const char *data, size_t size)
{
    size_t used = size;
    while (used > 0 && data[used - 1] == ' ')
        used--;
    return write_text(self, data, size, used);
}

static int
write_jsonb(struct postgres_pen *self, const char *data, size_t size)
{
    if (size == 0 || *data != JSONB_VERSION)
        return 0;
    return write_text(self, data + 1, size - 1, size - 1);
}

static int
write_bytea(struct postgres_pen *self, const char *data, size_t size)
{
    memcpy(self->text, "\\\\x", 3);
    self->text = postgres_scalar_hex(self->text + 3, data, size);
    self->form = row_form_bytes(self->form, ROW_BINARY, data, size);
    return 1;
}

static char *
put_word(char *to, uint64_t word, unsigned size)
{
    word = htole64(word);
    memcpy(to, &word, sizeof word);
    return to + size;
}

// The same number without what row_form.h leaves out: zeros at the end, the sign of 0.
static unsigned char *
put_decimal_form(unsigned char *form, const struct postgres_numeric_usual *number)
{
    unsigned used = digits_used(number->fraction);
    char *begin = (char *)form + ROW_FORM_HEAD, *to = begin;
    *to = '-';
    to += number->is_negative && (number->whole > 0 || used > 0);
    to = digits_number(to, number->whole);
    if (used > 0) {
        *to++ = '.';
        to = put_word(to, number->fraction, used);
    }
    row_form_head(form, ROW_DECIMAL, (uint64_t)(to - begin));
    return (unsigned char *)to;
}

static int
write_decimal(struct postgres_pen *self, const char *data, size_t size)
{
    struct postgres_numeric_usual number;
    if (postgres_numeric_take(data, size, &number))
        return 0;
    char *to = self->text;
    *to = '-';
    to = digits_number(to + number.is_negative, number.whole);
    if (number.scale > 0) {
        *to++ = '.';
        to = put_word(to, number.fraction, number.scale);
    }
    self->text = to;
    self->form = put_decimal_form(self->form, &number);
    return 1;
}

static int
write_timestamp(struct postgres_pen *self, const char *data, int has_zone)
{
    size_t size = postgres_moment_put_twice(self->text, self->form + ROW_FORM_HEAD,
                                            (int64_t)postgres_scalar_u64(data));
    if (size == 0)
        return 0;
    self->text += size;
    if (has_zone) {
        memcpy(self->text, "+00", 3);
        self->text += 3;
    }
    self->form = row_form_head(self->form, ROW_TIME, size) + size;
    return 1;
}

static int
write_double(struct postgres_pen *self, const char *data)
{
    uint64_t bits = postgres_scalar_u64(data);
    double number = 0;
    memcpy(&number, &bits, sizeof number);
    self->text += postgres_printer_put(self->printer, self->text, POSTGRES_FLOAT8, data, 8);
    self->form = row_form_double(self->form, number);
    return 1;
}

// Values of which the form has the text as it is.
static int
write_as_text(struct postgres_pen *self, enum postgres_kind kind, enum row_tag tag,
              const char *data, size_t size)
{
    size_t used = postgres_printer_put(self->printer, self->text, kind, data, size);
    if (used == 0)
        return 0;
    self->form = row_form_bytes(self->form, tag, self->text, used);
    self->text += used;
    return 1;
}

static int
write_value(struct postgres_pen *self, enum postgres_kind kind, const char *data, size_t size)
{
    switch (kind) {
    case POSTGRES_TEXT:
        return write_text(self, data, size, size);
    case POSTGRES_INT4:
        return size == 4 && write_integer(self, (int32_t)postgres_scalar_u32(data));
    case POSTGRES_INT8:
        return size == 8 && write_integer(self, (int64_t)postgres_scalar_u64(data));
    case POSTGRES_NUMERIC:
        return write_decimal(self, data, size);
    case POSTGRES_TIMESTAMP:
    case POSTGRES_TIMESTAMPTZ:
        return size == 8 && write_timestamp(self, data, kind == POSTGRES_TIMESTAMPTZ);
    case POSTGRES_FLOAT8:
        return size == 8 && write_double(self, data);
    case POSTGRES_BYTEA:
        return write_bytea(self, data, size);
    case POSTGRES_CHAR:
        return write_char(self, data, size);
    case POSTGRES_JSONB:
        return write_jsonb(self, data, size);
    case POSTGRES_INT2:
        return size == 2 && write_integer(self, (int16_t)postgres_scalar_u16(data));
    case POSTGRES_OID:
        return size == 4 && write_integer(self, postgres_scalar_u32(data));
    case POSTGRES_DATE:
    case POSTGRES_TIME:
        return write_as_text(self, kind, ROW_TIME, data, size);
    case POSTGRES_UUID:
    case POSTGRES_TIMETZ:
    case POSTGRES_MACADDR:
    case POSTGRES_MACADDR8:
        return write_as_text(self, kind, ROW_TEXT, data, size);
    default:
        return 0;
    }
}

// Room for what twice the size takes, which is more than any value does.
static int
has_room(const struct postgres_pen *self, size_t size)
{
    return self->text_end - self->text >= 2 * (ptrdiff_t)size &&
           self->form_end - self->form >= (ptrdiff_t)size;
}

int
postgres_pen_write(struct postgres_pen *self, const struct postgres_type *type, const char *data,
                   size_t size)
{
    if (type->is_array || !has_room(self, size) || !write_value(self, type->kind, data, size))
        return 0;
    *self->text++ = '\t';
    return 1;
}

int
postgres_pen_write_null(struct postgres_pen *self)
{
    if (!has_room(self, 0))
        return 0;
    self->form = row_form_null(self->form);
    memcpy(self->text, "\\N\t", 3);
    self->text += 3;
    return 1;
}
