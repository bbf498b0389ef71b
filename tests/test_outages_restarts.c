// Outages over restarts, storms that grow, and clocks that go wrong.

#include "coordinator/outages.h"

#include "tests/outages_scene.h"

// ---- across restarts

static struct outage *
copy_outage(const struct outage *from)
{
    struct outage *copy = outage_new();
    copy->id = from->id;
    copy->kind = from->kind;
    copy->opened_ms = from->opened_ms;
    copy->told_ms = from->told_ms;
    copy->empty_ms = from->empty_ms;
    copy->told_members = from->told_members;
    record_set(&copy->key, from->key);
    record_set(&copy->cause, from->cause);
    record_set(&copy->told_to, from->told_to);
    return copy;
}

// As a coordinator that was killed finds them.
static void
restart(struct scene *scene)
{
    outages_t *before = scene->outages;
    open_outages(scene, 1);
    for (struct outage *each = outages_first(before); each; each = outages_next(before)) {
        size_t count = 0;
        CLEAN(memory_free) struct outage_member **members = outages_members(before, each, &count);
        struct outage *copy = copy_outage(each);
        outages_load(scene->outages, &copy);
        for (size_t index = 0; index < count; index++) {
            struct outage_member *member = outage_member_new();
            member->outage_id = members[index]->outage_id;
            member->since_ms = members[index]->since_ms;
            record_set(&member->subject, members[index]->subject);
            record_set(&member->name, members[index]->name);
            outages_load_member(scene->outages, &member);
            assert_null(member);
        }
    }
    outages_destroy(&before);
}

static void
a_restart_neither_repeats_nor_loses_a_message(void **state)
{
    struct scene *scene = *state;
    fails(scene, 1, store, start_ms);
    fails(scene, 2, store, start_ms);
    restart(scene);
    pass(scene, start_ms, start_ms + hour_ms);
    expect(scene, "failure 1 begins 2; ");
    restart(scene);
    fails(scene, 1, store, start_ms + hour_ms);
    pass(scene, start_ms + hour_ms, start_ms + 3 * hour_ms);
    expect(scene, "");
    recovers(scene, 1, start_ms + 3 * hour_ms);
    recovers(scene, 2, start_ms + 3 * hour_ms);
    restart(scene);
    pass(scene, start_ms + 3 * hour_ms, start_ms + 4 * hour_ms);
    expect(scene, "failure 1 ends 0; ");
    fails(scene, 1, store, start_ms + 4 * hour_ms);
    pass(scene, start_ms + 4 * hour_ms, start_ms + 5 * hour_ms);
    expect(scene, "failure 2 begins 1; ");
}

// Databases up to this number fail, those that have done so before once more.
static void
storm(struct scene *scene, int until, int64_t at_ms)
{
    for (int number = 0; number < until; number++)
        fails(scene, number, store, at_ms);
}

static void
a_storm_that_grows_is_told_each_time_it_has_doubled(void **state)
{
    struct scene *scene = *state;
    storm(scene, 3, start_ms);
    pass(scene, start_ms, start_ms + hour_ms);
    expect(scene, "failure 1 begins 3; ");
    storm(scene, 12, start_ms + hour_ms);
    pass(scene, start_ms + hour_ms, start_ms + 2 * hour_ms);
    expect(scene, "");
    for (int minute = 0; minute < 60; minute++) {
        storm(scene, 13 + minute * 50, start_ms + 2 * hour_ms + minute * minute_ms);
        outages_look(scene->outages, start_ms + 2 * hour_ms + minute * minute_ms);
    }
    expect(scene, "failure 1 grows 13; failure 1 grows 113; failure 1 grows 263; "
                  "failure 1 grows 563; failure 1 grows 1163; failure 1 grows 2363; ");
    restart(scene);
    pass(scene, start_ms + 3 * hour_ms, start_ms + 20 * hour_ms);
    expect(scene, "");
}

static void
who_joins_what_was_told_is_shown_to_those_who_do_not_know_yet(void **state)
{
    struct scene *scene = *state;
    storm(scene, 3, start_ms);
    pass(scene, start_ms, start_ms + hour_ms);
    expect(scene, "failure 1 begins 3; ");
    assert_int_equal(scene->late, 0);
    storm(scene, 5, start_ms + hour_ms);
    pass(scene, start_ms + hour_ms, start_ms + 2 * hour_ms);
    expect(scene, "");
    assert_int_equal(scene->late, 1);
}

