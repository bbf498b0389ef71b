#include "coordinator/cli/print.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/cli/cell.h"
#include "tests/check.h"

static table_t *
make_table(void)
{
    table_t *table = table_new();
    table_add_column(table, "id", TABLE_INTEGER);
    table_add_column(table, "name", TABLE_TEXT);
    table_add_column(table, "size_bytes", TABLE_BYTES);
    table_add_column(table, "ended", TABLE_TIME);
    return table;
}

static void
add_row(table_t *table, int64_t id, const char *name, const char *size, const char *ended)
{
    table_add_row(table);
    table_set_integer(table, "id", id);
    table_set(table, "name", name);
    table_set(table, "size_bytes", size);
    table_set(table, "ended", ended);
}

// Prints pages and gives what was printed.
static char *
print_pages(enum print_form form, const char *const *columns, const table_t *const *pages)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    CLEAN(printer_destroy) printer_t *printer = printer_new(out, form, columns);
    for (; *pages; pages++)
        printer_add(printer, *pages);
    printer_end(printer);
    fclose(out);
    return text;
}

static void
columns_are_aligned_and_numbers_to_the_right(void **state)
{
    (void)state;
    CLEAN(table_destroy) table_t *table = make_table();
    add_row(table, 7, "shop", "1536", "1795402800000");
    add_row(table, 12, "caf\xc3\xa9", "", "");
    const table_t *const pages[] = {table, NULL};
    CLEAN(memory_free) char *text = print_pages(PRINT_TABLE, NULL, pages);
    assert_string_equal(text, "ID  NAME  SIZE BYTES  ENDED\n"
                              " 7  shop     1.5 KiB  2026-11-23 03:00:00Z\n"
                              "12  caf\xc3\xa9\n");
}

static void
only_named_columns_are_shown_in_their_order(void **state)
{
    (void)state;
    static const char *const columns[] = {"name", "none", "id", NULL};
    CLEAN(table_destroy) table_t *table = make_table();
    add_row(table, 7, "shop", "1536", "");
    const table_t *const pages[] = {table, NULL};
    CLEAN(memory_free) char *text = print_pages(PRINT_TABLE, columns, pages);
    assert_string_equal(text, "NAME  ID\nshop   7\n");
    CLEAN(memory_free) char *wide = print_pages(PRINT_WIDE, columns, pages);
    assert_string_equal(wide, "ID  NAME  SIZE BYTES  ENDED\n 7  shop     1.5 KiB\n");
}

static void
a_whole_table_leaves_out_what_holds_nothing(void **state)
{
    (void)state;
    CLEAN(table_destroy) table_t *table = make_table();
    add_row(table, 7, "shop", "", "");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    CLEAN(printer_destroy) printer_t *printer = printer_new(out, PRINT_TABLE, NULL);
    printer_fit(printer);
    printer_add(printer, table);
    fclose(out);
    assert_string_equal(text, "ID  NAME\n 7  shop\n");
    free(text);
}

static void
long_cells_are_cut_but_in_the_last_column(void **state)
{
    (void)state;
    static const char *const last[] = {"id", "name", NULL};
    static const char *const first[] = {"name", "id", NULL};
    char longer[101];
    memset(longer, 'x', 100);
    longer[100] = '\0';
    CLEAN(table_destroy) table_t *table = make_table();
    add_row(table, 7, longer, "", "");
    const table_t *const pages[] = {table, NULL};
    CLEAN(memory_free) char *whole = print_pages(PRINT_TABLE, last, pages);
    assert_non_null(strstr(whole, longer));
    CLEAN(memory_free) char *cut = print_pages(PRINT_TABLE, first, pages);
    assert_null(strstr(cut, longer));
    assert_non_null(strstr(cut, "xxx...   7\n"));
    CLEAN(memory_free) char *wide = print_pages(PRINT_WIDE, first, pages);
    assert_non_null(strstr(wide, longer));
}

static void
a_second_page_has_no_second_title(void **state)
{
    (void)state;
    static const char *const columns[] = {"id", "name", NULL};
    CLEAN(table_destroy) table_t *one = make_table();
    CLEAN(table_destroy) table_t *two = make_table();
    CLEAN(table_destroy) table_t *empty = make_table();
    add_row(one, 10, "shop", "", "");
    add_row(two, 9, "longer name", "", "");
    const table_t *const pages[] = {empty, one, empty, two, NULL};
    CLEAN(memory_free) char *text = print_pages(PRINT_TABLE, columns, pages);
    assert_string_equal(text, "ID  NAME\n10  shop\n 9  longer name\n");
    CLEAN(memory_free) char *json = print_pages(PRINT_JSON, columns, pages);
    assert_string_equal(
        json, "[{\"ended\":null,\"id\":10,\"name\":\"shop\",\"size_bytes\":null},\n"
              " {\"ended\":null,\"id\":9,\"name\":\"longer name\",\"size_bytes\":null}]\n");
}

