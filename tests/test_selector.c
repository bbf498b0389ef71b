#include "coordinator/selector.h"

#include <string.h>
#include <time.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static struct database *
shop(void)
{
    struct database *database = database_new();
    database->id = 42;
    record_set(&database->provider, "file:estate");
    record_set(&database->resource_id, "arn:aws:rds:eu-west-1:1:db:shop-1");
    record_set(&database->name, "shop-1");
    record_set(&database->engine, "mysql");
    record_set(&database->account, "123456789012");
    record_set(&database->region, "eu-west-1");
    record_set(&database->host, "shop-1.example");
    record_set(&database->tags, "{\"env\":\"prod\",\"Team\":\"\",\"odd\":7}");
    return database;
}

// Whether a selector of this one term takes the shop.
static int
takes(const char *key, const char *pattern)
{
    CLEAN(database_destroy) struct database *database = shop();
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    struct error error = {0};
    assert_int_equal(selector_add(selector, key, pattern, &error), 0);
    return selector_matches(selector, database);
}

static void
a_part_of_an_estate_may_match_as_far_as_it_is_known(void **state)
{
    (void)state;
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    struct error error = {0};
    assert_int_equal(selector_add(selector, "region", "eu-*", &error), 0);
    assert_int_equal(selector_add(selector, "name", "shop", &error), 0);
    assert_true(selector_may_match(selector, "aws:a", "1", "eu-west-1"));
    assert_true(selector_may_match(selector, "aws:a", "1", ""));
    assert_false(selector_may_match(selector, "aws:a", "1", "us-east-1"));
    assert_int_equal(selector_add(selector, "account", "2", &error), 0);
    assert_false(selector_may_match(selector, "aws:a", "1", ""));
    assert_true(selector_may_match(selector, "aws:a", "", ""));
}

static void
a_selector_without_terms_takes_everything(void **state)
{
    (void)state;
    CLEAN(database_destroy) struct database *database = shop();
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    assert_true(selector_matches(selector, database));
    assert_int_equal(selector_count(selector), 0);
    CLEAN(memory_free) char *text = selector_text(selector);
    assert_string_equal(text, "");
}

static void
each_key_looks_at_its_field(void **state)
{
    (void)state;
    assert_true(takes("name", "shop-?"));
    assert_false(takes("name", "shop"));
    assert_true(takes("id", "*:db:shop-1"));
    assert_true(takes("engine", "my*"));
    assert_false(takes("engine", "postgres"));
    assert_true(takes("account", "1234*"));
    assert_true(takes("region", "eu-*"));
    assert_false(takes("region", "us-*"));
    assert_true(takes("provider", "file:*"));
    assert_true(takes("host", "*.example"));
    assert_true(takes("database", "42"));
    assert_false(takes("database", "4"));
    assert_true(takes("name", "[r-t]hop-1"));
}

static void
case_does_not_matter(void **state)
{
    (void)state;
    assert_true(takes("name", "SHOP-*"));
    assert_true(takes("tag.env", "PROD"));
}

static void
a_tag_must_be_there_and_be_a_text(void **state)
{
    (void)state;
    assert_true(takes("tag.env", "prod"));
    assert_false(takes("tag.env", "test"));
    assert_true(takes("tag.Team", ""));
    assert_false(takes("tag.team", "*"));
    assert_false(takes("tag.none", "*"));
    assert_false(takes("tag.odd", "*"));
}

static void
tags_that_are_no_json_match_nothing(void **state)
{
    (void)state;
    const char *const broken[] = {"", "[]", "{\"env\":", "\"env\"", "{\"env\":{\"env\":\"prod\"}}"};
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    struct error error = {0};
    assert_int_equal(selector_add(selector, "tag.env", "*", &error), 0);
    for (size_t index = 0; index < sizeof broken / sizeof *broken; index++) {
        CLEAN(database_destroy) struct database *database = shop();
        record_set(&database->tags, broken[index]);
        assert_false(selector_matches(selector, database));
    }
}

