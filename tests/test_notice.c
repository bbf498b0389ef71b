#include "coordinator/notice.h"

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"
#include "tests/check.h"

enum { STRUCK = 4000 };

static const int64_t start_ms = 1767225600000, hour_ms = 3600000;

struct scene {
    struct outage *outage;
    struct outage_member *members[STRUCK];
    struct delivery *delivery;
};

static int
scene_open(void **state)
{
    struct scene *scene = memory_get(sizeof *scene);
    scene->outage = outage_new();
    scene->outage->id = 12;
    scene->outage->opened_ms = start_ms;
    record_set(&scene->outage->cause, "store 'dd1' does not answer");
    for (int index = 0; index < STRUCK; index++) {
        char text[32];
        struct outage_member *member = scene->members[index] = outage_member_new();
        snprintf(text, sizeof text, "shop-%04d", index);
        record_set(&member->name, text);
        record_set(&member->subject, text);
        record_set(&member->policy, index ? "nightly" : "");
        member->since_ms = start_ms;
    }
    scene->delivery = delivery_new();
    record_set(&scene->delivery->id, "0b9e2c1e");
    *state = scene;
    return 0;
}

static int
scene_close(void **state)
{
    struct scene *scene = *state;
    for (int index = 0; index < STRUCK; index++)
        outage_member_destroy(&scene->members[index]);
    outage_destroy(&scene->outage);
    delivery_destroy(&scene->delivery);
    memory_free(&scene);
    return 0;
}

static json_t *
compose(struct scene *scene, enum outage_turn turn, size_t count)
{
    struct error error = {0};
    json_t *document = NULL;
    struct notice notice = {.outage = scene->outage,
                            .turn = turn,
                            .members = scene->members,
                            .count = count,
                            .unix_ms = start_ms + hour_ms};
    scene->outage->members = count;
    notice_compose(&notice, scene->delivery);
    const char *text = scene->delivery->document;
    if (json_parse(text, strlen(text), 1 << 20, &document, &error))
        fail_msg("%s", error.message);
    return document;
}

static int64_t
number_of(const json_t *document, const char *key)
{
    return json_integer_value(json_object_get(document, key));
}

static void
thousands_are_a_count_and_the_first_names(void **state)
{
    struct scene *scene = *state;
    CLEAN(json_destroy) json_t *document = compose(scene, OUTAGE_BEGINS, STRUCK);
    assert_string_equal(scene->delivery->title,
                        "dbhaul: 4000 databases fail: store 'dd1' does not answer");
    assert_string_equal(scene->delivery->event, "failure");
    assert_string_equal(scene->delivery->severity, "error");
    assert_non_null(strstr(scene->delivery->text, "\n  shop-0000\n  shop-0001 (policy nightly)\n"));
    assert_non_null(
        strstr(scene->delivery->text, "  shop-0019 (policy nightly)\n  and 3980 more\n"));
    assert_int_equal(number_of(document, "count"), STRUCK);
    assert_int_equal(number_of(document, "new"), STRUCK);
    assert_int_equal(json_array_size(json_object_get(document, "affected")), NOTICE_NAMES_MAX);
    assert_true(strlen(scene->delivery->document) < 4096);
}

static void
one_is_said_as_one(void **state)
{
    struct scene *scene = *state;
    CLEAN(json_destroy) json_t *document = compose(scene, OUTAGE_BEGINS, 1);
    assert_memory_equal(scene->delivery->title, "dbhaul: 1 database fails: ", 26);
}

static void
a_reminder_tells_what_has_changed(void **state)
{
    struct scene *scene = *state;
    scene->outage->told_ms = start_ms + 1;
    scene->outage->told_members = 10;
    scene->members[0]->since_ms = start_ms + 2;
    scene->members[1]->since_ms = start_ms + 2;
    CLEAN(json_destroy) json_t *document = compose(scene, OUTAGE_LASTS, 7);
    assert_non_null(strstr(scene->delivery->title, "dbhaul: still 7 databases fail: "));
    assert_non_null(strstr(scene->delivery->text, "Since the last message: 2 new, 5 over\n"));
    assert_int_equal(number_of(document, "new"), 2);
    assert_int_equal(number_of(document, "over"), 5);
}

