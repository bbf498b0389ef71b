#include "worker/engine/row_digest.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "common/fast_hash.h"
#include "common/memory.h"
#include "worker/engine/row_form.h"

enum { PIECE_SIZE = 4096 };

struct row_digest {
    XXH3_state_t *state;
    iconv_t converter;
    int has_converter;
    int is_streaming;  // of this row, something is in the state already
    struct row_sum sum;
    uint64_t rows;
    size_t used;
    unsigned char form[ROW_DIGEST_ROOM];  // of this row, what is not yet in the state
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

unsigned char *
row_digest_room(row_digest_t *self, size_t size)
{
    if (sizeof self->form - self->used < size)
        flush(self);
    return self->form + self->used;
}

void
row_digest_put(row_digest_t *self, const unsigned char *end)
{
    self->used = (size_t)(end - self->form);
}

void
row_digest_null(row_digest_t *self)
{
    row_digest_put(self, row_form_null(row_digest_room(self, 1)));
}

void
row_digest_integer(row_digest_t *self, int64_t number)
{
    row_digest_put(self, row_form_integer(row_digest_room(self, ROW_FORM_HEAD), number));
}

void
row_digest_unsigned(row_digest_t *self, uint64_t number)
{
    row_digest_put(self, row_form_unsigned(row_digest_room(self, ROW_FORM_HEAD), number));
}

void
row_digest_double(row_digest_t *self, double number)
{
    row_digest_put(self, row_form_double(row_digest_room(self, ROW_FORM_HEAD), number));
}

void
row_digest_begin_bytes(row_digest_t *self, enum row_tag tag, uint64_t size)
{
    row_digest_put(self, row_form_head(row_digest_room(self, ROW_FORM_HEAD), (char)tag, size));
}

void
row_digest_bytes(row_digest_t *self, enum row_tag tag, const void *data, size_t size)
{
    if (size + ROW_FORM_HEAD > sizeof self->form - self->used) {
        row_digest_begin_bytes(self, tag, size);
        row_digest_add(self, data, size);
        return;
    }
    row_digest_put(self, row_form_bytes(self->form + self->used, tag, data, size));
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

int
row_digest_is_utf8(const row_digest_t *self)
{
    return !self->has_converter;
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

void
row_digest_time(row_digest_t *self, const char *text, size_t size)
{
    row_digest_bytes(self, ROW_TIME, text, row_form_trim(text, size));
}

void
row_digest_decimal(row_digest_t *self, const char *text, size_t size)
{
    struct row_decimal decimal = row_form_decimal_of(text, size);
    if (decimal.before_size == 0) {
        row_digest_bytes(self, ROW_DECIMAL, decimal.rest, decimal.rest_size);
        return;
    }
    row_digest_begin_bytes(self, ROW_DECIMAL, decimal.before_size + decimal.rest_size);
    row_digest_add(self, decimal.before, decimal.before_size);
    row_digest_add(self, decimal.rest, decimal.rest_size);
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
    fast_hash_rest();
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
