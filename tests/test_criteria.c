#include "coordinator/criteria.h"

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static struct database *
shop(void)
{
    struct database *database = database_new();
    record_set(&database->provider, "aws:main");
    record_set(&database->resource_id, "db-SHOP1");
    record_set(&database->name, "shop-1");
    record_set(&database->engine, "mysql");
    record_set(&database->account, "123456789012");
    record_set(&database->region, "eu-west-1");
    record_set(&database->host, "shop-1.example");
    record_set(&database->tags, "{\"env\":\"prod\",\"team\":\"\",\"odd\":7}");
    return database;
}

static int
match(const struct criteria *criteria)
{
    CLEAN(database_destroy) struct database *database = shop();
    struct criteria_subject subject;
    criteria_subject_open(&subject, database);
    int matches = criteria_match(criteria, &subject);
    criteria_subject_close(&subject);
    return matches;
}

static void
require_reason(const struct criteria *criteria, const char *expected)
{
    CLEAN(database_destroy) struct database *database = shop();
    char reason[CRITERIA_REASON_SIZE];
    struct criteria_subject subject;
    criteria_subject_open(&subject, database);
    criteria_why_not(criteria, &subject, reason);
    criteria_subject_close(&subject);
    assert_string_equal(reason, expected);
}

static char *
print(const struct criteria *criteria)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    criteria_print(criteria, stream);
    fclose(stream);
    return text;
}

static void
criteria_that_say_nothing_match_everything(void **state)
{
    (void)state;
    CLEAN(criteria_destroy) struct criteria *criteria = criteria_new();
    assert_true(match(criteria));
    assert_true(criteria_specificity(criteria) == 0);
}

static void
each_key_looks_at_its_field(void **state)
{
    (void)state;
    static const char *const fitting[CRITERIA_KEYS] = {
        "DB-shop?", "shop-*", "*.example", "eu-*", "123456789012", "mysql", "aws:*"};
    for (enum criteria_key key = 0; key < CRITERIA_KEYS; key++) {
        CLEAN(criteria_destroy) struct criteria *criteria = criteria_new();
        criteria_add_pattern(criteria, key, "other");
        assert_false(match(criteria));
        criteria_add_pattern(criteria, key, fitting[key]);
        assert_true(match(criteria));
    }
}

static void
all_that_a_mapping_says_must_hold(void **state)
{
    (void)state;
    CLEAN(criteria_destroy) struct criteria *criteria = criteria_new();
    criteria_add_pattern(criteria, CRITERIA_ENGINE, "mysql");
    criteria_add_tag(criteria, "env", "pro*");
    assert_true(match(criteria));
    criteria_add_pattern(criteria, CRITERIA_REGION, "us-*");
    assert_false(match(criteria));
    require_reason(criteria, "its region is 'eu-west-1', not 'us-*'");
}

static void
a_tag_that_is_missing_or_no_text_matches_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *key, *pattern;
        int fits;
        const char *reason;
    } cases[] = {{"env", "*", 1, ""},
                 {"team", "", 1, ""},
                 {"team", "*", 1, ""},
                 {"Env", "*", 0, "it has no tag 'Env'"},
                 {"none", "*", 0, "it has no tag 'none'"},
                 {"odd", "*", 0, "it has no tag 'odd'"},
                 {"env", "test", 0, "its tag 'env' is 'prod', not 'test'"}};
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        CLEAN(criteria_destroy) struct criteria *criteria = criteria_new();
        criteria_add_tag(criteria, cases[index].key, cases[index].pattern);
        assert_int_equal(match(criteria), cases[index].fits);
        if (!cases[index].fits)
            require_reason(criteria, cases[index].reason);
    }
}

