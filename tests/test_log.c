#include "common/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/fd.h"
#include "tests/check.h"

static int stderr_before = -1;
static int reader = -1;

// From here on standard error is a pipe that read_line reads.
static int
catch_stderr(void **state)
{
    (void)state;
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    stderr_before = dup(STDERR_FILENO);
    assert_true(dup2(pipe_fds[1], STDERR_FILENO) >= 0);
    close(pipe_fds[1]);
    reader = pipe_fds[0];
    return 0;
}

static int
release_stderr(void **state)
{
    (void)state;
    dup2(stderr_before, STDERR_FILENO);
    fd_close(&stderr_before);
    fd_close(&reader);
    log_open("dbhaul", LOG_LEVEL_INFO);
    return 0;
}

static void
read_line(char line[8192])
{
    ssize_t size = read(reader, line, 8191);
    assert_true(size > 0);
    line[size] = '\0';
}

static void
a_line_has_time_program_level_and_text(void **state)
{
    (void)state;
    char line[8192];
    log_open("dbhaul-worker", LOG_LEVEL_INFO);
    log_error("job %d: access denied", 12);
    read_line(line);
    assert_int_equal(line[4], '-');
    assert_int_equal(line[10], 'T');
    assert_int_equal(line[19], '.');
    assert_int_equal(line[23], 'Z');
    assert_string_equal(line + 24, " dbhaul-worker error job 12: access denied\n");
}

static void
what_is_below_the_level_is_not_written(void **state)
{
    (void)state;
    char line[8192];
    log_open("p", LOG_LEVEL_WARNING);
    log_info("not seen");
    log_debug("not seen");
    log_warning("seen");
    read_line(line);
    assert_string_equal(line + 24, " p warning seen\n");
    log_open("p", LOG_LEVEL_DEBUG);
    log_debug("seen");
    read_line(line);
    assert_string_equal(line + 24, " p debug seen\n");
}

static void
a_line_stays_one_line_of_at_most_2_kib(void **state)
{
    (void)state;
    char line[8192];
    char longer[4096];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    log_open("p", LOG_LEVEL_INFO);
    log_info("a\nb\x1b[0m%s", longer);
    read_line(line);
    assert_int_equal(strlen(line), 2048 - 1);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    assert_null(strchr(line, '\x1b'));
}

static void
levels_are_read_from_their_names(void **state)
{
    (void)state;
    enum log_level level = LOG_LEVEL_ERROR;
    assert_int_equal(log_level_parse("debug", &level), 0);
    assert_int_equal(level, LOG_LEVEL_DEBUG);
    assert_int_equal(log_level_parse("loud", &level), -1);
    assert_int_equal(level, LOG_LEVEL_DEBUG);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_has_time_program_level_and_text, catch_stderr,
                                        release_stderr),
        cmocka_unit_test_setup_teardown(what_is_below_the_level_is_not_written, catch_stderr,
                                        release_stderr),
        cmocka_unit_test_setup_teardown(a_line_stays_one_line_of_at_most_2_kib, catch_stderr,
                                        release_stderr),
        cmocka_unit_test(levels_are_read_from_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
