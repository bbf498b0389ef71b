// Rows as text: every spelling is held fast here, since a change of one makes every file of every
// night after it new to the store.

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/load_columns.h"
#include "common/memory.h"
#include "tests/check.h"
#include "worker/engine/mysql_row.h"

struct text {
    char *data;
    size_t size;
    int fails;
};

static int
keep(void *self, const void *data, size_t size, struct error *error)
{
    struct text *text = self;
    if (text->fails)
        return error_set(error, ERROR_CONFIG, "the store is full");
    text->data = memory_resize(text->data, text->size + size + 1);
    memcpy(text->data + text->size, data, size);
    text->size += size;
    text->data[text->size] = '\0';
    return 0;
}

static const struct mysql_row_style binary = {.tag = ROW_BINARY, .before = "_binary", .after = ""};

static mysql_row_t *
begin(enum mysql_row_form form, struct text *text)
{
    struct mysql_row_target target = {.self = text, .write = keep};
    mysql_row_t *row = mysql_row_new(form, &target);
    mysql_row_begin_table(row, "INSERT INTO `a`.`b` (`c`) VALUES");
    return row;
}

static void
end(mysql_row_t **row, struct text *text, const char *expected, size_t size)
{
    struct mysql_row_part part;
    struct error error = {0};
    assert_int_equal(mysql_row_end_table(*row, &part, &error), 0);
    assert_int_equal(part.size_bytes, mysql_row_size(*row));
    assert_int_equal(mysql_row_flush(*row, &error), 0);
    assert_int_equal(text->size, size);
    assert_memory_equal(text->data, expected, size);
    memory_free(&text->data);
    text->size = 0;
    mysql_row_destroy(row);
}

static void
add_all_kinds(mysql_row_t *row)
{
    struct error error = {0};
    static const char bytes[] = "a\0b\tc\nd\\e'f\r\x1a\xff \"`";
    assert_int_equal(mysql_row_begin(row, &error), 0);
    mysql_row_null(row);
    mysql_row_integer(row, INT64_MIN);
    mysql_row_unsigned(row, UINT64_MAX);
    mysql_row_integer(row, 0);
    mysql_row_year(row, 0);
    mysql_row_decimal(row, "-1.50", 5);
    mysql_row_time(row, "2026-02-31 00:00:00.10", 22);
    assert_int_equal(mysql_row_bytes(row, &binary, bytes, sizeof bytes - 1, &error), 0);
    assert_int_equal(mysql_row_bytes(row, &binary, "", 0, &error), 0);
    assert_int_equal(mysql_row_end(row, NULL, &error), 0);
}

static void
lines_are_what_load_data_reads(void **state)
{
    (void)state;
    static const char expected[] =
        "\\N\t-9223372036854775808\t18446744073709551615\t0\t0000\t-1.50\t2026-02-31 00:00:00.10\t"
        "a\\0b\\tc\\nd\\\\e'f\r\x1a\xff \"`\t\n";
    struct text text = {0};
    mysql_row_t *row = begin(MYSQL_LINES, &text);
    add_all_kinds(row);
    end(&row, &text, expected, sizeof expected - 1);
}

static void
statements_are_what_a_client_sends(void **state)
{
    (void)state;
    static const char expected[] =
        "INSERT INTO `a`.`b` (`c`) VALUES\n"
        "(NULL,-9223372036854775808,18446744073709551615,0,'0000',-1.50,'2026-02-31 00:00:00.10',"
        "_binary'a\\0b\tc\\nd\\\\e\\'f\r\x1a\xff \"`',_binary'');\n";
    struct text text = {0};
    mysql_row_t *row = begin(MYSQL_INSERTS, &text);
    add_all_kinds(row);
    end(&row, &text, expected, sizeof expected - 1);
}

