// PostgreSQL's values as fields of a row's digest: by their text and by their binary form the same,
// and the same as MySQL's. tests/test_postgres_forms.c compares with real servers.

#include "worker/engine/postgres_digest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static row_digest_t *digest;

// Where nothing may be read beyond it.
static void
add_text(const struct postgres_type *type, const char *text, size_t size)
{
    char *copy = malloc(size ? size : 1);
    memcpy(copy, text, size);
    postgres_digest_text(digest, type, copy, size);
    free(copy);
}

static uint64_t
by_text(enum postgres_kind kind, int is_array, const char *text)
{
    struct postgres_type type = {.kind = (uint8_t)kind, .is_array = (uint8_t)is_array};
    add_text(&type, text, strlen(text));
    return row_digest_end_row(digest);
}

static uint64_t
integer(int64_t number)
{
    row_digest_integer(digest, number);
    return row_digest_end_row(digest);
}

static uint64_t
real(double number)
{
    row_digest_double(digest, number);
    return row_digest_end_row(digest);
}

static uint64_t
bytes(enum row_tag tag, const char *data, size_t size)
{
    row_digest_bytes(digest, tag, data, size);
    return row_digest_end_row(digest);
}

#define IS(kind, text, other) assert_true(by_text(POSTGRES_##kind, 0, text) == (other))
#define IS_BYTES(kind, text, tag, wanted) IS(kind, text, bytes(tag, wanted, sizeof(wanted) - 1))

static void
numbers_are_numbers(void **state)
{
    (void)state;
    IS(BOOLEAN, "t", integer(1));
    IS(BOOLEAN, "f", integer(0));
    IS(INT2, "-32768", integer(INT16_MIN));
    IS(INT4, "42", integer(42));
    IS(INT8, "-9223372036854775808", integer(INT64_MIN));
    IS(INT8, "9223372036854775807", integer(INT64_MAX));
    IS(OID, "4294967295", integer(UINT32_MAX));
    IS(FLOAT8, "0.1", real(0.1));
    IS(FLOAT8, "-0", real(-0.0));
    IS(FLOAT8, "4.9406564584124654e-324", real(4.9406564584124654e-324));
    IS(FLOAT4, "0.1", real((double)0.1f));
    IS_BYTES(NUMERIC, "-12.50", ROW_DECIMAL, "-12.5");
    IS_BYTES(NUMERIC, "NaN", ROW_DECIMAL, "NaN");
    IS_BYTES(NUMERIC, "-Infinity", ROW_DECIMAL, "-Infinity");
    IS_BYTES(NUMERIC, "100", ROW_DECIMAL, "100");
}

// PostgreSQL before 12 prints more digits than it takes.
static void
a_floating_point_number_is_one_however_it_is_printed(void **state)
{
    (void)state;
    IS(FLOAT8, "0.10000000000000001", real(0.1));
    IS(FLOAT8, "0.299999999999999989", real(0.3));
    IS(FLOAT8, "1e+100", real(1e100));
    IS(FLOAT8, "999999999999999", real(999999999999999));
    IS(FLOAT8, "0.12345678901234", real(0.12345678901234));
    IS(FLOAT8, "-12.5", real(-12.5));
    IS(FLOAT4, "-0", real(-0.0));
    IS(FLOAT4, "0.3", real((double)0.3f));
    IS(FLOAT4, "16777217", real(16777216));
    IS(FLOAT4, "0.00000000001", real((double)1e-11f));
    IS(FLOAT8, "Infinity", real(INFINITY));
    IS(FLOAT4, "0.100000001", real((double)0.1f));
    IS(FLOAT4, "1.17549435e-38", real((double)1.17549435e-38f));
}

static void
times_are_in_utc(void **state)
{
    (void)state;
    IS_BYTES(DATE, "2026-11-23", ROW_TIME, "2026-11-23");
    IS_BYTES(DATE, "0044-03-15 BC", ROW_TIME, "0044-03-15 BC");
    IS_BYTES(TIME, "03:00:00.5", ROW_TIME, "03:00:00.5");
    IS_BYTES(TIMESTAMP, "2026-11-23 03:00:00", ROW_TIME, "2026-11-23 03:00:00");
    IS_BYTES(TIMESTAMP, "-infinity", ROW_TIME, "-infinity");
    IS_BYTES(TIMESTAMPTZ, "2026-11-23 03:00:00.25+00", ROW_TIME, "2026-11-23 03:00:00.25");
    IS_BYTES(TIMESTAMPTZ, "0044-03-15 00:00:00+00 BC", ROW_TIME, "0044-03-15 00:00:00 BC");
    IS_BYTES(TIMESTAMPTZ, "infinity", ROW_TIME, "infinity");
    IS_BYTES(TIMETZ, "03:00:00.5+10", ROW_TEXT, "03:00:00.5+10");
}

static void
bytes_are_bytes_and_all_else_is_text(void **state)
{
    (void)state;
    IS_BYTES(BYTEA, "\\x", ROW_BINARY, "");
    IS_BYTES(BYTEA, "\\x00ff5c", ROW_BINARY, "\0\xff\\");
    IS_BYTES(BITS, "1010101010101", ROW_BINARY, "\x15\x55");
    IS_BYTES(BITS, "1", ROW_BINARY, "\1");
    IS_BYTES(BITS, "0000000011111111", ROW_BINARY, "\0\xff");
    IS_BYTES(VARBITS, "01", ROW_TEXT, "01");
    IS_BYTES(CHAR, "a b  ", ROW_TEXT, "a b");
    IS_BYTES(CHAR, "   ", ROW_TEXT, "");
    IS_BYTES(TEXT, "a  ", ROW_TEXT, "a  ");
    IS_BYTES(NO_KIND, "1 mon", ROW_TEXT, "1 mon");
    IS_BYTES(UUID, "ffffffff-ffff-ffff-ffff-ffffffffffff", ROW_TEXT,
             "ffffffff-ffff-ffff-ffff-ffffffffffff");
    assert_true(by_text(POSTGRES_INT4, 1, "{1}") == bytes(ROW_TEXT, "{1}", 3));
    assert_true(by_text(POSTGRES_CHAR, 1, "{\"a \"} ") == bytes(ROW_TEXT, "{\"a \"} ", 7));
}

