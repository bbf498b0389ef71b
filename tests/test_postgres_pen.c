// What the pen writes is what those write that print one value after the other: texts by
// postgres_value and postgres_escape, the digest's form by postgres_digest.

#include "worker/engine/postgres_pen.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "tests/check.h"
#include "worker/engine/postgres_digest.h"
#include "worker/engine/postgres_escape.h"

enum { ROOM = 4096, DATA_MAX = 512, TRIES = 20000 };

static postgres_printer_t *printer;
static row_digest_t *digest;
static char *text;
static unsigned char *form;

static struct postgres_pen
pen_of(size_t text_size, size_t form_size)
{
    return (struct postgres_pen){.text = text,
                                 .text_end = text + text_size,
                                 .form = form,
                                 .form_end = form + form_size,
                                 .printer = printer,
                                 .is_utf8 = 1};
}

static uint64_t
hash_of_form(const unsigned char *end)
{
    unsigned char *to = row_digest_room(digest, ROOM);
    memcpy(to, form, (size_t)(end - form));
    row_digest_put(digest, to + (end - form));
    return row_digest_end_row(digest);
}

// Returns whether the pen wrote it.
static int
is_written(enum postgres_kind kind, const char *data, size_t size)
{
    static char wanted[2 * DATA_MAX + 1];
    struct error error = {0};
    struct postgres_value value = {0};
    struct postgres_type type = {.kind = (uint8_t)kind};
    struct postgres_pen pen = pen_of(ROOM, ROOM);
    // Where nothing may be read beyond it.
    char *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    int is_there = postgres_pen_write(&pen, &type, copy, size);
    int status = postgres_printer_print(printer, &type, copy, size, &value, &error);
    if (is_there) {
        assert_int_equal(status, 0);
        size_t used = postgres_escape(wanted, value.data, value.size);
        wanted[used++] = '\t';
        assert_int_equal(pen.text - text, used);
        assert_memory_equal(text, wanted, used);
        uint64_t hash = hash_of_form(pen.form);
        postgres_digest_text(digest, &type, value.data, value.size);
        assert_true(hash == row_digest_end_row(digest));
    } else {
        assert_ptr_equal(pen.text, text);
        assert_ptr_equal(pen.form, form);
    }
    free(copy);
    return is_there;
}

#define IS_WRITTEN(kind, bytes) is_written(kind, bytes, sizeof(bytes) - 1)

static uint32_t
draw(void)
{
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33);
}

// Few high bits now and then, so that numbers of all sizes come.
static size_t
draw_number(char *data, size_t size)
{
    unsigned zeros = draw() % (unsigned)(size + 1);
    int is_negative = draw() % 4 == 0;
    for (size_t index = 0; index < size; index++)
        data[index] = (char)(index < zeros ? (is_negative ? 0xff : 0) : draw());
    return size;
}

static size_t
draw_decimal(char *data)
{
    unsigned count = draw() % 6, sign = draw() % 3 == 0 ? 0x40 : 0;
    char head[] = {0, (char)count, 0, (char)(draw() % 5), (char)sign, 0, 0, (char)(draw() % 10)};
    if (draw() % 4 == 0)
        head[2] = head[3] = (char)0xff;  // -1
    memcpy(data, head, sizeof head);
    for (unsigned index = 0; index < count; index++) {
        unsigned group = draw() % 3 ? draw() % 10010 : draw() % 2 * 100;
        data[sizeof head + 2 * (size_t)index] = (char)(group >> 8);
        data[sizeof head + 2 * (size_t)index + 1] = (char)group;
    }
    return sizeof head + 2 * (size_t)count;
}

static size_t
draw_text(char *data)
{
    size_t size = draw() % 80;
    unsigned odd = draw() % 2;
    for (size_t index = 0; index < size; index++)
        data[index] = (char)(odd && draw() % 30 == 0 ? draw() % 14 + 1 : draw() % 90 + 32);
    while (size > 0 && draw() % 4 == 0)
        data[--size] = ' ';
    return size;
}

static size_t
draw_value(enum postgres_kind kind, char *data)
{
    switch (kind) {
    case POSTGRES_NUMERIC:
        return draw_decimal(data);
    case POSTGRES_TEXT:
    case POSTGRES_CHAR:
    case POSTGRES_BYTEA:
        return draw_text(data);
    case POSTGRES_JSONB:
        data[0] = 1;
        return 1 + draw_text(data + 1);
    case POSTGRES_INT2:
        return draw_number(data, 2);
    case POSTGRES_INT4:
    case POSTGRES_OID:
    case POSTGRES_DATE:
        return draw_number(data, 4);
    case POSTGRES_MACADDR:
        return draw_number(data, 6);
    case POSTGRES_TIMETZ:
        return draw_number(data, 12);
    case POSTGRES_UUID:
        return draw_number(data, 16);
    default:
        return draw_number(data, 8);
    }
}