static void
a_policy_that_changes_meanwhile_is_shown_to_its_targets(void **state)
{
    struct scene *scene = *state;
    size_t count = 0;
    fails(scene, 1, store, start_ms);
    pass(scene, start_ms, start_ms + hour_ms);
    expect(scene, "failure 1 begins 1; ");
    assert_int_equal(scene->late, 0);
    scene->policy = "weekly";
    for (int turn = 0; turn < 2; turn++)
        fails(scene, 1, store, start_ms + hour_ms);
    pass(scene, start_ms + hour_ms, start_ms + 2 * hour_ms);
    expect(scene, "");
    assert_int_equal(scene->late, 1);
    assert_int_equal(scene->joined, 2);
    CLEAN(memory_free)
    struct outage_member **members =
        outages_members(scene->outages, outages_first(scene->outages), &count);
    assert_int_equal(count, 1);
    assert_string_equal(members[0]->policy, "weekly");
}

static void
a_member_of_no_outage_is_dropped(void **state)
{
    struct scene *scene = *state;
    struct outage_member *member = outage_member_new();
    member->outage_id = 7;
    outages_load_member(scene->outages, &member);
    assert_null(outages_first(scene->outages));
}

static void
a_clock_that_goes_back_delays_but_loses_nothing(void **state)
{
    struct scene *scene = *state;
    fails(scene, 1, store, start_ms);
    int64_t back_ms = start_ms - 30 * day_ms;
    pass(scene, back_ms, back_ms + hour_ms);
    expect(scene, "failure 1 begins 1; ");
    pass(scene, back_ms - 5 * day_ms, back_ms - 5 * day_ms + 23 * hour_ms);
    expect(scene, "");
    pass(scene, back_ms - 4 * day_ms, back_ms - 4 * day_ms + hour_ms);
    expect(scene, "failure 1 lasts 1; ");
    recovers(scene, 1, back_ms);
    pass(scene, back_ms - day_ms, back_ms - day_ms + hour_ms);
    expect(scene, "failure 1 ends 0; ");
}

static void
a_clock_that_jumps_ahead_tells_once(void **state)
{
    struct scene *scene = *state;
    fails(scene, 1, store, start_ms);
    pass(scene, start_ms + 400 * day_ms, start_ms + 400 * day_ms + 20 * hour_ms);
    expect(scene, "failure 1 begins 1; ");
}

static void
clearing_closes_without_a_word(void **state)
{
    struct scene *scene = *state;
    fails(scene, 1, store, start_ms);
    pass(scene, start_ms, start_ms + hour_ms);
    scene->told[0] = '\0';
    outages_clear(scene->outages, start_ms + hour_ms);
    pass(scene, start_ms + hour_ms, start_ms + 2 * hour_ms);
    expect(scene, "");
    assert_null(outages_first(scene->outages));
    assert_int_equal(scene->left, 1);
}

static void
hostile_texts_are_cut_and_cleaned(void **state)
{
    struct scene *scene = *state;
    CLEAN(memory_free) char *huge = memory_get(100001);
    memset(huge, 'x', 100000);
    huge[1] = '\x1b';
    huge[6] = '\r';
    huge[7] = '\n';
    outages_report(
        scene->outages,
        &(struct outage_report){
            .subject = "database:1", .name = huge, .policy = "", .cause = {.message = huge}},
        start_ms);
    struct outage *outage = outages_first(scene->outages);
    size_t count = 0;
    CLEAN(memory_free)
    struct outage_member **members = outages_members(scene->outages, outage, &count);
    assert_int_equal(strlen(outage->cause), OUTAGE_MESSAGE_MAX);
    assert_int_equal(strlen(members[0]->name), OUTAGE_NAME_MAX);
    assert_null(strpbrk(outage->cause, "\x1b\r\n"));
    assert_null(strpbrk(members[0]->name, "\x1b\r\n"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_restart_neither_repeats_nor_loses_a_message),
        TEST(a_storm_that_grows_is_told_each_time_it_has_doubled),
        TEST(who_joins_what_was_told_is_shown_to_those_who_do_not_know_yet),
        TEST(a_policy_that_changes_meanwhile_is_shown_to_its_targets),
        TEST(a_member_of_no_outage_is_dropped),
        TEST(a_clock_that_goes_back_delays_but_loses_nothing),
        TEST(a_clock_that_jumps_ahead_tells_once),
        TEST(clearing_closes_without_a_word),
        TEST(hostile_texts_are_cut_and_cleaned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