static void
all_terms_must_hold(void **state)
{
    (void)state;
    CLEAN(database_destroy) struct database *database = shop();
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    struct error error = {0};
    assert_int_equal(selector_add(selector, "name", "shop-*", &error), 0);
    assert_int_equal(selector_add(selector, "name", "*-1", &error), 0);
    assert_true(selector_matches(selector, database));
    assert_int_equal(selector_add(selector, "region", "us-*", &error), 0);
    assert_false(selector_matches(selector, database));
    CLEAN(memory_free) char *text = selector_text(selector);
    assert_string_equal(text, "name=shop-* name=*-1 region=us-*");
}

static void
a_copy_lives_on_its_own(void **state)
{
    (void)state;
    CLEAN(database_destroy) struct database *database = shop();
    selector_t *selector = selector_new();
    struct error error = {0};
    assert_int_equal(selector_add(selector, "engine", "postgres", &error), 0);
    CLEAN(selector_destroy) selector_t *copy = selector_copy(selector);
    selector_destroy(&selector);
    assert_int_equal(selector_count(copy), 1);
    assert_false(selector_matches(copy, database));
}

static void
an_unknown_key_is_refused_and_the_known_are_told(void **state)
{
    (void)state;
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    const char *const wrong[] = {"", "nam", "Name", "tag.", "tag", "port"};
    for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++) {
        struct error error = {0};
        assert_int_equal(selector_add(selector, wrong[index], "*", &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
        assert_non_null(strstr(error.message, "tag.<key>"));
    }
    assert_int_equal(selector_count(selector), 0);
}

static void
terms_and_patterns_have_limits(void **state)
{
    (void)state;
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    struct error error = {0};
    char pattern[SELECTOR_PATTERN_MAX + 2] = "";
    memset(pattern, 'a', SELECTOR_PATTERN_MAX + 1);
    assert_int_equal(selector_add(selector, "name", pattern, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    pattern[SELECTOR_PATTERN_MAX] = '\0';
    for (int term = 0; term < SELECTOR_TERMS_MAX; term++)
        assert_int_equal(selector_add(selector, "name", pattern, &error), 0);
    assert_int_equal(selector_add(selector, "name", "*", &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_int_equal(selector_count(selector), SELECTOR_TERMS_MAX);
}

// A matcher that goes back at each star would need years.
static void
a_pattern_full_of_stars_ends_soon(void **state)
{
    (void)state;
    CLEAN(database_destroy) struct database *database = shop();
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    char pattern[SELECTOR_PATTERN_MAX + 1] = "", name[1001] = "";
    for (size_t index = 0; index + 1 < SELECTOR_PATTERN_MAX; index += 2)
        memcpy(pattern + index, "*a", 2);
    pattern[SELECTOR_PATTERN_MAX - 1] = 'b';
    memset(name, 'a', sizeof name - 1);
    record_set(&database->name, name);
    struct error error = {0};
    assert_int_equal(selector_add(selector, "name", pattern, &error), 0);
    clock_t before = clock();
    assert_false(selector_matches(selector, database));
    assert_true(clock() - before < CLOCKS_PER_SEC);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_selector_without_terms_takes_everything),
        cmocka_unit_test(each_key_looks_at_its_field),
        cmocka_unit_test(case_does_not_matter),
        cmocka_unit_test(a_tag_must_be_there_and_be_a_text),
        cmocka_unit_test(tags_that_are_no_json_match_nothing),
        cmocka_unit_test(all_terms_must_hold),
        cmocka_unit_test(a_part_of_an_estate_may_match_as_far_as_it_is_known),
        cmocka_unit_test(a_copy_lives_on_its_own),
        cmocka_unit_test(an_unknown_key_is_refused_and_the_known_are_told),
        cmocka_unit_test(terms_and_patterns_have_limits),
        cmocka_unit_test(a_pattern_full_of_stars_ends_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
