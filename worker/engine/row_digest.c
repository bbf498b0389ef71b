#include "worker/engine/row_digest.h"

#include <endian.h>
#include <errno.h>
#include <iconv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/fast_hash.h"
#include "common/memory.h"

enum { FORM_SIZE = 64 << 10, FIELD_HEAD_SIZE = 9, PIECE_SIZE = 4096 };

struct row_digest {
    XXH3_state_t *state;
    iconv_t converter;
    int has_converter;
    int is_streaming;  // of this row, something is in the state already
    struct row_sum sum;
    uint64_t rows;
    size_t used;
    unsigned char form[FORM_SIZE];  // of this row, what is not yet in the state
};

row_digest_t *
row_digest_new(void)
{
    row_digest_t *self = memory_get(sizeof *self);
    self->state = XXH3_createState();
    if (!self->state)
        abort();
    return self;
}

void
row_digest_destroy(row_digest_t **self_p)
{
    if (!*self_p)
        return;
    row_digest_set_charset(*self_p, NULL);
    XXH3_freeState((*self_p)->state);
    memory_free(self_p);
}

static void
flush(row_digest_t *self)
{
    if (!self->is_streaming)
        XXH3_128bits_reset(self->state);
    self->is_streaming = 1;
    XXH3_128bits_update(self->state, self->form, self->used);
    self->used = 0;
}

void
row_digest_add(row_digest_t *self, const void *data, size_t size)
{
    if (size > sizeof self->form - self->used) {
        flush(self);
        if (size >= sizeof self->form) {
            XXH3_128bits_update(self->state, data, size);
            return;
        }
    }
    if (size > 0)
        memcpy(self->form + self->used, data, size);
    self->used += size;
}

static void
put_head(unsigned char head[FIELD_HEAD_SIZE], char tag, uint64_t number)
{
    number = htole64(number);
    head[0] = (unsigned char)tag;
    memcpy(head + 1, &number, sizeof number);
}

static void
add_number(row_digest_t *self, char tag, uint64_t number)
{
    if (sizeof self->form - self->used < FIELD_HEAD_SIZE)
        flush(self);
    put_head(self->form + self->used, tag, number);
    self->used += FIELD_HEAD_SIZE;
}

void
row_digest_null(row_digest_t *self)
{
    row_digest_add(self, "N", 1);
}

void
row_digest_integer(row_digest_t *self, int64_t number)
{
    add_number(self, 'I', (uint64_t)number);
}

void
row_digest_unsigned(row_digest_t *self, uint64_t number)
{
    add_number(self, number > INT64_MAX ? 'U' : 'I', number);
}

void
row_digest_double(row_digest_t *self, double number)
{
    static const uint64_t not_a_number = UINT64_C(0x7ff8000000000000);
    uint64_t bits = 0;
    memcpy(&bits, &number, sizeof bits);
    add_number(self, 'F', isnan(number) ? not_a_number : bits);
}

void
row_digest_begin_bytes(row_digest_t *self, enum row_tag tag, uint64_t size)
{
    add_number(self, (char)tag, size);
}

void
row_digest_bytes(row_digest_t *self, enum row_tag tag, const void *data, size_t size)
{
    if (size == 0 || size + FIELD_HEAD_SIZE > sizeof self->form - self->used) {
        row_digest_begin_bytes(self, tag, size);
        row_digest_add(self, data, size);
        return;
    }
    put_head(self->form + self->used, (char)tag, size);
    memcpy(self->form + self->used + FIELD_HEAD_SIZE, data, size);
    self->used += FIELD_HEAD_SIZE + size;
}

void
row_digest_set_charset(row_digest_t *self, const char *name)
{
    if (self->has_converter)
        iconv_close(self->converter);
    self->has_converter = 0;
    if (!name)
        return;
    self->converter = iconv_open("UTF-8", name);
    self->has_converter = self->converter != (iconv_t)-1;
}