static void
nothing_is_said_to_be_nothing(void **state)
{
    (void)state;
    CLEAN(table_destroy) table_t *empty = make_table();
    const table_t *const pages[] = {empty, NULL};
    CLEAN(memory_free) char *text = print_pages(PRINT_TABLE, NULL, pages);
    assert_string_equal(text, "none\n");
    CLEAN(memory_free) char *json = print_pages(PRINT_JSON, NULL, pages);
    assert_string_equal(json, "[]\n");
}

static void
hostile_names_of_columns_and_cells_are_harmless(void **state)
{
    (void)state;
    CLEAN(table_destroy) table_t *table = table_new();
    table_add_column(table, "a\x1b[2J", TABLE_TEXT);
    table_add_row(table);
    table_set(table, "a\x1b[2J", "x\ny");
    const table_t *const pages[] = {table, NULL};
    CLEAN(memory_free) char *text = print_pages(PRINT_TABLE, NULL, pages);
    assert_string_equal(text, "A?[2J\nx ...\n");
}

static void
a_page_of_another_shape_does_no_harm(void **state)
{
    (void)state;
    CLEAN(table_destroy) table_t *table = make_table();
    CLEAN(table_destroy) table_t *narrow = table_new();
    add_row(table, 7, "shop", "1", "");
    table_add_column(narrow, "id", TABLE_INTEGER);
    table_add_row(narrow);
    table_set_integer(narrow, "id", 8);
    const table_t *const pages[] = {table, narrow, NULL};
    CLEAN(memory_free) char *text = print_pages(PRINT_WIDE, NULL, pages);
    assert_non_null(strstr(text, "\n 8\n"));
}

static void
a_record_has_a_line_for_each_cell_that_holds_something(void **state)
{
    (void)state;
    CLEAN(table_destroy) table_t *table = make_table();
    add_row(table, 7, "shop\x1b\nand\nmore", "1536", "");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    print_record(out, table, 0);
    fclose(out);
    assert_string_equal(text,
                        "id          7\nname        shop?\n            and\n            more\n"
                        "size_bytes  1.5 KiB\n");
    free(text);
}

static void
csv_has_names_and_quotes_what_needs_it(void **state)
{
    (void)state;
    CLEAN(table_destroy) table_t *first = make_table();
    CLEAN(table_destroy) table_t *second = make_table();
    add_row(first, 7, "shop, \"old\"", "1536", "1795402800000");
    add_row(second, 12, "a\nb\033[1m", "", "");
    const table_t *const pages[] = {first, second, NULL};
    CLEAN(memory_free) char *text = print_pages(PRINT_CSV, NULL, pages);
    CLEAN(memory_free) char *shown = cell_show(TABLE_TEXT, "a\nb\033[1m");
    assert_null(strpbrk(shown, ",\"\n\033"));
    CLEAN(memory_free)
    char *expected = memory_format("id,name,size_bytes,ended\n"
                                   "7,\"shop, \"\"old\"\"\",1536,2026-11-23T03:00:00Z\n"
                                   "12,%s,,\n",
                                   shown);
    assert_string_equal(text, expected);
}

static void
csv_without_rows_has_its_names(void **state)
{
    (void)state;
    CLEAN(table_destroy) table_t *table = make_table();
    const table_t *const pages[] = {table, NULL};
    CLEAN(memory_free) char *text = print_pages(PRINT_CSV, NULL, pages);
    assert_string_equal(text, "id,name,size_bytes,ended\n");
}

int
main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_aligned_and_numbers_to_the_right),
        cmocka_unit_test(only_named_columns_are_shown_in_their_order),
        cmocka_unit_test(a_whole_table_leaves_out_what_holds_nothing),
        cmocka_unit_test(long_cells_are_cut_but_in_the_last_column),
        cmocka_unit_test(a_second_page_has_no_second_title),
        cmocka_unit_test(nothing_is_said_to_be_nothing),
        cmocka_unit_test(hostile_names_of_columns_and_cells_are_harmless),
        cmocka_unit_test(a_page_of_another_shape_does_no_harm),
        cmocka_unit_test(a_record_has_a_line_for_each_cell_that_holds_something),
        cmocka_unit_test(csv_has_names_and_quotes_what_needs_it),
        cmocka_unit_test(csv_without_rows_has_its_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