// All time ends on another day for a newer server: a statement leaves it to the one that loads it.
static void
the_end_of_time_is_the_loading_servers(void **state)
{
    (void)state;
    static const char end_text[] = "2038-01-19 03:14:07.999999";
    static const char *const expected[] = {
        [MYSQL_LINES] = "2038-01-19 03:14:07.999999\n",
        [MYSQL_INSERTS] = "INSERT INTO `a`.`b` (`c`) VALUES\n(@end_of_time);\n"};
    uint64_t hashes[2], as_time = 0;
    struct error error = {0};
    for (enum mysql_row_form form = MYSQL_LINES; form <= MYSQL_INSERTS; form++) {
        struct text text = {0};
        mysql_row_t *row = begin(form, &text);
        assert_int_equal(mysql_row_begin(row, &error), 0);
        mysql_row_end_of_time(row, end_text, sizeof end_text - 1);
        assert_int_equal(mysql_row_end(row, &hashes[form], &error), 0);
        end(&row, &text, expected[form], strlen(expected[form]));
    }
    struct text unused = {0};
    CLEAN(mysql_row_destroy) mysql_row_t *row = begin(MYSQL_LINES, &unused);
    assert_int_equal(mysql_row_begin(row, &error), 0);
    mysql_row_time(row, end_text, sizeof end_text - 1);
    assert_int_equal(mysql_row_end(row, &as_time, &error), 0);
    assert_true(hashes[MYSQL_LINES] == as_time && hashes[MYSQL_INSERTS] == as_time);
}

