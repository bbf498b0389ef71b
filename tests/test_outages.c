#include "coordinator/outages.h"

#include "tests/outages_scene.h"

static void
four_thousand_failures_of_one_store_are_one_message(void **state)
{
    struct scene *scene = *state;
    for (int number = 0; number < NIGHT; number++)
        fails(scene, number, store, start_ms + number);
    pass(scene, start_ms, start_ms + 20 * hour_ms);
    expect(scene, "failure 1 begins 4000; ");
    assert_int_equal(scene->joined, NIGHT);
    size_t count = 0;
    CLEAN(memory_free)
    struct outage_member **members =
        outages_members(scene->outages, outages_first(scene->outages), &count);
    assert_int_equal(count, NIGHT);
    assert_string_equal(members[0]->name, "shop-0");
    assert_string_equal(members[1]->name, "shop-1");
    assert_string_equal(members[2]->name, "shop-10");
}

static void
two_causes_in_one_night_are_two_messages(void **state)
{
    struct scene *scene = *state;
    for (int number = 0; number < 10; number++)
        fails(scene, number, number % 2 ? store : "the login is refused", start_ms);
    pass(scene, start_ms, start_ms + hour_ms);
    expect(scene, "failure 1 begins 5; failure 2 begins 5; ");
}

static void
nothing_is_told_while_it_gathers(void **state)
{
    struct scene *scene = *state;
    fails(scene, 1, store, start_ms);
    pass(scene, start_ms, start_ms + 2 * minute_ms - 1);
    expect(scene, "");
    outages_look(scene->outages, start_ms + 2 * minute_ms);
    expect(scene, "failure 1 begins 1; ");
}

static void
what_is_over_before_it_was_told_is_told_to_nobody(void **state)
{
    struct scene *scene = *state;
    fails(scene, 1, store, start_ms);
    recovers(scene, 1, start_ms + minute_ms);
    pass(scene, start_ms, start_ms + 2 * day_ms);
    expect(scene, "");
    assert_null(outages_first(scene->outages));
    assert_int_equal(scene->left, 1);
}

static void
the_last_one_that_recovers_gives_one_all_clear(void **state)
{
    struct scene *scene = *state;
    for (int number = 0; number < 3; number++)
        fails(scene, number, store, start_ms);
    pass(scene, start_ms, start_ms + hour_ms);
    expect(scene, "failure 1 begins 3; ");
    recovers(scene, 0, start_ms + hour_ms);
    recovers(scene, 1, start_ms + hour_ms);
    pass(scene, start_ms + hour_ms, start_ms + 2 * hour_ms);
    expect(scene, "");
    recovers(scene, 2, start_ms + 2 * hour_ms);
    pass(scene, start_ms + 2 * hour_ms, start_ms + 40 * hour_ms);
    expect(scene, "failure 1 ends 0; ");
    assert_null(outages_first(scene->outages));
}

static void
what_comes_back_at_once_is_the_same_outage(void **state)
{
    struct scene *scene = *state;
    fails(scene, 1, store, start_ms);
    pass(scene, start_ms, start_ms + 10 * minute_ms);
    recovers(scene, 1, start_ms + 10 * minute_ms);
    fails(scene, 1, store, start_ms + 11 * minute_ms);
    pass(scene, start_ms + 10 * minute_ms, start_ms + hour_ms);
    expect(scene, "failure 1 begins 1; ");
}

static void
an_outage_that_lasts_is_told_again_once_a_day(void **state)
{
    struct scene *scene = *state;
    fails(scene, 1, store, start_ms);
    pass(scene, start_ms, start_ms + hour_ms);
    for (int night = 1; night <= 2; night++) {
        fails(scene, 1, store, start_ms + night * day_ms);
        fails(scene, 1 + night, store, start_ms + night * day_ms);
        pass(scene, start_ms + night * day_ms, start_ms + night * day_ms + hour_ms);
    }
    expect(scene, "failure 1 begins 1; failure 1 lasts 2; failure 1 lasts 3; ");
}

static void
who_fails_by_another_cause_changes_its_outage(void **state)
{
    struct scene *scene = *state;
    fails(scene, 1, store, start_ms);
    pass(scene, start_ms, start_ms + hour_ms);
    fails(scene, 1, "the login is refused", start_ms + hour_ms);
    pass(scene, start_ms + hour_ms, start_ms + 2 * hour_ms);
    expect(scene, "failure 1 begins 1; failure 1 ends 0; failure 2 begins 1; ");
}

static void
a_thousand_causes_are_few_messages(void **state)
{
    struct scene *scene = *state;
    for (int number = 0; number < 1000; number++) {
        char message[64];
        snprintf(message, sizeof message, "strange word%d", number);
        fails(scene, number, message, start_ms);
    }
    outages_look(scene->outages, start_ms + hour_ms);
    size_t count = 0;
    for (struct outage *each = outages_first(scene->outages); each;
         each = outages_next(scene->outages))
        count++;
    assert_int_equal(count, OUTAGES_MAX + 1);
    assert_non_null(strstr(scene->told, "failure 21 begins 980; "));
}

static void
of_a_kind_that_is_listed_whole_the_rest_is_over(void **state)
{
    struct scene *scene = *state;
    static const char late[] = "overdue";
    for (int turn = 0; turn < 2; turn++) {
        outages_begin(scene->outages, OUTAGE_OVERDUE);
        report(scene, 1, OUTAGE_OVERDUE, late, start_ms);
        report(scene, 2, OUTAGE_OVERDUE, late, start_ms);
        outages_end(scene->outages, OUTAGE_OVERDUE, start_ms);
    }
    fails(scene, 3, store, start_ms);
    pass(scene, start_ms, start_ms + hour_ms);
    expect(scene, "overdue 1 begins 2; failure 2 begins 1; ");
    outages_begin(scene->outages, OUTAGE_OVERDUE);
    outages_end(scene->outages, OUTAGE_OVERDUE, start_ms + hour_ms);
    pass(scene, start_ms + hour_ms, start_ms + 2 * hour_ms);
    expect(scene, "overdue 1 ends 0; ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(four_thousand_failures_of_one_store_are_one_message),
        TEST(two_causes_in_one_night_are_two_messages),
        TEST(nothing_is_told_while_it_gathers),
        TEST(what_is_over_before_it_was_told_is_told_to_nobody),
        TEST(the_last_one_that_recovers_gives_one_all_clear),
        TEST(what_comes_back_at_once_is_the_same_outage),
        TEST(an_outage_that_lasts_is_told_again_once_a_day),
        TEST(who_fails_by_another_cause_changes_its_outage),
        TEST(a_thousand_causes_are_few_messages),
        TEST(of_a_kind_that_is_listed_whole_the_rest_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
