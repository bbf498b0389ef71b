#include "coordinator/discovery/difference.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static void
what_is_the_same_has_no_difference(void **state)
{
    (void)state;
    CLEAN(database_destroy) struct database *before = database_new();
    CLEAN(database_destroy) struct database *after = database_new();
    record_set(&before->name, "shop");
    database_copy(after, before);
    after->id = 7;
    after->last_seen_ms = 9;
    assert_true(difference_is_none(before, after));
    CLEAN(memory_free) char *text = difference_text(before, after);
    assert_string_equal(text, "");
    after->port = 1;
    assert_false(difference_is_none(before, after));
}

static void
every_text_that_a_provider_says_counts(void **state)
{
    (void)state;
    for (size_t index = 0; index < DATABASE_TEXTS; index++) {
        CLEAN(database_destroy) struct database *before = database_new();
        CLEAN(database_destroy) struct database *after = database_new();
        char **texts[DATABASE_TEXTS];
        database_texts(after, texts);
        record_set(texts[index], "new");
        int is_key = texts[index] == &after->provider || texts[index] == &after->resource_id;
        assert_int_equal(difference_is_none(before, after), is_key);
        CLEAN(memory_free) char *text = difference_text(before, after);
        assert_int_equal(strstr(text, "nothing -> new") != NULL, !is_key);
    }
}

static void
a_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    CLEAN(database_destroy) struct database *before = database_new();
    CLEAN(database_destroy) struct database *after = database_new();
    char tags[400] = "x";
    while (strlen(tags) + 3 < sizeof tags)
        strcat(tags, "\xc3\xa4");
    record_set(&after->tags, tags);
    CLEAN(memory_free) char *text = difference_text(before, after);
    size_t size = strlen(text);
    assert_true(size < 120);
    assert_string_equal(text + size - 5, "\xc3\xa4...");
}

static void
what_is_new_each_time_is_taken_out_of_a_message(void **state)
{
    (void)state;
    char message[] = "no (request 8f2ab9c1-0000-4e11-9aaa-0123456789ab): see "
                     "QWxhZGRpbjpvcGVuIHNlc2FtZQQWxhZGRpbjpvcGVuIHNlc2FtZQAAAA of "
                     "arn:aws:rds:eu-west-1:111122223333:db:a-name-that-is-long-as-they-are\xff";
    difference_steady(message);
    assert_string_equal(message,
                        "no (request ...): see ... of "
                        "arn:aws:rds:eu-west-1:111122223333:db:a-name-that-is-long-as-they-are?");
}

static void
numbers_in_a_message_do_not_make_it_another(void **state)
{
    (void)state;
    assert_true(difference_is_wording("after 30001 ms", "after 5 ms"));
    assert_true(difference_is_wording("", ""));
    assert_false(difference_is_wording("after 5 ms", "after 5 s"));
    assert_false(difference_is_wording("after 5", "after"));
    assert_false(difference_is_wording("access denied", "throttled"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_the_same_has_no_difference),
        cmocka_unit_test(every_text_that_a_provider_says_counts),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
        cmocka_unit_test(what_is_new_each_time_is_taken_out_of_a_message),
        cmocka_unit_test(numbers_in_a_message_do_not_make_it_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
