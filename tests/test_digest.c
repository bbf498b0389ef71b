#include <stdio.h>

#include "common/clean.h"
#include "common/digest.h"
#include "tests/check.h"

// Of "abc" and of nothing, from FIPS 180-4.
static const char abc_hex[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char empty_hex[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static void
known_texts_have_their_known_sums(void **state)
{
    (void)state;
    uint8_t sum[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    digest_of("abc", 3, sum);
    digest_hex(sum, hex);
    assert_string_equal(hex, abc_hex);
    digest_of("", 0, sum);
    digest_hex(sum, hex);
    assert_string_equal(hex, empty_hex);
}

static void
pieces_give_the_sum_of_the_whole_and_ending_starts_over(void **state)
{
    (void)state;
    CLEAN(digest_destroy) digest_t *digest = digest_new();
    for (int round = 0; round < 2; round++) {
        uint8_t sum[DIGEST_SIZE];
        char hex[DIGEST_HEX_SIZE];
        digest_add(digest, "a", 1);
        digest_add(digest, "bc", 2);
        digest_end(digest, sum);
        digest_hex(sum, hex);
        assert_string_equal(hex, abc_hex);
    }
}

static void
hexadecimal_is_read_back(void **state)
{
    (void)state;
    uint8_t sum[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    assert_int_equal(digest_from_hex(abc_hex, sum), 0);
    digest_hex(sum, hex);
    assert_string_equal(hex, abc_hex);
}

static void
anything_but_64_lower_case_digits_is_refused(void **state)
{
    (void)state;
    uint8_t sum[DIGEST_SIZE] = {7};
    char text[DIGEST_HEX_SIZE + 1];
    assert_int_equal(digest_from_hex("", sum), -1);
    snprintf(text, sizeof text, "%s0", abc_hex);
    assert_int_equal(digest_from_hex(text, sum), -1);
    snprintf(text, sizeof text, "%.63s", abc_hex);
    assert_int_equal(digest_from_hex(text, sum), -1);
    snprintf(text, sizeof text, "B%s", abc_hex + 1);
    assert_int_equal(digest_from_hex(text, sum), -1);
    snprintf(text, sizeof text, "%.63sg", abc_hex);
    assert_int_equal(digest_from_hex(text, sum), -1);
    assert_int_equal(sum[0], 7);
}

// Case 2 of RFC 4231.
static void
the_known_hmac_is_made_and_may_overwrite_its_key(void **state)
{
    (void)state;
    static const char data[] = "what do ya want for nothing?";
    uint8_t sum[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    digest_hmac("Jefe", 4, data, sizeof data - 1, sum);
    digest_hex(sum, hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    uint8_t again[DIGEST_SIZE];
    digest_hmac(sum, sizeof sum, "x", 1, again);
    digest_hmac(sum, sizeof sum, "x", 1, sum);
    assert_memory_equal(sum, again, sizeof sum);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts_have_their_known_sums),
        cmocka_unit_test(pieces_give_the_sum_of_the_whole_and_ending_starts_over),
        cmocka_unit_test(hexadecimal_is_read_back),
        cmocka_unit_test(anything_but_64_lower_case_digits_is_refused),
        cmocka_unit_test(the_known_hmac_is_made_and_may_overwrite_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
