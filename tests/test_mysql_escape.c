// Each odd byte at each place of each length, held against a loop that takes them one by one.

#include <string.h>

#include "common/memory.h"
#include "tests/check.h"
#include "worker/engine/mysql_escape.h"

enum { SIZE_MAX_TRIED = 70 };

static size_t
escape_slowly(char *to, const char *data, size_t size, int is_lines)
{
    static const char odd[] = "\0\n\\\t'";
    static const char letters[] = "0n\\t'";
    char *next = to;
    for (size_t i = 0; i < size; i++) {
        const char *found = memchr(odd, data[i], sizeof odd - 1);
        int is_odd = found && data[i] != (is_lines ? '\'' : '\t');
        if (is_odd)
            *next++ = '\\';
        *next++ = is_odd ? letters[found - odd] : data[i];
    }
    return (size_t)(next - to);
}

static void
check(const char *data, size_t size)
{
    char expected[2 * SIZE_MAX_TRIED], text[2 * SIZE_MAX_TRIED], copy[SIZE_MAX_TRIED];
    // Where nothing may be read beyond it.
    char *own = memory_get(size + 1);
    own = memory_resize(own, size ? size : 1);
    memcpy(own, data, size);
    for (int is_lines = 0; is_lines <= 1; is_lines++) {
        size_t wanted = escape_slowly(expected, data, size, is_lines);
        assert_int_equal(mysql_escape(text, own, size, is_lines), wanted);
        assert_memory_equal(text, expected, wanted);
    }
    memset(copy, '-', sizeof copy);
    size_t wanted = escape_slowly(expected, data, size, 1);
    assert_int_equal(mysql_escape_line(text, copy, own, size), wanted);
    assert_memory_equal(text, expected, wanted);
    assert_memory_equal(copy, data, size);
    for (size_t i = size; i < sizeof copy; i++)
        assert_int_equal(copy[i], '-');
    memory_free(&own);
}

static void
odd_bytes_are_escaped_wherever_they_stand(void **state)
{
    (void)state;
    static const char bytes[] = "\0\t\n\\'\b\r\xff";
    char data[SIZE_MAX_TRIED];
    for (size_t size = 0; size <= SIZE_MAX_TRIED; size++) {
        memset(data, 'p', sizeof data);
        check(data, size);
        for (size_t i = 0; i < size * (sizeof bytes - 1); i++) {
            memset(data, 'p', sizeof data);
            data[i % size] = bytes[i / size];
            check(data, size);
        }
    }
}

static void
many_odd_bytes_are_escaped_too(void **state)
{
    (void)state;
    static const char bytes[] = "\\a\tb'c\nd\0";
    char data[SIZE_MAX_TRIED];
    for (size_t size = 0; size <= SIZE_MAX_TRIED; size++) {
        for (size_t i = 0; i < size; i++)
            data[i] = bytes[i * i % (sizeof bytes)];
        check(data, size);
        memset(data, '\0', sizeof data);
        check(data, size);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_bytes_are_escaped_wherever_they_stand),
        cmocka_unit_test(many_odd_bytes_are_escaped_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
