#include "common/lines.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "tests/check.h"

// The lines of a text that was written to a pipe, each in brackets, and the code of the end.
static enum error_code
read_all(const char *text, size_t size, size_t size_max, char *seen)
{
    int ends[2];
    struct error error = {0};
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], text, size), (ssize_t)size);
    close(ends[1]);
    CLEAN(fd_close) int fd = ends[0];
    CLEAN(lines_destroy) lines_t *lines = lines_new(fd, size_max, 1000);
    const char *line = NULL;
    size_t length = 0;
    *seen = '\0';
    while (lines_next(lines, &line, &length, &error) == 0) {
        assert_int_equal(strlen(line), length);
        strcat(strcat(strcat(seen, "["), line), "]");
    }
    return error.code;
}

static void
lines_come_one_by_one(void **state)
{
    (void)state;
    char seen[256];
    assert_int_equal(read_all("one\n\nthree\n", 11, 16, seen), ERROR_NOT_FOUND);
    assert_string_equal(seen, "[one][][three]");
    assert_int_equal(read_all("", 0, 16, seen), ERROR_NOT_FOUND);
    assert_int_equal(read_all("aaaaaaa\nbbbbbbb\nccccccc\nd\n", 26, 8, seen), ERROR_NOT_FOUND);
    assert_string_equal(seen, "[aaaaaaa][bbbbbbb][ccccccc][d]");
}

static void
what_is_cut_off_or_too_long_is_corrupt(void **state)
{
    (void)state;
    char seen[256];
    assert_int_equal(read_all("one\ntwo", 7, 16, seen), ERROR_CORRUPT);
    assert_string_equal(seen, "[one]");
    assert_int_equal(read_all("aaaaaaaa\n", 9, 8, seen), ERROR_CORRUPT);
    assert_int_equal(read_all("aaaaaaaaaaaaaaaaaaaaaaaa", 24, 8, seen), ERROR_CORRUPT);
    assert_int_equal(read_all("a\0b\n", 4, 8, seen), ERROR_CORRUPT);
}

static void
silence_has_an_end(void **state)
{
    (void)state;
    int ends[2];
    struct error error = {0};
    const char *line = NULL;
    size_t size = 0;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    CLEAN(fd_close) int ours = ends[0];
    CLEAN(fd_close) int theirs = ends[1];
    CLEAN(lines_destroy) lines_t *lines = lines_new(ours, 16, 20);
    assert_int_equal(write(theirs, "half", 4), 4);
    assert_int_equal(lines_next(lines, &line, &size, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_one_by_one),
        cmocka_unit_test(what_is_cut_off_or_too_long_is_corrupt),
        cmocka_unit_test(silence_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
