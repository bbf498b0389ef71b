#include <string.h>

#include "common/error.h"
#include "tests/check.h"

static void
wrapping_keeps_the_code_and_puts_context_first(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(error_set(&error, ERROR_DENIED, "no right on '%s'", "t"), -1);
    assert_int_equal(error_wrap(&error, "cannot read %d", 7), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_string_equal(error.message, "cannot read 7: no right on 't'");
}

static void
a_long_message_is_cut_and_stays_a_string(void **state)
{
    (void)state;
    struct error error = {0};
    char longer[2 * sizeof error.message];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    error_set(&error, ERROR_CONFIG, "%s", longer);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrapping_keeps_the_code_and_puts_context_first),
        cmocka_unit_test(a_long_message_is_cut_and_stays_a_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
