// Whatever a server sends as a row of the binary protocol: it is refused, or becomes one line that
// has as many fields as the result has columns, the same whether it is written at once or field by
// field. The first bytes are the columns' types.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMNS_MAX = 12 };

static struct buffer line;

static void
require(int holds)
{
    if (!holds)
        abort();
}

static int
keep(void *self, const void *data, size_t size, struct error *error)
{
    (void)error;
    buffer_add(self, data, size);
    return 0;
}

// Of numbers those widths that a result can have.
static struct mysql_value
value_of(uint8_t byte)
{
    static const uint8_t widths[] = {1, 2, 4, 8};
    struct mysql_value value = {.kind = byte % (MYSQL_VALUE_BYTES + 1),
                                .is_unsigned = byte >> 7,
                                .decimals = (byte >> 4 & 7) % 7,
                                .style = {.tag = ROW_BINARY, .before = "_binary", .after = ""}};
    if (value.kind == MYSQL_VALUE_INTEGER)
        value.width = widths[byte >> 4 & 3];
    else if (value.kind == MYSQL_VALUE_YEAR)
        value.width = 2;
    else if (value.kind == MYSQL_VALUE_SINGLE)
        value.width = byte >> 7 ? 4 : 8;
    else if (value.kind == MYSQL_VALUE_DOUBLE)
        value.width = 8;
    return value;
}

static int
write_row(const struct mysql_value *values, size_t count, int at_once, struct mysql_row_part *part)
{
    static mysql_row_t *row;  // takes long to make
    struct mysql_row_target target = {.self = &line, .write = keep};
    struct error error = {0};
    if (!row)
        row = mysql_row_new(MYSQL_LINES, &target);
    line.size = 0;
    mysql_row_begin_table(row, "");
    int status = mysql_row_begin(row, &error);
    if (at_once && status == 0)
        status = mysql_value_add_all(values, count, row, &error);
    for (size_t i = 0; !at_once && status == 0 && i < count; i++)
        status = mysql_value_add(&values[i], row, &error);
    require(status == 0 || (error.code == ERROR_CORRUPT && *error.message));
    require(mysql_row_end(row, NULL, &error) ==
            0);  // also of a part, so that the next one is whole
    require(mysql_row_end_table(row, part, &error) == 0);
    require(mysql_row_flush(row, &error) == 0);
    return status;
}

static size_t
count_of(char byte)
{
    size_t count = 0;
    for (size_t i = 0; i < line.size; i++)
        count += line.data[i] == byte;
    return count;
}

static void
check(const struct mysql_value *values, size_t count)
{
    struct mysql_row_part one = {0}, other = {0};
    int refused = write_row(values, count, 1, &one);
    CLEAN(buffer_clear) struct buffer first = line;
    line = (struct buffer){0};
    require(refused == write_row(values, count, 0, &other));
    if (refused)
        return;
    require(one.rows == 1 && memcmp(&one, &other, sizeof one) == 0);
    require(first.size == line.size && memcmp(first.data, line.data, line.size) == 0);
    require(line.data[line.size - 1] == '\n');
    require(count_of('\n') == 1 && count_of('\t') == count - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mysql_value values[COLUMNS_MAX];
    size_t count = size > 0 ? 1 + data[0] % COLUMNS_MAX : 0;
    if (count == 0 || size < 1 + count)
        return 0;
    for (size_t i = 0; i < count; i++)
        values[i] = value_of(data[1 + i]);
    // Where nothing may be read beyond it.
    size_t left = size - 1 - count;
    CLEAN(memory_free) char *copy = memory_get(left + 1);
    copy = memory_resize(copy, left ? left : 1);
    memcpy(copy, data + 1 + count, left);
    if (mysql_value_take_row(values, count, copy, left) == 0)
        check(values, count);
    return 0;
}
