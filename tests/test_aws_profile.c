#include <stdlib.h>
#include <string.h>

#include "common/aws/profile.h"
#include "common/aws/words.h"
#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static int
read_text(aws_profiles_t *profiles, enum aws_file file, const char *text, struct error *error)
{
    return aws_profiles_read_text(profiles, file, "aws/file", text, strlen(text), error);
}

static void
settings_are_found_in_the_profile_that_they_are_of(void **state)
{
    (void)state;
    CLEAN(aws_profiles_destroy) aws_profiles_t *profiles = aws_profiles_new();
    struct error error = {0};
    static const char text[] = "# a comment\n; another\n\n"
                               "[default]\nregion=eu-west-1\r\n"
                               "[ profile shop ]\n"
                               "  \n"
                               "Role_ARN = arn:aws:iam::1:role/x = y  \n"
                               "s3 =\n  region = nested\n  addressing_style = path\n"
                               "output: json\n"
                               "[profile \"two words\"]\nregion = a\n"
                               "[sso-session shop]\nregion = other\n"
                               "[shop]\nregion = not of config\n";
    assert_int_equal(read_text(profiles, AWS_FILE_CONFIG, text, &error), 0);
    assert_string_equal(aws_profiles_find(profiles, "default", "region"), "eu-west-1");
    assert_string_equal(aws_profiles_find(profiles, "shop", "role_arn"),
                        "arn:aws:iam::1:role/x = y");
    assert_string_equal(aws_profiles_find(profiles, "shop", "output"), "json");
    assert_null(aws_profiles_find(profiles, "shop", "region"));
    assert_null(aws_profiles_find(profiles, "shop", "s3"));
    assert_string_equal(aws_profiles_find(profiles, "two words", "region"), "a");
    assert_true(aws_profiles_has(profiles, "shop"));
    assert_false(aws_profiles_has(profiles, "profile shop"));
    assert_false(aws_profiles_has(profiles, "nobody"));
}

static void
the_two_files_name_their_sections_differently(void **state)
{
    (void)state;
    CLEAN(aws_profiles_destroy) aws_profiles_t *profiles = aws_profiles_new();
    struct error error = {0};
    assert_int_equal(read_text(profiles, AWS_FILE_CREDENTIALS,
                               "[shop]\naws_access_key_id = A\nregion = b\n", &error),
                     0);
    assert_int_equal(read_text(profiles, AWS_FILE_CONFIG, "[profile shop]\nregion = c\n", &error),
                     0);
    assert_string_equal(
        aws_profiles_get(profiles, AWS_FILE_CREDENTIALS, "shop", "aws_access_key_id"), "A");
    assert_null(aws_profiles_get(profiles, AWS_FILE_CONFIG, "shop", "aws_access_key_id"));
    assert_string_equal(aws_profiles_find(profiles, "shop", "region"), "c");
    assert_string_equal(aws_profiles_find(profiles, "shop", "aws_access_key_id"), "A");
}

static void
a_later_setting_wins(void **state)
{
    (void)state;
    CLEAN(aws_profiles_destroy) aws_profiles_t *profiles = aws_profiles_new();
    struct error error = {0};
    assert_int_equal(read_text(profiles, AWS_FILE_CREDENTIALS,
                               "[a]\nx = 1\n[b]\nx = 2\n[a]\nx = 3\ny =\n", &error),
                     0);
    assert_string_equal(aws_profiles_find(profiles, "a", "x"), "3");
    assert_string_equal(aws_profiles_find(profiles, "b", "x"), "2");
    assert_null(aws_profiles_find(profiles, "a", "y"));
}

static void
what_is_malformed_is_named_by_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *place;
    } cases[] = {{"x = 1\n", "aws/file:1: "},
                 {"[a]\n\nnonsense\n", "aws/file:3: "},
                 {"[a\nx = 1\n", "aws/file:1: "},
                 {"[]\n", "aws/file:1: "},
                 {"[a]\n= 1\n", "aws/file:2: "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEAN(aws_profiles_destroy) aws_profiles_t *profiles = aws_profiles_new();
        struct error error = {0};
        assert_int_equal(read_text(profiles, AWS_FILE_CREDENTIALS, cases[i].text, &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
        assert_non_null(strstr(error.message, cases[i].place));
    }
}

static void
files_have_limits_and_may_be_missing(void **state)
{
    (void)state;
    CLEAN(aws_profiles_destroy) aws_profiles_t *profiles = aws_profiles_new();
    struct error error = {0};
    CLEAN(memory_free) char *long_text = memory_get(AWS_FILE_SIZE_MAX + 2);
    memset(long_text, '#', AWS_FILE_SIZE_MAX + 1);
    assert_int_equal(read_text(profiles, AWS_FILE_CONFIG, long_text, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_int_equal(
        aws_profiles_read_text(profiles, AWS_FILE_CONFIG, "aws/file", "[a]\nx=\0", 7, &error), -1);
    assert_int_equal(aws_profiles_read(profiles, AWS_FILE_CONFIG, "/nonexistent/config", &error),
                     -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
}

static void
commands_are_split_as_a_shell_would(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(aws_words_destroy) struct aws_words *words = NULL;
    assert_int_equal(
        aws_words_split(&words, "  /bin/x 'a  b' \"c \\\"d\\\" \\e\" f\\ g '' h'i'\"j\" ", &error),
        0);
    static const char *const expected[] = {"/bin/x", "a  b", "c \"d\" \\e", "f g", "", "hij"};
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(words->argv[i], expected[i]);
    assert_null(words->argv[6]);
}

static void
commands_without_a_word_or_with_an_open_quote_are_refused(void **state)
{
    (void)state;
    CLEAN(memory_free) char *many = memory_get(4 * AWS_WORDS_MAX);
    for (size_t i = 0; i <= AWS_WORDS_MAX; i++)
        memcpy(many + 2 * i, "x ", 2);
    const char *const commands[] = {"", "  ", "''", "x 'open", "x \"open", many};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct error error = {0};
        struct aws_words *words = NULL;
        assert_int_equal(aws_words_split(&words, commands[i], &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_found_in_the_profile_that_they_are_of),
        cmocka_unit_test(the_two_files_name_their_sections_differently),
        cmocka_unit_test(a_later_setting_wins),
        cmocka_unit_test(what_is_malformed_is_named_by_its_line),
        cmocka_unit_test(files_have_limits_and_may_be_missing),
        cmocka_unit_test(commands_are_split_as_a_shell_would),
        cmocka_unit_test(commands_without_a_word_or_with_an_open_quote_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