static void
numbers_have_the_shortest_text_that_reads_back(void **state)
{
    (void)state;
    static const struct {
        double number;
        int is_float;
        const char *text;
    } cases[] = {{0.1, 0, "0.1"},
                 {1e308, 0, "1e+308"},
                 {-0.0, 0, "-0"},
                 {1.0 / 3, 0, "0.3333333333333333"},
                 {DBL_TRUE_MIN, 0, "4.94065645841247e-324"},
                 {123456789.123, 0, "123456789.123"},
                 {0.1f, 1, "0.1"},
                 {16777217, 1, "16777216"},
                 {3.4e38f, 1, "3.4e+38"},
                 {1.0f / 3, 1, "0.33333334"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text = {0};
        struct error error = {0};
        mysql_row_t *row = begin(MYSQL_LINES, &text);
        mysql_row_begin(row, &error);
        if (cases[i].is_float)
            mysql_row_float(row, (float)cases[i].number);
        else
            mysql_row_double(row, cases[i].number);
        mysql_row_end(row, NULL, &error);
        CLEAN(memory_free) char *line = memory_format("%s\n", cases[i].text);
        end(&row, &text, line, strlen(line));
    }
}

// A statement's -0 would be a whole number, which has no sign.
static void
zero_keeps_its_sign_in_a_statement(void **state)
{
    (void)state;
    static const char expected[] = "INSERT INTO `a`.`b` (`c`) VALUES\n(-0e0,-0e0,0,-1);\n";
    struct text text = {0};
    struct error error = {0};
    mysql_row_t *row = begin(MYSQL_INSERTS, &text);
    mysql_row_begin(row, &error);
    mysql_row_double(row, -0.0);
    mysql_row_float(row, -0.0f);
    mysql_row_double(row, 0.0);
    mysql_row_double(row, -1.0);
    mysql_row_end(row, NULL, &error);
    end(&row, &text, expected, sizeof expected - 1);
}

static void
a_statement_ends_where_it_is_cut_and_only_there(void **state)
{
    (void)state;
    static const char expected[] = "INSERT INTO `a`.`b` (`c`) VALUES\n(1),\n(2);\n"
                                   "INSERT INTO `a`.`b` (`c`) VALUES\n(3);\n";
    struct text text = {0};
    struct error error = {0};
    mysql_row_t *row = begin(MYSQL_INSERTS, &text);
    mysql_row_cut(row);  // before the first row it means nothing
    for (int number = 1; number <= 3; number++) {
        if (number == 3)
            mysql_row_cut(row);
        mysql_row_begin(row, &error);
        mysql_row_integer(row, number);
        mysql_row_end(row, NULL, &error);
    }
    mysql_row_cut(row);
    end(&row, &text, expected, sizeof expected - 1);
}

static void
a_table_without_rows_is_nothing_and_one_without_columns_has_rows(void **state)
{
    (void)state;
    struct text text = {0};
    struct error error = {0};
    mysql_row_t *row = begin(MYSQL_INSERTS, &text);
    end(&row, &text, "", 0);
    row = begin(MYSQL_INSERTS, &text);
    mysql_row_begin(row, &error);
    mysql_row_end(row, NULL, &error);
    static const char expected[] = "INSERT INTO `a`.`b` (`c`) VALUES\n();\n";
    end(&row, &text, expected, sizeof expected - 1);
}

// Escapes of all bytes at all places of a block, against the plain way.
static void
long_values_in_pieces_are_the_same_text(void **state)
{
    (void)state;
    enum { SIZE = 300000 };
    CLEAN(memory_free) char *data = memory_get(SIZE);
    CLEAN(memory_free) char *expected = memory_get(2 * SIZE + 2);
    size_t used = 0;
    unsigned random = 1;
    for (size_t i = 0; i < SIZE; i++) {
        random = random * 1103515245 + 12345;
        data[i] = (char)(i % 1000 < 500 ? 'a' + i % 7 : random >> 16);
        char escape = data[i] == '\0'   ? '0'
                      : data[i] == '\t' ? 't'
                      : data[i] == '\n' ? 'n'
                      : data[i] == '\\' ? '\\'
                                        : 0;
        if (escape)
            expected[used++] = '\\';
        expected[used++] = escape ? escape : data[i];
    }
    expected[used++] = '\n';
    for (size_t piece = 7; piece <= SIZE; piece *= 11) {
        struct text text = {0};
        struct error error = {0};
        mysql_row_t *row = begin(MYSQL_LINES, &text);
        mysql_row_begin(row, &error);
        mysql_row_begin_bytes(row, &binary, SIZE);
        for (size_t at = 0; at < SIZE; at += piece)
            assert_int_equal(
                mysql_row_add_bytes(row, data + at, SIZE - at < piece ? SIZE - at : piece, &error),
                0);
        mysql_row_end_bytes(row, &binary);
        mysql_row_end(row, NULL, &error);
        end(&row, &text, expected, used);
    }
}

static void
a_target_that_fails_fails_the_row(void **state)
{
    (void)state;
    struct text text = {.fails = 1};
    struct error error = {0};
    CLEAN(memory_free) char *data = memory_get(1 << 20);
    CLEAN(mysql_row_destroy) mysql_row_t *row = begin(MYSQL_LINES, &text);
    mysql_row_begin(row, &error);
    assert_int_equal(mysql_row_bytes(row, &binary, data, 1 << 20, &error), -1);
    assert_string_equal(error.message, "the store is full");
}

static void
columns_are_read_again_whatever_their_names_are(void **state)
{
    (void)state;
    struct load_columns columns = {0};
    struct error error = {0};
    assert_int_equal(load_columns_read(&columns,
                                       "(`a`, @v1, `c``, @v1`, @v12) SET `b) SET ` = CONVERT(@v1 "
                                       "USING utf8mb4), `d` = CONVERT(@v12 USING utf8mb4)",
                                       &error),
                     0);
    assert_string_equal(columns.list, "(`a`, `b) SET `, `c``, @v1`, `d`)");
    assert_string_equal(columns.converted, "0101");
    load_columns_clear(&columns);
    static const char *const wrong[] = {"",
                                        "()",
                                        "(`a`",
                                        "(`a`) x",
                                        "(a)",
                                        "(`a`, )",
                                        "(@v1)",
                                        "(@v1) SET `a` = CONVERT(@v2 USING utf8mb4)",
                                        "(@v1) SET `a` = CONVERT(@v1 USING utf8mb4), ",
                                        "(@v) SET `a` = CONVERT(@v USING utf8mb4)",
                                        "(`a`); DROP TABLE `b`"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(load_columns_read(&columns, wrong[i], &error), -1);
        assert_null(columns.list);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_what_load_data_reads),
        cmocka_unit_test(statements_are_what_a_client_sends),
        cmocka_unit_test(the_end_of_time_is_the_loading_servers),
        cmocka_unit_test(numbers_have_the_shortest_text_that_reads_back),
        cmocka_unit_test(zero_keeps_its_sign_in_a_statement),
        cmocka_unit_test(a_statement_ends_where_it_is_cut_and_only_there),
        cmocka_unit_test(a_table_without_rows_is_nothing_and_one_without_columns_has_rows),
        cmocka_unit_test(long_values_in_pieces_are_the_same_text),
        cmocka_unit_test(a_target_that_fails_fails_the_row),
        cmocka_unit_test(columns_are_read_again_whatever_their_names_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
