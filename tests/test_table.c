#include "common/table.h"

#include <stdio.h>

#include "common/clean.h"
#include "tests/check.h"

static void
cells_are_found_by_row_and_column(void **state)
{
    (void)state;
    CLEAN(table_destroy) table_t *table = table_new();
    table_add_column(table, "name", TABLE_TEXT);
    table_add_column(table, "size", TABLE_BYTES);
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "db%d", i);
        table_add_row(table);
        table_set_integer(table, "size", -i);
        table_set(table, "name", name);
    }
    assert_int_equal(table_columns(table), 2);
    assert_int_equal(table_rows(table), 100);
    assert_string_equal(table_name(table, 1), "size");
    assert_int_equal(table_type(table, 1), TABLE_BYTES);
    assert_string_equal(table_cell(table, 0, 0), "db0");
    assert_string_equal(table_cell(table, 99, 0), "db99");
    assert_string_equal(table_cell(table, 99, 1), "-99");
}

static void
a_cell_that_was_not_set_is_empty_and_one_set_twice_has_the_last(void **state)
{
    (void)state;
    CLEAN(table_destroy) table_t *table = table_new();
    table_add_column(table, "a", TABLE_TEXT);
    table_add_column(table, "b", TABLE_INTEGER);
    table_add_row(table);
    table_set(table, "a", "first");
    table_set(table, "a", "last");
    assert_string_equal(table_cell(table, 0, 0), "last");
    assert_string_equal(table_cell(table, 0, 1), "");
    table_set(table, "a", NULL);
    assert_string_equal(table_cell(table, 0, 0), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_found_by_row_and_column),
        cmocka_unit_test(a_cell_that_was_not_set_is_empty_and_one_set_twice_has_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
