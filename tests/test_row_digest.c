// Digests of rows: the canonical form is what its header says, and order does not matter.

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"
#include "worker/engine/row_digest.h"

static void
assert_sum(const row_digest_t *digest, const void *form, size_t size)
{
    XXH128_hash_t hash = XXH3_128bits(form, size);
    struct row_sum sum = row_digest_sum(digest);
    assert_true(sum.high == hash.high64 && sum.low == hash.low64);
}

static void
a_row_has_the_form_that_the_header_promises(void **state)
{
    (void)state;
    static const char form[] = "NI\xfe\xff\xff\xff\xff\xff\xff\xffU\x00\x00\x00\x00\x00\x00\x00\x80"
                               "I\x07\x00\x00\x00\x00\x00\x00\x00"
                               "F\x00\x00\x00\x00\x00\x00\xf8\x3f"
                               "S\x03\x00\x00\x00\x00\x00\x00\x00"
                               "a\0b"
                               "B\x00\x00\x00\x00\x00\x00\x00\x00";
    CLEAN(row_digest_destroy) row_digest_t *digest = row_digest_new();
    row_digest_null(digest);
    row_digest_integer(digest, -2);
    row_digest_unsigned(digest, UINT64_C(1) << 63);
    row_digest_unsigned(digest, 7);
    row_digest_double(digest, 1.5);
    row_digest_bytes(digest, ROW_TEXT, "a\0b", 3);
    row_digest_bytes(digest, ROW_BINARY, NULL, 0);
    row_digest_end_row(digest);
    assert_sum(digest, form, sizeof form - 1);
    assert_int_equal(row_digest_rows(digest), 1);
}

static void
spellings_of_one_number_or_time_are_one(void **state)
{
    (void)state;
    static const struct {
        const char *text, *form;
        int is_time;
    } cases[] = {
        {"0", "0", 0},
        {"-0.00", "0", 0},
        {"000", "0", 0},
        {"", "0", 0},
        {"+1.50", "1.5", 0},
        {"-001.000", "-1", 0},
        {".5", "0.5", 0},
        {"-.50", "-0.5", 0},
        {"0.50", "0.5", 0},
        {"100", "100", 0},
        {"-0.10", "-0.1", 0},
        {"NaN", "NaN", 0},
        {"-Infinity", "-Infinity", 0},
        {"2026-11-23 03:00:00.500", "2026-11-23 03:00:00.5", 1},
        {"03:00:00.000", "03:00:00", 1},
        {"2026-11-20", "2026-11-20", 1},
        {"-infinity", "-infinity", 1},
    };
    CLEAN(row_digest_destroy) row_digest_t *digest = row_digest_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char form[64] = "";
        size_t size = strlen(cases[i].form);
        form[0] = cases[i].is_time ? 'T' : 'D';
        form[1] = (char)size;
        memcpy(form + 9, cases[i].form, size);
        row_digest_reset(digest);
        if (cases[i].is_time)
            row_digest_time(digest, cases[i].text, strlen(cases[i].text));
        else
            row_digest_decimal(digest, cases[i].text, strlen(cases[i].text));
        row_digest_end_row(digest);
        assert_sum(digest, form, 9 + size);
    }
}

static void
add_row(row_digest_t *digest, int64_t number, const char *text)
{
    row_digest_integer(digest, number);
    if (text)
        row_digest_bytes(digest, ROW_TEXT, text, strlen(text));
    else
        row_digest_null(digest);
    row_digest_end_row(digest);
}

static void
order_does_not_matter_and_parts_add_up(void **state)
{
    (void)state;
    CLEAN(row_digest_destroy) row_digest_t *all = row_digest_new();
    CLEAN(row_digest_destroy) row_digest_t *one = row_digest_new();
    CLEAN(row_digest_destroy) row_digest_t *other = row_digest_new();
    for (int i = 0; i < 1000; i++) {
        add_row(all, i, "x");
        add_row(i % 3 ? one : other, 999 - i, "x");
    }
    struct row_sum sum = row_digest_sum(all);
    struct row_sum parts = row_sum_add(row_digest_sum(one), row_digest_sum(other));
    assert_true(sum.high == parts.high && sum.low == parts.low);
}

static void
a_change_of_any_kind_is_another_sum(void **state)
{
    (void)state;
    CLEAN(row_digest_destroy) row_digest_t *digest = row_digest_new();
    struct row_sum sums[5];
    static const struct {
        int64_t number;
        const char *text;
        int times;
    } rows[] = {{1, "", 1}, {1, NULL, 1}, {1, "a", 1}, {2, "a", 1}, {1, "a", 3}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        row_digest_reset(digest);
        for (int time = 0; time < rows[i].times; time++)
            add_row(digest, rows[i].number, rows[i].text);
        sums[i] = row_digest_sum(digest);
        for (size_t before = 0; before < i; before++)
            assert_false(sums[before].high == sums[i].high && sums[before].low == sums[i].low);
    }
}

