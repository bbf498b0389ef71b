// Files of rows, read statement by statement.

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "tests/check.h"
#include "worker/engine/mysql_lines.h"

static int
file_of(const char *text, size_t size)
{
    struct error error = {0};
    int fd = memfd_create("rows", MFD_CLOEXEC);
    assert_int_equal(fd_write(fd, text, size, &error), 0);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static void
assert_next(mysql_lines_t *lines, const char *expected, size_t expected_rows)
{
    const char *statement = NULL;
    size_t size = 0, rows = 0;
    struct error error = {0};
    if (mysql_lines_next(lines, &statement, &size, &rows, &error))
        fail_msg("%s", error.message);
    if (!expected) {
        assert_null(statement);
        return;
    }
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(statement, expected, size);
    assert_int_equal(rows, expected_rows);
}

static void
a_script_is_given_statement_by_statement(void **state)
{
    (void)state;
    static const char text[] =
        "SET NAMES utf8mb4;\nINSERT INTO `a;` VALUES\n(1,'x;\\n'),\n(2,'y');\n";
    CLEAN(fd_close) int fd = file_of(text, strlen(text));
    CLEAN(mysql_lines_destroy) mysql_lines_t *lines = mysql_lines_new(fd, NULL, NULL);
    assert_next(lines, "SET NAMES utf8mb4", 0);
    assert_next(lines, "INSERT INTO `a;` VALUES\n(1,'x;\\n'),\n(2,'y')", 0);
    assert_next(lines, NULL, 0);
}

// A name may hold all of it; a text in a definition, too.
static void
a_semicolon_before_a_line_feed_in_quotes_ends_nothing(void **state)
{
    (void)state;
    static const char text[] = "CREATE TABLE `a;\nb``;\n` (`c\\` INT COMMENT 'x'';\n\\';\n');\n"
                               "INSERT INTO `a;\nb``;\n` VALUES\n('\\\\',\"';\n\"),\n('`;');\n"
                               "COMMIT;\n";
    CLEAN(fd_close) int fd = file_of(text, strlen(text));
    CLEAN(mysql_lines_destroy) mysql_lines_t *lines = mysql_lines_new(fd, NULL, NULL);
    assert_next(lines, "CREATE TABLE `a;\nb``;\n` (`c\\` INT COMMENT 'x'';\n\\';\n')", 0);
    assert_next(lines, "INSERT INTO `a;\nb``;\n` VALUES\n('\\\\',\"';\n\"),\n('`;')", 0);
    assert_next(lines, "COMMIT", 0);
    assert_next(lines, NULL, 0);
}

static void
lines_become_statements(void **state)
{
    (void)state;
    static const char text[] = "1\tit's\\t\\\\\t\\N\n\\\\N\t\t'\n";
    CLEAN(fd_close) int fd = file_of(text, strlen(text));
    CLEAN(mysql_lines_destroy) mysql_lines_t *lines = mysql_lines_new(fd, "INSERT x VALUES", "001");
    assert_next(lines,
                "INSERT x VALUES\n(_binary'1',_binary'it\\'s\\t\\\\',NULL),\n"
                "(_binary'\\\\N',_binary'',CONVERT(_binary'\\'' USING utf8mb4))",
                2);
    assert_next(lines, NULL, 0);
}

static void
an_empty_file_is_no_statement(void **state)
{
    (void)state;
    CLEAN(fd_close) int fd = file_of("", 0);
    CLEAN(mysql_lines_destroy) mysql_lines_t *lines = mysql_lines_new(fd, "INSERT", "0");
    assert_next(lines, NULL, 0);
}

static void
long_files_are_cut_into_statements_and_no_row_is_lost(void **state)
{
    (void)state;
    enum { ROWS = 300, WIDE = 20000 };
    CLEAN(memory_free) char *text = memory_get(ROWS * (WIDE + 1));
    memset(text, 'x', ROWS * (WIDE + 1));
    for (size_t row = 0; row < ROWS; row++)
        text[row * (WIDE + 1) + WIDE] = '\n';
    CLEAN(fd_close) int fd = file_of(text, ROWS * (WIDE + 1));
    CLEAN(mysql_lines_destroy) mysql_lines_t *lines = mysql_lines_new(fd, "INSERT", "0");
    size_t all = 0, statements = 0;
    for (;;) {
        const char *statement = NULL;
        size_t size = 0, rows = 0;
        struct error error = {0};
        assert_int_equal(mysql_lines_next(lines, &statement, &size, &rows, &error), 0);
        if (!statement)
            break;
        assert_true(size < (1 << 20) + WIDE + 100);
        all += rows;
        statements++;
    }
    assert_int_equal(all, ROWS);
    assert_in_range(statements, 5, 7);
}

static void
what_is_cut_short_or_has_other_fields_is_corrupt(void **state)
{
    (void)state;
    static const struct {
        const char *text, *insert, *says;
    } cases[] = {{"1\t2\n3\t4", "INSERT", "no end"},
                 {"1\n", "INSERT", "has 1 fields, not 2"},
                 {"INSERT INTO a VALUES\n(1),\n", NULL, "no end"},
                 {"INSERT", NULL, "no end"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEAN(fd_close) int fd = file_of(cases[i].text, strlen(cases[i].text));
        CLEAN(mysql_lines_destroy)
        mysql_lines_t *lines = mysql_lines_new(fd, cases[i].insert, "00");
        const char *statement = NULL;
        size_t size = 0, rows = 0;
        struct error error = {0};
        assert_int_equal(mysql_lines_next(lines, &statement, &size, &rows, &error), -1);
        assert_int_equal(error.code, ERROR_CORRUPT);
        assert_non_null(strstr(error.message, cases[i].says));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_is_given_statement_by_statement),
        cmocka_unit_test(a_semicolon_before_a_line_feed_in_quotes_ends_nothing),
        cmocka_unit_test(lines_become_statements),
        cmocka_unit_test(an_empty_file_is_no_statement),
        cmocka_unit_test(long_files_are_cut_into_statements_and_no_row_is_lost),
        cmocka_unit_test(what_is_cut_short_or_has_other_fields_is_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