static void
what_is_written_is_what_the_slower_ones_write(void **state)
{
    (void)state;
    static const enum postgres_kind kinds[] = {
        POSTGRES_TEXT, POSTGRES_CHAR,    POSTGRES_JSONB,     POSTGRES_BYTEA,       POSTGRES_INT2,
        POSTGRES_INT4, POSTGRES_INT8,    POSTGRES_OID,       POSTGRES_FLOAT8,      POSTGRES_NUMERIC,
        POSTGRES_DATE, POSTGRES_TIME,    POSTGRES_TIMESTAMP, POSTGRES_TIMESTAMPTZ, POSTGRES_TIMETZ,
        POSTGRES_UUID, POSTGRES_MACADDR, POSTGRES_MACADDR8};
    for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
        size_t written = 0;
        for (int count = 0; count < TRIES; count++) {
            char data[DATA_MAX] = {0};
            written += (size_t)is_written(kinds[index], data, draw_value(kinds[index], data));
        }
        if (written < TRIES / 10)
            fail_msg("%zu of kind %d were written", written, (int)kinds[index]);
    }
}

static void
decimals_lose_what_the_form_leaves_out(void **state)
{
    (void)state;
    assert_true(IS_WRITTEN(POSTGRES_NUMERIC, "\0\0\0\0\0\0\0\2"));                // 0.00
    assert_true(IS_WRITTEN(POSTGRES_NUMERIC, "\0\0\0\0\x40\0\0\2"));              // -0.00
    assert_true(IS_WRITTEN(POSTGRES_NUMERIC, "\0\1\0\0\x40\0\0\2\0\7"));          // -7.00
    assert_true(IS_WRITTEN(POSTGRES_NUMERIC, "\0\1\xff\xff\x40\0\0\2\x13\x88"));  // -0.50
    assert_true(IS_WRITTEN(POSTGRES_NUMERIC, "\0\2\0\0\0\0\0\1\0\1\x16\xa8"));    // 1.5, and more
    assert_true(IS_WRITTEN(POSTGRES_NUMERIC, "\0\2\0\1\0\0\0\0\0\x0a\0\0"));      // 100000
}

static void
what_is_none_or_unusual_is_not_written(void **state)
{
    (void)state;
    assert_false(IS_WRITTEN(POSTGRES_INT4, "\0\0\1"));
    assert_false(IS_WRITTEN(POSTGRES_INT8, ""));
    assert_false(IS_WRITTEN(POSTGRES_NUMERIC, "\0\1\0\0\0\0\0"));
    assert_false(IS_WRITTEN(POSTGRES_NUMERIC, "\0\1\0\0\0\0\0\0\x27\x10"));            // 10,000
    assert_false(IS_WRITTEN(POSTGRES_NUMERIC, "\0\0\0\0\xc0\0\0\0"));                  // NaN
    assert_false(IS_WRITTEN(POSTGRES_NUMERIC, "\0\2\0\1\0\0\0\0\0\0\0\5"));            // 00005
    assert_false(IS_WRITTEN(POSTGRES_TIMESTAMP, "\x7f\xff\xff\xff\xff\xff\xff\xff"));  // infinity
    assert_false(IS_WRITTEN(POSTGRES_TIMESTAMPTZ, "\x80\0\0\0\0\0\0\0"));
    assert_false(IS_WRITTEN(POSTGRES_JSONB, ""));
    assert_false(IS_WRITTEN(POSTGRES_JSONB, "\2{}"));
    assert_false(IS_WRITTEN(POSTGRES_INET, "\2\x20\0\4\x7f\0\0\1"));
}

static void
what_has_no_room_is_not_written(void **state)
{
    (void)state;
    struct postgres_type type = {.kind = POSTGRES_TEXT};
    struct postgres_pen pen = pen_of(20, 10);
    assert_int_equal(postgres_pen_write(&pen, &type, "12345678901", 11), 0);
    assert_ptr_equal(pen.text, text);
    assert_int_equal(postgres_pen_write(&pen, &type, "1234567890", 10), 1);
    assert_int_equal(pen.text - text, 11);
    pen = pen_of(20, 9);
    assert_int_equal(postgres_pen_write(&pen, &type, "1234567890", 10), 0);
    pen.text_end = text;
    assert_int_equal(postgres_pen_write_null(&pen), 1);
    assert_memory_equal(text, "\\N\t", 3);
    assert_int_equal(postgres_pen_write_null(&pen), 0);
}

static void
text_that_has_to_be_converted_is_not_written(void **state)
{
    (void)state;
    struct postgres_type type = {.kind = POSTGRES_TEXT};
    struct postgres_pen pen = pen_of(ROOM, ROOM);
    pen.is_utf8 = 0;
    assert_int_equal(postgres_pen_write(&pen, &type, "x", 1), 0);
    type.kind = POSTGRES_INT4;
    assert_int_equal(postgres_pen_write(&pen, &type, "\0\0\0\1", 4), 1);
    type.is_array = 1;
    assert_int_equal(postgres_pen_write(&pen, &type, "\0\0\0\1", 4), 0);
}

static int
start(void **state)
{
    (void)state;
    printer = postgres_printer_new();
    digest = row_digest_new();
    text = memory_get(ROOM + POSTGRES_PEN_ROOM);
    form = memory_get(ROOM + POSTGRES_PEN_ROOM);
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    postgres_printer_destroy(&printer);
    row_digest_destroy(&digest);
    memory_free(&text);
    memory_free(&form);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_what_the_slower_ones_write),
        cmocka_unit_test(decimals_lose_what_the_form_leaves_out),
        cmocka_unit_test(what_is_none_or_unusual_is_not_written),
        cmocka_unit_test(what_has_no_room_is_not_written),
        cmocka_unit_test(text_that_has_to_be_converted_is_not_written),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