static void
tags_that_cannot_be_read_match_nothing(void **state)
{
    (void)state;
    CLEAN(criteria_destroy) struct criteria *criteria = criteria_new();
    criteria_add_tag(criteria, "env", "*");
    static const char *const broken[] = {"", "[]", "\"env\"", "{\"env\":", "{\"env\":null}"};
    for (size_t index = 0; index < sizeof broken / sizeof *broken; index++) {
        CLEAN(database_destroy) struct database *database = shop();
        record_set(&database->tags, broken[index]);
        struct criteria_subject subject;
        criteria_subject_open(&subject, database);
        assert_false(criteria_match(criteria, &subject));
        criteria_subject_close(&subject);
    }
}

static void
and_or_and_not_nest(void **state)
{
    (void)state;
    CLEAN(criteria_destroy) struct criteria *criteria = criteria_new();
    struct criteria *first = criteria_add_nested(criteria, CRITERIA_OR);
    criteria_add_pattern(first, CRITERIA_ENGINE, "postgres");
    assert_false(match(criteria));
    require_reason(criteria, "it is none of the 1 alternatives (its engine is 'mysql', not "
                             "'postgres')");
    struct criteria *second = criteria_add_nested(criteria, CRITERIA_OR);
    criteria_add_pattern(criteria_add_nested(second, CRITERIA_AND), CRITERIA_ENGINE, "mysql");
    assert_true(match(criteria));
    struct criteria *excluded = criteria_add_nested(second, CRITERIA_NOT);
    criteria_add_tag(excluded, "env", "test");
    assert_true(match(criteria));
    criteria_add_tag(criteria_add_nested(second, CRITERIA_NOT), "env", "prod");
    assert_false(match(criteria));
    require_reason(second, "it is excluded by `not`");
    struct criteria *impossible = criteria_add_nested(criteria, CRITERIA_AND);
    criteria_add_pattern(impossible, CRITERIA_NAME, "x");
    criteria_add_pattern(impossible, CRITERIA_NAME, "y");
    require_reason(criteria, "its name is 'shop-1', not 'x' or another one listed");
}

// Each is more specific than the one before it.
static void
what_is_more_specific_is_as_the_header_says(void **state)
{
    (void)state;
    enum { CASES = 14 };
    struct criteria *cases[CASES];
    for (size_t index = 0; index < CASES; index++)
        cases[index] = criteria_new();
    criteria_add_pattern(cases[0], CRITERIA_NAME, "*");
    criteria_add_nested(cases[1], CRITERIA_NOT);
    criteria_add_pattern(cases[2], CRITERIA_PROVIDER, "aws:*");
    criteria_add_pattern(cases[3], CRITERIA_PROVIDER, "aws:main");
    criteria_add_pattern(cases[4], CRITERIA_ENGINE, "my*");
    criteria_add_pattern(cases[5], CRITERIA_ENGINE, "mysql");
    criteria_add_pattern(cases[6], CRITERIA_ACCOUNT, "12");
    criteria_add_pattern(cases[6], CRITERIA_ACCOUNT, "1*");
    criteria_add_pattern(cases[7], CRITERIA_ACCOUNT, "12");
    criteria_add_pattern(cases[7], CRITERIA_ACCOUNT, "13");
    criteria_add_pattern(cases[8], CRITERIA_REGION, "eu-west-1");
    criteria_add_tag(cases[9], "env", "*");
    criteria_add_tag(cases[10], "env", "prod");
    criteria_add_tag(cases[11], "env", "prod");
    criteria_add_tag(criteria_add_nested(cases[11], CRITERIA_AND), "team", "*");
    criteria_add_pattern(cases[12], CRITERIA_HOST, "db?.example");
    criteria_add_pattern(criteria_add_nested(cases[13], CRITERIA_AND), CRITERIA_ID, "x");
    uint64_t before = 0;
    for (size_t index = 0; index < CASES; index++) {
        uint64_t specificity = criteria_specificity(cases[index]);
        if (index > 0)
            assert_true(specificity > before);
        before = specificity;
        criteria_destroy(&cases[index]);
    }
}

