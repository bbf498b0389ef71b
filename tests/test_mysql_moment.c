#include <string.h>

#include "tests/check.h"
#include "worker/engine/mysql_moment.h"

static void
each_is_as_the_server_prints_it(void **state)
{
    (void)state;
    static const struct {
        enum mysql_moment_kind kind;
        unsigned decimals;
        size_t size;
        const char *bytes, *text;
        size_t short_size;
    } cases[] = {
        {MYSQL_MOMENT_DATE, 0, 0, "", "0000-00-00", 10},
        {MYSQL_MOMENT_DATE, 0, 4, "\xea\x07\x02\x1f", "2026-02-31", 10},
        {MYSQL_MOMENT_DATE, 0, 4, "\x0f\x27\x0c\x1f", "9999-12-31", 10},
        {MYSQL_MOMENT_DATETIME, 0, 0, "", "0000-00-00 00:00:00", 19},
        {MYSQL_MOMENT_DATETIME, 3, 0, "", "0000-00-00 00:00:00.000", 19},
        {MYSQL_MOMENT_DATETIME, 0, 4, "\xea\x07\x0b\x17", "2026-11-23 00:00:00", 19},
        {MYSQL_MOMENT_DATETIME, 0, 7, "\xea\x07\x0b\x17\x17\x3b\x39", "2026-11-23 23:59:57", 19},
        {MYSQL_MOMENT_DATETIME, 6, 7, "\xea\x07\x0b\x17\x03\0\0", "2026-11-23 03:00:00.000000", 19},
        {MYSQL_MOMENT_DATETIME, 6, 11, "\x01\x00\x01\x01\0\0\x01\x40\xe2\x01\0",
         "0001-01-01 00:00:01.123456", 26},
        {MYSQL_MOMENT_DATETIME, 1, 11, "\x01\x00\x01\x01\0\0\x01\xa0\x86\x01\0",
         "0001-01-01 00:00:01.1", 21},
        {MYSQL_MOMENT_DATETIME, 2, 11, "\x01\x00\x01\x01\0\0\x01\xa0\x86\x01\0",
         "0001-01-01 00:00:01.10", 21},
        {MYSQL_MOMENT_TIME, 0, 0, "", "00:00:00", 8},
        {MYSQL_MOMENT_TIME, 4, 0, "", "00:00:00.0000", 8},
        {MYSQL_MOMENT_TIME, 0, 8, "\0\0\0\0\0\x0c\x22\x38", "12:34:56", 8},
        {MYSQL_MOMENT_TIME, 0, 8, "\1\x22\0\0\0\x16\x3b\x3b", "-838:59:59", 10},
        {MYSQL_MOMENT_TIME, 6, 12, "\1\x22\0\0\0\x16\x3b\x3a\x3f\x42\x0f\0", "-838:59:58.999999",
         17},
        {MYSQL_MOMENT_TIME, 5, 12, "\0\1\0\0\0\x01\0\0\x0a\0\0\0", "25:00:00.00001", 14},
        {MYSQL_MOMENT_TIME, 1, 12, "\1\0\0\0\0\0\0\0\x20\xa1\x07\0", "-00:00:00.5", 11},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mysql_moment_text text;
        char printed[sizeof text.words];
        assert_int_equal(mysql_moment_print(cases[i].kind, cases[i].decimals, cases[i].bytes,
                                            cases[i].size, &text),
                         0);
        memcpy(printed, text.words, sizeof printed);
        assert_int_equal(text.size, strlen(cases[i].text));
        assert_memory_equal(printed, cases[i].text, text.size);
        assert_int_equal(text.short_size, cases[i].short_size);
    }
}

static void
what_no_server_has_is_none(void **state)
{
    (void)state;
    static const struct {
        enum mysql_moment_kind kind;
        size_t size;
        const char *bytes;
    } cases[] = {
        {MYSQL_MOMENT_DATE, 3, "\xea\x07\x02"},
        {MYSQL_MOMENT_DATE, 4, "\xff\xff\x01\x01"},
        {MYSQL_MOMENT_DATE, 4, "\x10\x27\x01\x01"},
        {MYSQL_MOMENT_DATE, 4, "\xea\x07\xff\x01"},
        {MYSQL_MOMENT_DATE, 4, "\xea\x07\x01\x64"},
        {MYSQL_MOMENT_DATETIME, 5, "\xea\x07\x0b\x17\x17"},
        {MYSQL_MOMENT_DATETIME, 7, "\xea\x07\x0b\x17\xc8\0\0"},
        {MYSQL_MOMENT_DATETIME, 11, "\xea\x07\x0b\x17\x17\x3b\x39\x40\x42\x0f\0"},
        {MYSQL_MOMENT_TIME, 7, "\0\0\0\0\0\x0c\x22"},
        {MYSQL_MOMENT_TIME, 8, "\0\0\0\0\0\x0c\x22\xff"},
        {MYSQL_MOMENT_TIME, 8, "\0\xff\xff\xff\xff\x01\x01\x01"},
        {MYSQL_MOMENT_TIME, 8, "\0\x29\0\0\0\x10\x01\x01"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mysql_moment_text text;
        assert_int_equal(mysql_moment_print(cases[i].kind, 6, cases[i].bytes, cases[i].size, &text),
                         -1);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_as_the_server_prints_it),
        cmocka_unit_test(what_no_server_has_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