static void
encodings_have_their_names(void **state)
{
    (void)state;
    assert_string_equal(postgres_digest_charset("WIN1252"), "CP1252");
    assert_null(postgres_digest_charset("UTF8"));
    assert_null(postgres_digest_charset("SQL_ASCII"));
    row_digest_set_charset(digest, postgres_digest_charset("LATIN9"));
    uint64_t euro = by_text(POSTGRES_TEXT, 0, "\xa4");
    row_digest_set_charset(digest, NULL);
    IS(TEXT, "\xe2\x82\xac", euro);
}

static void
what_is_not_of_its_type_is_text(void **state)
{
    (void)state;
    static const struct {
        enum postgres_kind kind;
        const char *text;
    } cases[] = {
        {POSTGRES_BOOLEAN, ""},
        {POSTGRES_BOOLEAN, "true"},
        {POSTGRES_INT4, ""},
        {POSTGRES_INT4, "-"},
        {POSTGRES_INT4, "1 "},
        {POSTGRES_INT8, "9223372036854775808"},
        {POSTGRES_INT8, "-9223372036854775809"},
        {POSTGRES_INT8, "99999999999999999999"},
        {POSTGRES_FLOAT8, ""},
        {POSTGRES_FLOAT8, "1,5"},
        {POSTGRES_FLOAT8, "1.5."},
        {POSTGRES_FLOAT8, "-"},
        {POSTGRES_FLOAT8, "."},
        {POSTGRES_FLOAT8, "0.00000000000000000000000000000000000000000000000001"},
        {POSTGRES_BYTEA, "abc"},
        {POSTGRES_BYTEA, "\\"},
        {POSTGRES_BYTEA, "\\x0"},
        {POSTGRES_BYTEA, "\\x0g"},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        const char *text = cases[index].text;
        if (by_text(cases[index].kind, 0, text) != bytes(ROW_TEXT, text, strlen(text)))
            fail_msg("'%s' is no text", text);
    }
}

// More than is undone at once.
static void
long_bytes_are_read_whole(void **state)
{
    (void)state;
    enum { SIZE = 20001 };
    struct postgres_type type = {.kind = POSTGRES_BYTEA};
    CLEAN(memory_free) char *data = memory_get(SIZE);
    CLEAN(memory_free) char *text = memory_get(2 * SIZE + 3);
    snprintf(text, 3, "\\x");
    for (size_t index = 0; index < SIZE; index++) {
        data[index] = (char)(index * 31 >> 3);
        snprintf(text + 2 + 2 * index, 3, "%02x", (unsigned char)data[index]);
    }
    add_text(&type, text, 2 * SIZE + 2);
    assert_true(row_digest_end_row(digest) == bytes(ROW_BINARY, data, SIZE));
}

static void
assert_scalar(enum postgres_kind kind, const char *data, const char *text)
{
    postgres_digest_scalar(digest, kind, data, text, strlen(text));
    if (row_digest_end_row(digest) != by_text(kind, 0, text))
        fail_msg("'%s' is another in binary form", text);
}

static void
both_forms_are_one(void **state)
{
    (void)state;
    assert_scalar(POSTGRES_BOOLEAN, "\1", "t");
    assert_scalar(POSTGRES_BOOLEAN, "\0", "f");
    assert_scalar(POSTGRES_INT2, "\xff\xfe", "-2");
    assert_scalar(POSTGRES_INT4, "\x80\0\0\0", "-2147483648");
    assert_scalar(POSTGRES_INT8, "\0\0\0\0\0\0\0\x2a", "42");
    assert_scalar(POSTGRES_OID, "\xff\xff\xff\xff", "4294967295");
    assert_scalar(POSTGRES_FLOAT4, "\x3d\xcc\xcc\xcd", "0.1");
    assert_scalar(POSTGRES_FLOAT8, "\x3f\xb9\x99\x99\x99\x99\x99\x9a", "0.1");
    assert_scalar(POSTGRES_FLOAT8, "\xff\xf8\0\0\0\0\0\1", "NaN");
    assert_scalar(POSTGRES_FLOAT8, "\x80\0\0\0\0\0\0\0", "-0");
    assert_scalar(POSTGRES_DATE, "\0\0\0\0", "2000-01-01");
    assert_scalar(POSTGRES_TIMESTAMPTZ, "\0\0\0\0\0\0\0\0", "2000-01-01 00:00:00+00");
    assert_scalar(POSTGRES_NUMERIC, "\0\0\0\0\xc0\0\0\0", "NaN");
}

static int
start(void **state)
{
    (void)state;
    digest = row_digest_new();
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    row_digest_destroy(&digest);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_numbers),
        cmocka_unit_test(a_floating_point_number_is_one_however_it_is_printed),
        cmocka_unit_test(times_are_in_utc),
        cmocka_unit_test(bytes_are_bytes_and_all_else_is_text),
        cmocka_unit_test(encodings_have_their_names),
        cmocka_unit_test(what_is_not_of_its_type_is_text),
        cmocka_unit_test(long_bytes_are_read_whole),
        cmocka_unit_test(both_forms_are_one),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