static void
growth_is_told_with_the_number_as_it_is_now(void **state)
{
    struct scene *scene = *state;
    scene->outage->told_ms = start_ms + 1;
    scene->outage->told_members = 1;
    for (int index = 1; index < STRUCK; index++)
        scene->members[index]->since_ms = start_ms + 2;
    CLEAN(json_destroy) json_t *document = compose(scene, OUTAGE_GROWS, STRUCK);
    CLEAN(memory_free) char *title = memory_format("dbhaul: now %d databases fail: ", STRUCK);
    CLEAN(memory_free)
    char *text = memory_format("Since the last message: %d new, 0 over\n", STRUCK - 1);
    assert_non_null(strstr(scene->delivery->title, title));
    assert_non_null(strstr(scene->delivery->text, "databases fail, by now.\n"));
    assert_non_null(strstr(scene->delivery->text, text));
    const json_t *outage = json_object_get(document, "outage");
    assert_string_equal(json_string_value(json_object_get(outage, "turn")), "grows");
}

static void
an_all_clear_is_an_event_of_its_own(void **state)
{
    struct scene *scene = *state;
    scene->outage->kind = OUTAGE_OVERDUE;
    scene->outage->told_ms = start_ms + 1;
    scene->outage->told_members = 3;
    CLEAN(json_destroy) json_t *document = compose(scene, OUTAGE_ENDS, 0);
    assert_string_equal(scene->delivery->event, "recovered");
    assert_string_equal(scene->delivery->severity, "info");
    assert_non_null(strstr(scene->delivery->title, "all clear of outage 12 (overdue): "));
    assert_int_equal(number_of(document, "over"), 3);
    const json_t *outage = json_object_get(document, "outage");
    assert_string_equal(json_string_value(json_object_get(outage, "turn")), "ends");
    assert_string_equal(json_string_value(json_object_get(outage, "kind")), "overdue");
    assert_string_equal(json_string_value(json_object_get(outage, "since")),
                        "2026-01-01T00:00:00Z");
}

static void
hostile_words_stay_within_their_line(void **state)
{
    struct scene *scene = *state;
    char long_cause[OUTAGE_MESSAGE_MAX + 1];
    memset(long_cause, 'x', OUTAGE_MESSAGE_MAX);
    memcpy(long_cause, "\"}\r\nBcc: \x1b[31m\xff", 15);
    long_cause[OUTAGE_MESSAGE_MAX] = '\0';
    record_set(&scene->outage->cause, long_cause);
    CLEAN(json_destroy) json_t *document = compose(scene, OUTAGE_BEGINS, 1);
    assert_int_equal(strlen(scene->delivery->title), NOTICE_TITLE_MAX);
    assert_null(strpbrk(scene->delivery->title, "\r\n\x1b\xff"));
    assert_null(strpbrk(scene->delivery->text, "\r\x1b\xff"));
    for (const char *line = scene->delivery->text; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") < 998);
}

static void
what_was_merged_is_told(void **state)
{
    struct scene *scene = *state;
    struct error error = {0};
    CLEAN(json_destroy) json_t *first = compose(scene, OUTAGE_BEGINS, 1), *merged = NULL;
    CLEAN(memory_free) char *text = NULL;
    CLEAN(memory_free) char *document = NULL;
    notice_finish(scene->delivery, &text, &document);
    assert_string_equal(text, scene->delivery->text);
    assert_string_equal(document, scene->delivery->document);
    scene->delivery->merged = 3;
    memory_free(&text);
    memory_free(&document);
    notice_finish(scene->delivery, &text, &document);
    assert_non_null(strstr(text, "\n3 older messages could not be delivered"));
    assert_int_equal(json_parse(document, strlen(document), 1 << 20, &merged, &error), 0);
    assert_int_equal(number_of(merged, "merged"), 3);
}

static void
a_test_says_that_it_is_one(void **state)
{
    struct scene *scene = *state;
    notice_compose_test(scene->delivery, start_ms);
    assert_string_equal(scene->delivery->event, "test");
    assert_non_null(strstr(scene->delivery->document, "\"event\":\"test\""));
    assert_non_null(strstr(scene->delivery->document, "\"id\":\"0b9e2c1e\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(thousands_are_a_count_and_the_first_names),
        TEST(one_is_said_as_one),
        TEST(a_reminder_tells_what_has_changed),
        TEST(growth_is_told_with_the_number_as_it_is_now),
        TEST(an_all_clear_is_an_event_of_its_own),
        TEST(hostile_words_stay_within_their_line),
        TEST(what_was_merged_is_told),
        TEST(a_test_says_that_it_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