// Makes the text UTF-8, piece by piece, and adds it if that is wanted. *converted: the size of all.
// -1: it is no text.
static int
convert(row_digest_t *self, const char *data, size_t size, int is_added, uint64_t *converted)
{
    char piece[PIECE_SIZE];
    char *from = (char *)(uintptr_t)data;  // iconv does not write there
    *converted = 0;
    iconv(self->converter, NULL, NULL, NULL, NULL);
    while (size > 0) {
        char *to = piece;
        size_t room = sizeof piece;
        size_t status = iconv(self->converter, &from, &size, &to, &room);
        size_t used = sizeof piece - room;
        if (status == (size_t)-1 && errno != E2BIG)
            return -1;
        *converted += used;
        if (is_added)
            row_digest_add(self, piece, used);
    }
    return 0;
}

static int
is_ascii(const char *data, size_t size)
{
    unsigned char all = 0;
    for (size_t index = 0; index < size; index++)
        all |= (unsigned char)data[index];
    return all < 0x80;
}

void
row_digest_text(row_digest_t *self, const char *data, size_t size)
{
    uint64_t converted = 0;
    if (!self->has_converter || is_ascii(data, size)) {
        row_digest_bytes(self, ROW_TEXT, data, size);
        return;
    }
    if (convert(self, data, size, 0, &converted)) {
        row_digest_bytes(self, ROW_BINARY, data, size);
        return;
    }
    row_digest_begin_bytes(self, ROW_TEXT, converted);
    convert(self, data, size, 1, &converted);
}

// The size of a text with a fraction, without the zeros that say nothing.
static size_t
trim_fraction(const char *text, size_t size)
{
    if (!memchr(text, '.', size))
        return size;
    while (text[size - 1] == '0')
        size--;
    return text[size - 1] == '.' ? size - 1 : size;
}

void
row_digest_time(row_digest_t *self, const char *text, size_t size)
{
    row_digest_bytes(self, ROW_TIME, text, trim_fraction(text, size));
}

void
row_digest_decimal(row_digest_t *self, const char *text, size_t size)
{
    int is_negative = size > 0 && *text == '-';
    int has_sign = is_negative || (size > 0 && *text == '+');
    text += has_sign;
    size = trim_fraction(text, size - (size_t)has_sign);
    while (size > 1 && text[0] == '0' && text[1] != '.') {
        text++;
        size--;
    }
    int needs_zero = size == 0 || *text == '.';
    int is_zero = size == 0 || (size == 1 && *text == '0');
    if (is_zero) {
        row_digest_bytes(self, ROW_DECIMAL, "0", 1);
        return;
    }
    if (!is_negative && !needs_zero) {
        row_digest_bytes(self, ROW_DECIMAL, text, size);
        return;
    }
    row_digest_begin_bytes(self, ROW_DECIMAL, size + (size_t)(is_negative + needs_zero));
    row_digest_add(self, "-0", (size_t)is_negative);
    row_digest_add(self, "0", (size_t)needs_zero);
    row_digest_add(self, text, size);
}

uint64_t
row_digest_end_row(row_digest_t *self)
{
    XXH128_hash_t hash;
    if (self->is_streaming) {
        flush(self);
        hash = XXH3_128bits_digest(self->state);
    } else {
        hash = XXH3_128bits(self->form, self->used);
    }
    self->used = 0;
    self->is_streaming = 0;
    self->rows++;
    self->sum = row_sum_add(self->sum, (struct row_sum){.high = hash.high64, .low = hash.low64});
    return hash.low64;
}

uint64_t
row_digest_rows(const row_digest_t *self)
{
    return self->rows;
}

struct row_sum
row_digest_sum(const row_digest_t *self)
{
    return self->sum;
}

void
row_digest_reset(row_digest_t *self)
{
    self->sum = (struct row_sum){0};
    self->rows = 0;
    self->used = 0;
    self->is_streaming = 0;
}

struct row_sum
row_sum_add(struct row_sum one, struct row_sum other)
{
    struct row_sum sum = {.high = one.high + other.high, .low = one.low + other.low};
    sum.high += sum.low < one.low;
    return sum;
}
