#include "coordinator/wanted.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static struct database *
make_database(const char *region, const char *tags)
{
    struct database *database = database_new();
    record_set(&database->region, region);
    record_set(&database->account, "12");
    record_set(&database->tags, tags);
    return database;
}

static void
same_is_what_the_database_has_under_that_name(void **state)
{
    (void)state;
    struct wanted_found found;
    CLEAN(wanted_clear) struct wanted wanted = {0};
    CLEAN(database_destroy)
    struct database *database = make_database("eu-central-1", "{\"network\":\"dmz\"}");
    wanted_set(&wanted, "region", WANTED_SAME, 0);
    wanted_set(&wanted, "network", WANTED_SAME, 0);
    wanted_set(&wanted, "account", WANTED_SAME, 1);
    wanted_set(&wanted, "rack", WANTED_SAME, 0);
    wanted_set(&wanted, "size", "l*", 0);
    wanted_resolve(&wanted, database, &found);
    assert_int_equal(found.count, 4);  // it has no rack, and so wants none
    assert_string_equal(found.labels[0].name, "network");
    assert_string_equal(found.labels[0].pattern, "dmz");
    assert_string_equal(found.labels[1].pattern, "eu-central-1");
    assert_string_equal(found.labels[2].pattern, "l*");
    assert_string_equal(found.labels[3].pattern, "12");
    assert_true(found.labels[3].is_preferred);
    wanted_resolve(&wanted, NULL, &found);
    assert_int_equal(found.count, 1);
}

static void
a_text_of_a_database_is_no_pattern(void **state)
{
    (void)state;
    struct wanted_found found;
    CLEAN(wanted_clear) struct wanted wanted = {0};
    CLEAN(database_destroy) struct database *database = make_database("*[a]\n", "not JSON");
    wanted_set(&wanted, "region", WANTED_SAME, 0);
    wanted_set(&wanted, "network", WANTED_SAME, 0);
    wanted_resolve(&wanted, database, &found);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.labels[0].pattern, "\\*\\[a]?");
}

static void
a_text_that_is_too_long_is_cut_between_characters(void **state)
{
    (void)state;
    struct wanted_found found;
    CLEAN(wanted_clear) struct wanted wanted = {0};
    for (int shift = 0; shift < 3; shift++) {
        char text[400] = "";
        memset(text, 'x', (size_t)shift);
        for (size_t index = (size_t)shift; index + 1 < sizeof text; index++)
            text[index] = "\xe2\x82\xac"[(index - (size_t)shift) % 3];
        CLEAN(database_destroy) struct database *database = make_database(text, "{}");
        wanted_set(&wanted, "region", WANTED_SAME, 0);
        wanted_resolve(&wanted, database, &found);
        size_t length = strlen(found.labels[0].pattern);
        assert_true(length > 200);
        assert_int_equal((length - (size_t)shift) % 3, 0);
    }
}

static void
presets_hold_for_labels_of_which_nothing_is_said(void **state)
{
    (void)state;
    struct wanted_found found;
    CLEAN(wanted_clear) struct wanted wanted = {0};
    CLEAN(wanted_clear) struct wanted presets = {0};
    CLEAN(database_destroy) struct database *database = make_database("r1", "{}");
    wanted_set(&presets, "region", WANTED_SAME, 0);
    wanted_set(&presets, "network", "lan", 0);
    wanted_set(&wanted, "region", WANTED_ANY, 0);  // lifts it
    wanted_add_presets(&wanted, &presets);
    wanted_resolve(&wanted, database, &found);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.labels[0].name, "network");
}

static void
the_same_is_printed_the_same(void **state)
{
    (void)state;
    char *texts[2] = {NULL, NULL};
    for (int order = 0; order < 2; order++) {
        CLEAN(wanted_clear) struct wanted wanted = {0};
        size_t size = 0;
        FILE *stream = open_memstream(&texts[order], &size);
        assert_non_null(stream);
        wanted_set(&wanted, order ? "a" : "b", "x", 0);
        wanted_set(&wanted, order ? "b" : "a", "y", 0);
        wanted_set(&wanted, "a", "1", 0);
        wanted_set(&wanted, "b", "2", 0);
        wanted_print(&wanted, stream);
        fclose(stream);
    }
    assert_string_equal(texts[0], texts[1]);
    memory_free(&texts[0]);
    memory_free(&texts[1]);
}

static void
what_cannot_be_a_label_is_refused(void **state)
{
    (void)state;
    char text[200] = "";
    struct error error = {0};
    memset(text, 'x', sizeof text - 1);
    assert_int_equal(wanted_check("region", "eu-*", &error), 0);
    assert_int_equal(wanted_check("", "x", &error), -1);
    assert_int_equal(wanted_check("a\nb", "x", &error), -1);
    assert_int_equal(wanted_check(text, "x", &error), -1);
    assert_int_equal(wanted_check("region", "", &error), -1);
    assert_int_equal(wanted_check("region", "a\nb", &error), -1);
    assert_int_equal(wanted_check("region", text, &error), -1);
    assert_non_null(strstr(error.message, "the pattern for label 'region'"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_is_what_the_database_has_under_that_name),
        cmocka_unit_test(a_text_of_a_database_is_no_pattern),
        cmocka_unit_test(a_text_that_is_too_long_is_cut_between_characters),
        cmocka_unit_test(presets_hold_for_labels_of_which_nothing_is_said),
        cmocka_unit_test(the_same_is_printed_the_same),
        cmocka_unit_test(what_cannot_be_a_label_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
