#include "common/credentials.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static void
assert_read(const char *value, const char *given, const char *username, const char *password)
{
    struct error error = {0};
    CLEAN(credentials_clear) struct credentials credentials = {0};
    if (credentials_read(&credentials, value, strlen(value), given, &error))
        fail_msg("%s: %s", value, error.message);
    assert_string_equal(credentials.username, username);
    assert_string_equal(credentials.password, password);
    assert_false(credentials.is_token);
}

static void
assert_unread(const char *value, const char *given, enum error_code code, const char *message)
{
    struct error error = {0};
    struct credentials credentials = {0};
    assert_int_equal(credentials_read(&credentials, value, strlen(value), given, &error), -1);
    assert_int_equal(error.code, code);
    assert_string_equal(error.message, message);
    assert_null(credentials.username);
    assert_null(credentials.password);
}

static void
a_value_is_a_password_or_has_one(void **state)
{
    (void)state;
    assert_read("word", "u", "u", "word");
    assert_read("{no json", "u", "u", "{no json");
    assert_read("{\"username\":\"admin\",\"password\":\"p{w}\"}", "", "admin", "p{w}");
    assert_read("{\"username\":\"admin\",\"password\":\"p\"}", "other", "other", "p");
}

static void
what_else_is_in_the_json_of_rds_does_not_count(void **state)
{
    (void)state;
    assert_read("{\"engine\":\"mysql\",\"host\":\"h.example\",\"username\":\"admin\","
                "\"password\":\"pass word\",\"dbname\":\"shop\",\"port\":3306}",
                "", "admin", "pass word");
    assert_read("{\"password\":\"p\",\"port\":\"3306\",\"username\":\"admin\","
                "\"masterarn\":\"arn:aws:secretsmanager:eu-west-1:1:secret:x\",\"more\":[{}]}",
                "", "admin", "p");
}

static void
a_value_that_is_of_no_use_is_told_without_it(void **state)
{
    (void)state;
    assert_unread("word", "", ERROR_NOT_FOUND, "its value has no username");
    assert_unread("{\"Username\":\"a\",\"password\":\"word\"}", "", ERROR_NOT_FOUND,
                  "its value has no username");
    assert_unread("{\"username\":\"a\",\"password\":\"p\",\"password\":\"q\"}", "", ERROR_NOT_FOUND,
                  "its value has no username");
    assert_unread("{\"username\":7,\"password\":\"word\"}", "", ERROR_NOT_FOUND,
                  "its value has no username");
    assert_unread("", "u", ERROR_CONFIG, "its value is empty");
    assert_unread("{\"username\":\"u\",\"password\":5}", "", ERROR_CONFIG, "its value is empty");
    assert_unread("two\nlines", "u", ERROR_CONFIG, "its value is not one line of UTF-8 text");
    assert_unread("{\"username\":\"u\\u0007\",\"password\":\"word\"}", "", ERROR_CONFIG,
                  "its value is not one line of UTF-8 text");
}

static void
a_copy_is_equal_and_has_texts_of_its_own(void **state)
{
    (void)state;
    char user[] = "u", password[] = "p";
    struct credentials one = {user, password, 1};
    CLEAN(credentials_clear) struct credentials copy = {0};
    credentials_copy(&copy, &one);
    assert_true(credentials_equal(&one, &copy));
    assert_true(copy.is_token);
    assert_true(copy.password != password);
    password[0] = 'q';
    assert_false(credentials_equal(&one, &copy));
    password[0] = 'p';
    user[0] = 'v';
    assert_false(credentials_equal(&one, &copy));
    credentials_clear(&copy);
    assert_null(copy.password);
}

static void
a_long_token_is_masked_whole(void **state)
{
    (void)state;
    enum { SIZE = 3000 };
    CLEAN(memory_free) char *token = memory_get(SIZE + 1);
    for (size_t i = 0; i < SIZE; i++)
        token[i] = (char)('a' + i * 7 % 26);
    struct credentials credentials = {.password = token};
    CLEAN(memory_free) char *text = memory_format("said: %s.", token);
    credentials_mask(&credentials, text);
    assert_string_equal(text, "said: *****.");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_a_password_or_has_one),
        cmocka_unit_test(what_else_is_in_the_json_of_rds_does_not_count),
        cmocka_unit_test(a_value_that_is_of_no_use_is_told_without_it),
        cmocka_unit_test(a_copy_is_equal_and_has_texts_of_its_own),
        cmocka_unit_test(a_long_token_is_masked_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
