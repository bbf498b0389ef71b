#include "common/options.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/capture.h"
#include "tests/check.h"

static const struct option_row rows[] = {
    {"config", "FILE", "the configuration"}, {"json", NULL, "print JSON"}, {0}};

enum { WORDS_MAX = 8 };

// Parses up to WORDS_MAX words, as they stand after the program's name.
static int
parse(options_t **options, struct error *error, char *words[WORDS_MAX])
{
    int count = 0;
    while (count < WORDS_MAX && words[count])
        count++;
    return options_parse(options, rows, count, words, error);
}

static void
both_spellings_of_a_value_are_taken(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(options_destroy) options_t *options = NULL;
    char *words[WORDS_MAX] = {"p", "--config", "a", "--config=b=c", "--json"};
    assert_int_equal(parse(&options, &error, words), 0);
    assert_string_equal(options_nth(options, "config", 0), "a");
    assert_string_equal(options_nth(options, "config", 1), "b=c");
    assert_null(options_nth(options, "config", 2));
    assert_string_equal(options_value(options, "config", "preset"), "b=c");
    assert_true(options_has(options, "json"));
    assert_int_equal(options_count(options), 0);
}

static void
what_was_not_given_has_its_preset(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(options_destroy) options_t *options = NULL;
    char *words[WORDS_MAX] = {"p"};
    assert_int_equal(parse(&options, &error, words), 0);
    assert_string_equal(options_value(options, "config", "preset"), "preset");
    assert_false(options_has(options, "json"));
    assert_null(options_argument(options, 0));
}

static void
what_remains_are_arguments_and_two_dashes_end_the_options(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(options_destroy) options_t *options = NULL;
    char *words[WORDS_MAX] = {"p", "one", "--json", "-", "--", "--config"};
    assert_int_equal(parse(&options, &error, words), 0);
    assert_int_equal(options_count(options), 3);
    assert_string_equal(options_argument(options, 0), "one");
    assert_string_equal(options_argument(options, 1), "-");
    assert_string_equal(options_argument(options, 2), "--config");
}

static void
assert_refused(char *first, char *second, const char *message)
{
    struct error error = {0};
    options_t *options = NULL;
    char *words[WORDS_MAX] = {"p", first, second};
    assert_int_equal(parse(&options, &error, words), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_string_equal(error.message, message);
    assert_null(options);
}

static void
wrong_options_are_refused_with_what_would_be_right(void **state)
{
    (void)state;
    assert_refused("--confg", "x", "unknown option '--confg'; did you mean '--config'?");
    assert_refused("--confg=x", NULL, "unknown option '--confg'; did you mean '--config'?");
    assert_refused("--elephant", NULL, "unknown option '--elephant'; --help lists what there is");
    assert_refused("--config", NULL, "the option '--config' needs a value: --config FILE");
    assert_refused("--json=yes", NULL, "the option '--json' takes no value");
    assert_refused("-c", NULL, "unknown option '-c'; options have two dashes and a whole word");
}

static void
the_help_is_aligned(void **state)
{
    (void)state;
    struct capture capture = capture_begin(stdout);
    options_print_help(rows);
    CLEAN(memory_free) char *text = capture_end(&capture, stdout);
    assert_string_equal(text, "  --config FILE  the configuration\n"
                              "  --json         print JSON\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_spellings_of_a_value_are_taken),
        cmocka_unit_test(what_was_not_given_has_its_preset),
        cmocka_unit_test(what_remains_are_arguments_and_two_dashes_end_the_options),
        cmocka_unit_test(wrong_options_are_refused_with_what_would_be_right),
        cmocka_unit_test(the_help_is_aligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
