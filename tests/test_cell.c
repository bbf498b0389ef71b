#include "coordinator/cli/cell.h"

#include <locale.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static void
assert_shown(enum table_type type, const char *text, const char *expected)
{
    CLEAN(memory_free) char *shown = cell_show(type, text);
    assert_string_equal(shown, expected);
}

static void
assert_json(enum table_type type, const char *text, const char *expected)
{
    CLEAN(json_destroy) json_t *json = cell_json(type, text);
    CLEAN(memory_free) char *printed = json_print(json);
    assert_string_equal(printed, expected);
}

static void
people_see_units_and_utc(void **state)
{
    (void)state;
    assert_shown(TABLE_TEXT, "plain", "plain");
    assert_shown(TABLE_INTEGER, "-12", "-12");
    assert_shown(TABLE_BOOLEAN, "1", "yes");
    assert_shown(TABLE_BOOLEAN, "false", "no");
    assert_shown(TABLE_TIME, "1795402800000", "2026-11-23 03:00:00Z");
    assert_shown(TABLE_TIME, "0", "");
    assert_shown(TABLE_BYTES, "1536", "1.5 KiB");
    assert_shown(TABLE_BYTES, "", "");
    assert_shown(TABLE_DURATION, "93600", "26 h 0 min");
    assert_shown(TABLE_DURATION, "345599", "95 h 59 min");
    assert_shown(TABLE_DURATION, "345600", "4 d 0 h");
    assert_shown(TABLE_DURATION, "-5", "0 s");
    assert_shown(TABLE_DURATION, "9223372036854775807", "106751991167300 d 15 h");
}

static void
programs_get_types(void **state)
{
    (void)state;
    assert_json(TABLE_TEXT, "a\"b", "\"a\\\"b\"");
    assert_json(TABLE_TEXT, "", "\"\"");
    assert_json(TABLE_TEXT, "012", "\"012\"");
    assert_json(TABLE_INTEGER, "-12", "-12");
    assert_json(TABLE_BYTES, "1536", "1536");
    assert_json(TABLE_DURATION, "93600", "93600");
    assert_json(TABLE_BOOLEAN, "true", "true");
    assert_json(TABLE_BOOLEAN, "0", "false");
    assert_json(TABLE_TIME, "1795402800000", "\"2026-11-23T03:00:00Z\"");
    assert_json(TABLE_TIME, "0", "null");
    assert_json(TABLE_INTEGER, "", "null");
}

static void
what_is_not_of_its_type_is_shown_as_it_came(void **state)
{
    (void)state;
    assert_shown(TABLE_INTEGER, "12x", "12x");
    assert_shown(TABLE_BOOLEAN, "maybe\r", "maybe?");
    assert_shown(TABLE_BYTES, "99999999999999999999", "99999999999999999999");
    assert_json(TABLE_INTEGER, "12x", "\"12x\"");
    assert_json(TABLE_BOOLEAN, "maybe", "\"maybe\"");
}

static void
terminal_escapes_are_harmless(void **state)
{
    (void)state;
    assert_shown(TABLE_TEXT, "a\x1b[2Jb\r\nc", "a?[2Jb? c");
    assert_shown(TABLE_TEXT,
                 "a\xc2\x9b"
                 "2J\xff",
                 "a?2J?");
    assert_json(TABLE_TEXT, "a\x1b[2J", "\"a\\u001B[2J\"");
}

static void
sizes_and_times_are_short(void **state)
{
    (void)state;
    const struct {
        int64_t bytes;
        const char *text;
    } sizes[] = {{0, "0 B"},           {1023, "1023 B"},        {1024, "1.0 KiB"},
                 {1048575, "1.0 MiB"}, {1503238553, "1.4 GiB"}, {INT64_MAX, "8.0 EiB"},
                 {-1, "-1 B"}};
    char text[CELL_SHORT_SIZE];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cell_size(sizes[i].bytes, text);
        assert_string_equal(text, sizes[i].text);
    }
    const struct {
        int64_t elapsed_ms;
        const char *text;
    } times[] = {
        {0, "0 s"}, {499, "0 s"}, {59499, "59 s"}, {303000, "5 min 3 s"}, {7500000, "2 h 5 min"},
        {-5, "0 s"}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        cell_elapsed(times[i].elapsed_ms, text);
        assert_string_equal(text, times[i].text);
    }
}

static void
wide_letters_take_two_columns(void **state)
{
    (void)state;
    assert_int_equal(cell_width("abc"), 3);
    assert_int_equal(cell_width("caf\xc3\xa9"), 4);
    assert_int_equal(cell_width("\xe6\x97\xa5\xe6\x9c\xac"), 4);
    assert_int_equal(cell_width("e\xcc\x81"), 1);
    assert_int_equal(cell_width("\xff"), 1);
}

static void
assert_cut(const char *given, size_t width, const char *expected)
{
    char text[64];
    strcpy(text, given);
    cell_cut(text, width);
    assert_string_equal(text, expected);
    assert_true(cell_width(text) <= width || strcmp(given, expected) == 0);
}

static void
long_texts_are_cut_at_a_letter(void **state)
{
    (void)state;
    assert_cut("abcdef", 6, "abcdef");
    assert_cut("abcdefg", 6, "abc...");
    assert_cut("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe8\xaa\x9e", 6, "\xe6\x97\xa5...");
    assert_cut("caf\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 7, "caf\xc3\xa9...");
    assert_cut("abc", 2, "abc");
}

static void
assert_first_line(const char *text, const char *expected)
{
    CLEAN(memory_free) char *line = cell_first_line(text);
    assert_string_equal(line, expected);
}

static void
a_first_line_tells_that_there_are_more(void **state)
{
    (void)state;
    assert_first_line("one", "one");
    assert_first_line("one\n", "one");
    assert_first_line("one\ntwo\nthree", "one ...");
    assert_first_line("", "");
}

static void
cells_are_found_by_their_column(void **state)
{
    (void)state;
    CLEAN(table_destroy) table_t *table = table_new();
    table_add_column(table, "id", TABLE_INTEGER);
    table_add_column(table, "name", TABLE_TEXT);
    table_add_row(table);
    table_set_integer(table, "id", 7);
    table_set(table, "name", "shop");
    assert_string_equal(cell_find(table, 0, "name"), "shop");
    assert_string_equal(cell_find(table, 0, "none"), "");
    assert_int_equal(cell_find_integer(table, 0, "id"), 7);
    assert_int_equal(cell_find_integer(table, 0, "name"), 0);
}

int
main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_see_units_and_utc),
        cmocka_unit_test(programs_get_types),
        cmocka_unit_test(what_is_not_of_its_type_is_shown_as_it_came),
        cmocka_unit_test(terminal_escapes_are_harmless),
        cmocka_unit_test(sizes_and_times_are_short),
        cmocka_unit_test(wide_letters_take_two_columns),
        cmocka_unit_test(long_texts_are_cut_at_a_letter),
        cmocka_unit_test(a_first_line_tells_that_there_are_more),
        cmocka_unit_test(cells_are_found_by_their_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
