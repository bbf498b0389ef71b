// Whatever a server sends as a row in COPY's binary form: it is refused, or becomes one line of
// COPY's text form that has as many fields as the table has columns, with the digest that this line
// has. The first bytes are the columns' types.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_digest.h"
#include "worker/engine/postgres_row.h"
#include "worker/engine/postgres_tuple.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMNS_MAX = 8 };

static void
require(int holds)
{
    if (!holds)
        abort();
}

static int
keep(void *file, const void *data, size_t size, struct error *error)
{
    (void)error;
    buffer_add(file, data, size);
    return 0;
}

static void
check_line(struct buffer *line, const struct postgres_form *form, struct row_sum wanted)
{
    CLEAN(row_digest_destroy) row_digest_t *digest = row_digest_new();
    require(line->size > 0 && memchr(line->data, '\n', line->size) == line->data + line->size - 1);
    struct postgres_row row = postgres_row_begin(line->data, line->size);
    struct postgres_field field;
    size_t count = 0;
    for (; postgres_row_next(&row, &field); count++) {
        require(count < form->count);
        if (field.is_null)
            row_digest_null(digest);
        else
            postgres_digest_text(digest, &form->types[count], field.data, field.size);
    }
    row_digest_end_row(digest);
    require(count == form->count);
    struct row_sum sum = row_digest_sum(digest);
    require(sum.high == wanted.high && sum.low == wanted.low);
}

static void
convert(const struct postgres_form *form, const char *data, size_t size)
{
    struct error error = {0};
    CLEAN(buffer_clear) struct buffer line = {0};
    CLEAN(row_digest_destroy) row_digest_t *digest = row_digest_new();
    static postgres_tuple_t *tuple;  // takes long to make
    if (!tuple)
        tuple = postgres_tuple_new();
    CLEAN(postgres_lines_clear) struct postgres_lines lines = {0};
    struct sink sink = {.write = keep};
    postgres_lines_begin(&lines, &sink, &line);
    int status = postgres_tuple_write(tuple, form, data, size, digest, &lines, &error) ||
                 postgres_lines_end(&lines, &error);
    if (status)
        require((error.code == ERROR_CORRUPT || error.code == ERROR_CONFIG) && *error.message);
    else
        check_line(&line, form, row_digest_sum(digest));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct postgres_type types[COLUMNS_MAX];
    size_t count = size > 0 ? 1 + data[0] % COLUMNS_MAX : 0;
    if (count == 0 || size < 1 + count)
        return 0;
    for (size_t index = 0; index < count; index++) {
        uint8_t byte = data[1 + index];
        types[index] = (struct postgres_type){
            .kind = (uint8_t)(1 + (byte & 0x7f) % (POSTGRES_KINDS - 1)), .is_array = byte >> 7};
    }
    struct postgres_form form = {.types = types, .count = count};
    // Where nothing may be read beyond it.
    size_t left = size - 1 - count;
    CLEAN(memory_free) char *copy = memory_get(left + 1);
    copy = memory_resize(copy, left ? left : 1);
    memcpy(copy, data + 1 + count, left);
    convert(&form, copy, left);
    return 0;
}
