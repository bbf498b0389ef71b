#include "common/clean.h"
#include "common/clock.h"
#include "common/process_output.h"
#include "tests/check.h"

static int
run(const char *script, int64_t patience_ms, size_t limit, struct buffer *output,
    struct process_end *end, struct error *error)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    struct process_options options = {.argv = argv};
    return process_output(&options, patience_ms, limit, output, end, error);
}

static void
output_and_end_are_told_whether_it_succeeds_or_not(void **state)
{
    (void)state;
    for (int status = 0; status < 2; status++) {
        CLEAN(buffer_clear) struct buffer output = {0};
        struct process_end end;
        struct error error = {0};
        assert_int_equal(
            run(status ? "printf out; echo err >&2; exit 1" : "printf out; echo err >&2", 10000,
                100, &output, &end, &error),
            0);
        assert_string_equal(buffer_read(&output), "out");
        assert_int_equal(end.exit_code, status);
        assert_string_equal(end.stderr_text, "err\n");
    }
}

static void
one_that_writes_too_much_or_takes_too_long_is_killed(void **state)
{
    (void)state;
    static const char *const scripts[] = {"exec sleep 60", "exec 1>&-; exec sleep 60"};
    CLEAN(buffer_clear) struct buffer output = {0};
    struct process_end end;
    struct error error = {0};
    assert_int_equal(run("while :; do echo more; done", 10000, 1000, &output, &end, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    for (size_t i = 0; i < 2; i++) {
        int64_t begin_ms = clock_monotonic_ms();
        assert_int_equal(run(scripts[i], 200, 1000, &output, &end, &error), -1);
        assert_int_equal(error.code, ERROR_UNAVAILABLE);
        assert_true(clock_monotonic_ms() - begin_ms < 20000);
    }
}

static void
one_that_is_not_there_is_configuration(void **state)
{
    (void)state;
    const char *const argv[] = {"/nonexistent/program", NULL};
    struct process_options options = {.argv = argv};
    CLEAN(buffer_clear) struct buffer output = {0};
    struct process_end end;
    struct error error = {0};
    assert_int_equal(process_output(&options, 1000, 100, &output, &end, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_and_end_are_told_whether_it_succeeds_or_not),
        cmocka_unit_test(one_that_writes_too_much_or_takes_too_long_is_killed),
        cmocka_unit_test(one_that_is_not_there_is_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