static void
of_alternatives_the_least_specific_counts(void **state)
{
    (void)state;
    CLEAN(criteria_destroy) struct criteria *criteria = criteria_new();
    CLEAN(criteria_destroy) struct criteria *engine = criteria_new();
    criteria_add_pattern(engine, CRITERIA_ENGINE, "mysql");
    criteria_add_pattern(criteria_add_nested(criteria, CRITERIA_OR), CRITERIA_ID, "x");
    criteria_add_pattern(criteria_add_nested(criteria, CRITERIA_OR), CRITERIA_ENGINE, "mysql");
    assert_true(criteria_specificity(criteria) == criteria_specificity(engine));
}

static void
what_decides_between_two_has_a_name(void **state)
{
    (void)state;
    CLEAN(criteria_destroy) struct criteria *one = criteria_new();
    CLEAN(criteria_destroy) struct criteria *other = criteria_new();
    criteria_add_pattern(one, CRITERIA_ENGINE, "mysql");
    criteria_add_pattern(other, CRITERIA_REGION, "eu");
    assert_string_equal(criteria_difference(criteria_specificity(one), criteria_specificity(other)),
                        "the region");
}

static void
the_text_is_the_same_in_any_order_and_another_for_others(void **state)
{
    (void)state;
    CLEAN(criteria_destroy) struct criteria *one = criteria_new();
    CLEAN(criteria_destroy) struct criteria *other = criteria_new();
    criteria_add_pattern(one, CRITERIA_NAME, "a");
    criteria_add_pattern(one, CRITERIA_NAME, "b");
    criteria_add_tag(one, "x", "1");
    criteria_add_tag(one, "y", "2");
    criteria_add_pattern(criteria_add_nested(one, CRITERIA_OR), CRITERIA_ENGINE, "m");
    criteria_add_pattern(criteria_add_nested(one, CRITERIA_OR), CRITERIA_ENGINE, "p");
    criteria_add_pattern(criteria_add_nested(other, CRITERIA_OR), CRITERIA_ENGINE, "p");
    criteria_add_pattern(criteria_add_nested(other, CRITERIA_OR), CRITERIA_ENGINE, "m");
    criteria_add_tag(other, "y", "2");
    criteria_add_tag(other, "x", "1");
    criteria_add_pattern(other, CRITERIA_NAME, "b");
    criteria_add_pattern(other, CRITERIA_NAME, "a");
    CLEAN(memory_free) char *text = print(one);
    CLEAN(memory_free) char *same = print(other);
    assert_string_equal(text, same);
    criteria_add_nested(other, CRITERIA_NOT);
    CLEAN(memory_free) char *different = print(other);
    assert_string_not_equal(text, different);

    CLEAN(criteria_destroy) struct criteria *tricky = criteria_new();
    CLEAN(criteria_destroy) struct criteria *plain = criteria_new();
    criteria_add_pattern(tricky, CRITERIA_NAME, "a 1:b");
    criteria_add_pattern(plain, CRITERIA_NAME, "a");
    criteria_add_pattern(plain, CRITERIA_NAME, "b");
    CLEAN(memory_free) char *tricky_text = print(tricky);
    CLEAN(memory_free) char *plain_text = print(plain);
    assert_string_not_equal(tricky_text, plain_text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(criteria_that_say_nothing_match_everything),
        cmocka_unit_test(each_key_looks_at_its_field),
        cmocka_unit_test(all_that_a_mapping_says_must_hold),
        cmocka_unit_test(a_tag_that_is_missing_or_no_text_matches_nothing),
        cmocka_unit_test(tags_that_cannot_be_read_match_nothing),
        cmocka_unit_test(and_or_and_not_nest),
        cmocka_unit_test(what_is_more_specific_is_as_the_header_says),
        cmocka_unit_test(of_alternatives_the_least_specific_counts),
        cmocka_unit_test(what_decides_between_two_has_a_name),
        cmocka_unit_test(the_text_is_the_same_in_any_order_and_another_for_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
