// What a value is in a statement, and how its length is asked for, by kind of column and server.

#include "tests/check.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_long.h"

static const struct mysql_column id = {.name = "id", .key_kind = MYSQL_KEY_INTEGER};
static const struct mysql_column json = {
    .name = "j`s", .kind = MYSQL_COLUMN_JSON, .may_be_long = 1};
static const struct mysql_column unsized = {
    .name = "j`s", .kind = MYSQL_COLUMN_JSON, .may_be_long = 1, .is_unsized = 1};
static const struct mysql_column text = {.name = "t", .kind = MYSQL_COLUMN_LONG, .may_be_long = 1};

// In a table with the key `id` and another column, or two.
static void
assert_asked(const struct mysql_column *column, const struct mysql_column *other,
             const char *expected)
{
    char *keys[] = {"id"};
    const struct mysql_table table = {.keys = keys, .key_count = 1};
    const struct mysql_column *columns[] = {&id, column, other};
    size_t count = other ? 3 : 2;
    CLEAN(mysql_place_destroy) mysql_place_t *place = NULL;
    CLEAN(mysql_long_destroy) mysql_long_t *longs = NULL;
    mysql_place_open(&place, &table, columns, count);
    assert_non_null(place);
    mysql_long_open(&longs, place, columns, count);
    assert_non_null(longs);
    CLEAN(memory_free) char *asked = mysql_long_test(longs, column);
    assert_string_equal(asked, expected);
}

// 8 MiB, which all such columns share; of JSON what is stored is a fourth of its text at least.
static void
a_json_value_is_measured_as_stored_where_the_server_can(void **state)
{
    (void)state;
    assert_asked(&json, NULL, "JSON_STORAGE_SIZE(`j``s`) > 2097152");
    assert_asked(&json, &text, "JSON_STORAGE_SIZE(`j``s`) > 1048576");
    assert_asked(&text, NULL, "LENGTH(`t`) > 8388608");
}

static void
a_json_value_is_measured_as_text_where_it_cannot(void **state)
{
    (void)state;
    assert_asked(&unsized, NULL, "LENGTH(CAST(`j``s` AS CHAR)) > 8388608");
    assert_asked(&unsized, &text, "LENGTH(CAST(`j``s` AS CHAR)) > 4194304");
}

static void
mysql_knows_the_stored_size_since_5_7_22(void **state)
{
    (void)state;
    assert_false(mysql_long_has_json_size("5.7.8-rc-log"));
    assert_false(mysql_long_has_json_size("5.7.21"));
    assert_false(mysql_long_has_json_size("5.7.21-log"));
    assert_true(mysql_long_has_json_size("5.7.22"));
    assert_true(mysql_long_has_json_size("5.7.44-48-57-log"));
    assert_true(mysql_long_has_json_size("5.7.mysql_aurora.2.11.2") == 0);
    assert_true(mysql_long_has_json_size("8.0.3-rc"));
    assert_true(mysql_long_has_json_size("8.0.11"));
    assert_true(mysql_long_has_json_size("9.7.4-2"));
    assert_false(mysql_long_has_json_size("5.6.51"));
    assert_false(mysql_long_has_json_size(""));
}

static void
values_stand_as_they_are_but_for_those_that_the_library_would_spoil(void **state)
{
    (void)state;
    static const struct mysql_column vector = {.name = "v", .kind = MYSQL_COLUMN_VECTOR};
    static const struct mysql_column single = {.name = "f", .is_single = 1};
    static const struct {
        const struct mysql_column *column;
        const char *value;
    } cases[] = {{&json, "`j``s`"},
                 {&unsized, "`j``s`"},
                 {&vector, "CAST(`v` AS BINARY)"},
                 {&single, "`f` * 1e0"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEAN(memory_free) char *value = mysql_long_value(cases[i].column);
        assert_string_equal(value, cases[i].value);
    }
}

// Then a row can be found again by nothing, and its values come as they are.
static void
a_table_without_a_place_or_such_columns_has_no_long_values(void **state)
{
    (void)state;
    char *keys[] = {"id"};
    const struct mysql_table table = {.keys = keys, .key_count = 1}, keyless = {0};
    const struct mysql_column *short_ones[] = {&id}, *all[] = {&id, &json};
    CLEAN(mysql_place_destroy) mysql_place_t *place = NULL;
    mysql_long_t *longs = NULL;
    mysql_place_open(&place, &keyless, all, 2);
    assert_null(place);
    mysql_long_open(&longs, place, all, 2);
    assert_null(longs);
    mysql_place_open(&place, &table, short_ones, 1);
    mysql_long_open(&longs, place, short_ones, 1);
    assert_null(longs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_json_value_is_measured_as_stored_where_the_server_can),
        cmocka_unit_test(a_json_value_is_measured_as_text_where_it_cannot),
        cmocka_unit_test(mysql_knows_the_stored_size_since_5_7_22),
        cmocka_unit_test(values_stand_as_they_are_but_for_those_that_the_library_would_spoil),
        cmocka_unit_test(a_table_without_a_place_or_such_columns_has_no_long_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
