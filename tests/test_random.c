#include "common/random.h"

#include <ctype.h>
#include <string.h>

#include "tests/check.h"

static void
numbers_stay_below_their_bound_and_reach_all_of_it(void **state)
{
    (void)state;
    unsigned seen[7] = {0};
    for (int i = 0; i < 7000; i++) {
        uint64_t number = random_below(7);
        assert_true(number < 7);
        seen[number]++;
    }
    for (size_t i = 0; i < 7; i++)
        assert_true(seen[i] > 700);
    assert_int_equal(random_below(1), 0);
}

static void
ids_are_version_4_and_differ(void **state)
{
    (void)state;
    char first[RANDOM_ID_SIZE], second[RANDOM_ID_SIZE];
    random_id(first);
    random_id(second);
    assert_string_not_equal(first, second);
    assert_int_equal(strlen(first), RANDOM_ID_SIZE - 1);
    for (size_t i = 0; i < RANDOM_ID_SIZE - 1; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23)
            assert_int_equal(first[i], '-');
        else
            assert_true(isdigit((unsigned char)first[i]) || strchr("abcdef", first[i]));
    }
    assert_int_equal(first[14], '4');
    assert_non_null(strchr("89ab", first[19]));
}

static void
all_bytes_asked_for_are_filled(void **state)
{
    (void)state;
    uint8_t filled[64] = {0};
    for (int i = 0; i < 64; i++) {
        uint8_t bytes[64] = {0};
        random_bytes(bytes, sizeof bytes);
        for (size_t j = 0; j < sizeof bytes; j++)
            filled[j] |= bytes[j];
    }
    for (size_t j = 0; j < sizeof filled; j++)
        assert_int_not_equal(filled[j], 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stay_below_their_bound_and_reach_all_of_it),
        cmocka_unit_test(ids_are_version_4_and_differ),
        cmocka_unit_test(all_bytes_asked_for_are_filled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