static void
a_field_in_pieces_is_as_one_in_whole(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    CLEAN(memory_free) char *data = memory_get(SIZE);
    CLEAN(row_digest_destroy) row_digest_t *whole = row_digest_new();
    CLEAN(row_digest_destroy) row_digest_t *pieces = row_digest_new();
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (char)(i * 31 >> 3);
    for (size_t size = 60000; size <= SIZE; size += 97531) {
        row_digest_bytes(whole, ROW_BINARY, data, size);
        row_digest_end_row(whole);
        row_digest_begin_bytes(pieces, ROW_BINARY, size);
        for (size_t at = 0; at < size; at += 1013)
            row_digest_add(pieces, data + at, size - at < 1013 ? size - at : 1013);
        row_digest_end_row(pieces);
    }
    struct row_sum one = row_digest_sum(whole), other = row_digest_sum(pieces);
    assert_true(one.high == other.high && one.low == other.low);
}

static void
every_nan_is_the_same_and_zeros_are_not(void **state)
{
    (void)state;
    CLEAN(row_digest_destroy) row_digest_t *digest = row_digest_new();
    row_digest_double(digest, nan("1"));
    uint64_t one = row_digest_end_row(digest);
    row_digest_double(digest, -nan("2"));
    assert_true(row_digest_end_row(digest) == one);
    row_digest_double(digest, 0.0);
    one = row_digest_end_row(digest);
    row_digest_double(digest, -0.0);
    assert_false(row_digest_end_row(digest) == one);
}

static void
text_is_made_utf_8(void **state)
{
    (void)state;
    enum { SIZE = 100000 };
    CLEAN(memory_free) char *data = memory_get(SIZE);
    CLEAN(memory_free) char *utf8 = memory_get((size_t)2 * SIZE);
    CLEAN(row_digest_destroy) row_digest_t *latin = row_digest_new();
    CLEAN(row_digest_destroy) row_digest_t *plain = row_digest_new();
    row_digest_set_charset(latin, "ISO-8859-1");
    for (size_t size = 0; size <= SIZE; size = 3 * size + 1) {
        memset(data, 0xf6, size);
        for (size_t index = 0; index < size; index++) {
            utf8[2 * index] = '\xc3';
            utf8[2 * index + 1] = '\xb6';
        }
        row_digest_text(latin, data, size);
        row_digest_bytes(plain, ROW_TEXT, utf8, 2 * size);
        assert_true(row_digest_end_row(latin) == row_digest_end_row(plain));
    }
    row_digest_text(latin, "plain", 5);
    row_digest_text(plain, "plain", 5);
    assert_true(row_digest_end_row(latin) == row_digest_end_row(plain));
    row_digest_set_charset(latin, NULL);
    row_digest_text(latin, "\xf6", 1);
    row_digest_bytes(plain, ROW_TEXT, "\xf6", 1);
    assert_true(row_digest_end_row(latin) == row_digest_end_row(plain));
}

static void
what_is_no_text_in_its_character_set_is_bytes(void **state)
{
    (void)state;
    static const char *const texts[] = {"a\xff", "\xa4"};  // no character; half of one
    CLEAN(row_digest_destroy) row_digest_t *japanese = row_digest_new();
    CLEAN(row_digest_destroy) row_digest_t *plain = row_digest_new();
    row_digest_set_charset(japanese, "EUC-JP");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        row_digest_text(japanese, texts[i], strlen(texts[i]));
        row_digest_bytes(plain, ROW_BINARY, texts[i], strlen(texts[i]));
        assert_true(row_digest_end_row(japanese) == row_digest_end_row(plain));
    }
    row_digest_text(japanese, "\xa4\xa2", 2);
    row_digest_bytes(plain, ROW_TEXT, "\xe3\x81\x82", 3);
    assert_true(row_digest_end_row(japanese) == row_digest_end_row(plain));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_has_the_form_that_the_header_promises),
        cmocka_unit_test(spellings_of_one_number_or_time_are_one),
        cmocka_unit_test(order_does_not_matter_and_parts_add_up),
        cmocka_unit_test(a_change_of_any_kind_is_another_sum),
        cmocka_unit_test(a_field_in_pieces_is_as_one_in_whole),
        cmocka_unit_test(every_nan_is_the_same_and_zeros_are_not),
        cmocka_unit_test(text_is_made_utf_8),
        cmocka_unit_test(what_is_no_text_in_its_character_set_is_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
