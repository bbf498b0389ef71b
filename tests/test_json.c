#include "common/json.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static json_t *
parse(const char *text)
{
    struct error error = {0};
    json_t *json = NULL;
    assert_int_equal(json_parse(text, strlen(text), 1000, &json, &error), 0);
    return json;
}

static void
assert_refused(const char *text, size_t limit, const char *message_part)
{
    struct error error = {0};
    json_t *json = NULL;
    assert_int_equal(json_parse(text, strlen(text), limit, &json, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_non_null(strstr(error.message, message_part));
    assert_null(json);
}

static void
what_is_malformed_is_refused_with_its_place(void **state)
{
    (void)state;
    assert_refused("{\"a\": 1,\n \"b\" 2}", 100, "2:");
    assert_refused("{\"a\": 1, \"a\": 2}", 100, "duplicate");
    assert_refused("{\"a\": 1} x", 100, "malformed");
    assert_refused("{\"a\": \"\\u0000\"}", 100, "malformed");
    assert_refused("", 100, "malformed");
    assert_refused("{\"a\": 1}", 7, "longer than 7 bytes");
}

static void
nesting_has_a_limit_that_brackets_in_texts_do_not_count_for(void **state)
{
    (void)state;
    char deep[2 * JSON_DEPTH_MAX + 8] = "";
    memset(deep, '[', JSON_DEPTH_MAX);
    memset(deep + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    CLEAN(json_destroy) json_t *json = parse(deep);
    assert_true(json_is_array(json));
    memset(deep, '[', JSON_DEPTH_MAX + 1);
    memset(deep + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    assert_refused(deep, 1000, "deeper");
    CLEAN(json_destroy)
    json_t *text = parse("[\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"]");
    assert_true(json_is_array(text));
}

static void
getters_give_what_is_there(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(json_destroy)
    json_t *json = parse("{\"t\":\"text\",\"n\":-5,\"a\":[1,2],\"o\":{\"x\":1}}");
    const char *text = NULL;
    const json_t *array = NULL, *object = NULL;
    int64_t number = 0;
    assert_int_equal(json_get_text(json, "t", 4, &text, &error), 0);
    assert_string_equal(text, "text");
    assert_int_equal(json_get_integer(json, "n", -5, 5, &number, &error), 0);
    assert_int_equal(number, -5);
    assert_int_equal(json_get_array(json, "a", 2, &array, &error), 0);
    assert_int_equal(json_array_size(array), 2);
    assert_int_equal(json_get_object(json, "o", &object, &error), 0);
    assert_int_equal(json_get_integer(object, "x", 0, 9, &number, &error), 0);
    assert_int_equal(number, 1);
}

static void
getters_refuse_what_is_missing_of_another_type_or_beyond_its_limit(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(json_destroy) json_t *json = parse("{\"t\":\"text\",\"n\":-5,\"a\":[1,2],\"r\":1.5}");
    const char *text = NULL;
    const json_t *child = NULL;
    int64_t number = 0;
    assert_int_equal(json_get_text(json, "none", 9, &text, &error), -1);
    assert_string_equal(error.message, "'none' is missing");
    assert_int_equal(json_get_text(json, "n", 9, &text, &error), -1);
    assert_string_equal(error.message, "'n' is not a text");
    assert_int_equal(json_get_text(json, "t", 3, &text, &error), -1);
    assert_string_equal(error.message, "'t' is longer than 3 bytes");
    assert_int_equal(json_get_integer(json, "r", 0, 9, &number, &error), -1);
    assert_string_equal(error.message, "'r' is not an integer");
    assert_int_equal(json_get_integer(json, "n", 0, 9, &number, &error), -1);
    assert_string_equal(error.message, "'n' is -5, not between 0 and 9");
    assert_int_equal(json_get_array(json, "t", 9, &child, &error), -1);
    assert_int_equal(json_get_array(json, "a", 1, &child, &error), -1);
    assert_string_equal(error.message, "'a' has more than 1 items");
    assert_int_equal(json_get_object(json, "a", &child, &error), -1);
    assert_int_equal(json_get_text(NULL, "t", 9, &text, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
}

static void
printing_sorts_the_keys(void **state)
{
    (void)state;
    CLEAN(json_destroy) json_t *json = parse("{\"b\": [1, true], \"a\": null}");
    CLEAN(memory_free) char *compact = json_print(json);
    assert_string_equal(compact, "{\"a\":null,\"b\":[1,true]}");
    CLEAN(memory_free) char *pretty = json_print_pretty(json);
    assert_string_equal(pretty, "{\n  \"a\": null,\n  \"b\": [\n    1,\n    true\n  ]\n}");
}

static void
bytes_that_are_no_utf_8_become_the_replacement_character(void **state)
{
    (void)state;
    CLEAN(json_destroy)
    json_t *json = json_text("a\xff"
                             "b\xc3\xa9\xc3");
    assert_string_equal(json_string_value(json), "a\xef\xbf\xbd"
                                                 "b\xc3\xa9\xef\xbf\xbd");
    CLEAN(json_destroy) json_t *empty = json_text("");
    assert_string_equal(json_string_value(empty), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_malformed_is_refused_with_its_place),
        cmocka_unit_test(nesting_has_a_limit_that_brackets_in_texts_do_not_count_for),
        cmocka_unit_test(getters_give_what_is_there),
        cmocka_unit_test(getters_refuse_what_is_missing_of_another_type_or_beyond_its_limit),
        cmocka_unit_test(printing_sorts_the_keys),
        cmocka_unit_test(bytes_that_are_no_utf_8_become_the_replacement_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
