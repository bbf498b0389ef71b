#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/check.h"
#include "worker/engine/digits.h"

static void
check(uint64_t number)
{
    char wanted[24], text[24];
    int size = snprintf(wanted, sizeof wanted, "%" PRIu64, number);
    assert_int_equal(digits_number(text, number) - text, size);
    assert_memory_equal(text, wanted, (size_t)size);
}

static void
a_number_has_as_many_digits_as_it_needs(void **state)
{
    (void)state;
    uint64_t power = 1;
    for (int i = 0; i < 20; i++, power *= 10) {
        for (uint64_t number = power - 1; number != power + 2; number++)
            check(number);
    }
    for (uint64_t number = 0; number < 20000; number++)
        check(number);
    check(UINT64_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_has_as_many_digits_as_it_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
