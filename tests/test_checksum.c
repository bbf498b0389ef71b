#include <string.h>

#include "common/clean.h"
#include "tests/check.h"
#include "worker/set/checksum.h"

static struct checksum_sum
sum_of(uint64_t seed, const char *text)
{
    CLEAN(checksum_destroy) checksum_t *checksum = checksum_new(seed);
    checksum_add(checksum, text, strlen(text));
    return checksum_sum(checksum);
}

static void
pieces_have_the_sum_of_the_whole(void **state)
{
    (void)state;
    CLEAN(checksum_destroy) checksum_t *checksum = checksum_new(7);
    checksum_add(checksum, "a", 1);
    checksum_add(checksum, "", 0);
    checksum_add(checksum, "bc", 2);
    assert_true(checksum_equal(checksum_sum(checksum), sum_of(7, "abc")));
}

static void
other_bytes_and_other_seeds_have_other_sums(void **state)
{
    (void)state;
    assert_false(checksum_equal(sum_of(7, "abc"), sum_of(7, "abd")));
    assert_false(checksum_equal(sum_of(7, "abc"), sum_of(7, "ab")));
    assert_false(checksum_equal(sum_of(7, "abc"), sum_of(8, "abc")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_have_the_sum_of_the_whole),
        cmocka_unit_test(other_bytes_and_other_seeds_have_other_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
