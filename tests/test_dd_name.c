// Names that may go to a Data Domain, and how they stand in a path.

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/protect/dd_name.h"
#include "tests/check.h"

static void
a_name_of_plain_letters_passes(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(dd_name_check("MTree", "/data/col1/su_1-a.b", 64, &error), 0);
}

static void
a_name_that_a_shell_or_an_option_could_be_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"",   "a b", "a;b", "a'b",     "$(a)",
                                        "-a", "a\n", "a\"", "\xc3\xa4"};
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        struct error error = {0};
        assert_int_equal(dd_name_check("snapshot", names[index], 64, &error), -1);
        assert_int_equal(error.code, ERROR_INVALID);
    }
}

static void
a_name_that_is_too_long_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(dd_name_check("snapshot", "abcd", 5, &error), 0);
    assert_int_equal(dd_name_check("snapshot", "abcde", 5, &error), -1);
}

static void
slashes_and_colons_are_encoded(void **state)
{
    (void)state;
    CLEAN(memory_free) char *encoded = dd_name_encode("/data/col1/su-1:a.b_c~");
    assert_string_equal(encoded, "%2Fdata%2Fcol1%2Fsu-1%3Aa.b_c~");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_of_plain_letters_passes),
        cmocka_unit_test(a_name_that_a_shell_or_an_option_could_be_is_refused),
        cmocka_unit_test(a_name_that_is_too_long_is_refused),
        cmocka_unit_test(slashes_and_colons_are_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
