#include "coordinator/outages.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static const int64_t minute_ms = 60000, hour_ms = 3600000, day_ms = 86400000;
static const int64_t start_ms = 1767225600000;

enum { NIGHT = 4000 };

// What was told, as text; and what a catalog would have kept of it.
struct scene {
    outages_t *outages;
    const char *policy;
    char told[2048];
    size_t begun, joined, left, put, late;
};

static void
on_begin(void *context)
{
    ((struct scene *)context)->begun++;
}

static void
on_put(void *context, const struct outage *outage)
{
    assert_true(outage->id > 0);
    ((struct scene *)context)->put++;
}

static void
on_join(void *context, const struct outage_member *member)
{
    assert_true(member->outage_id > 0);
    ((struct scene *)context)->joined++;
}

static void
on_leave(void *context, const struct outage_member *member)
{
    assert_true(member->outage_id > 0);
    ((struct scene *)context)->left++;
}

static void
on_tell(void *context, struct outage *outage, enum outage_turn turn)
{
    static const char *const turns[] = {
        [OUTAGE_BEGINS] = "begins",
        [OUTAGE_GROWS] = "grows",
        [OUTAGE_LASTS] = "lasts",
        [OUTAGE_ENDS] = "ends",
    };
    struct scene *scene = context;
    size_t length = strlen(scene->told);
    snprintf(scene->told + length, sizeof scene->told - length, "%s %lld %s %zu; ",
             outage_kind_name(outage->kind), (long long)outage->id, turns[turn], outage->members);
}

static void
on_joined(void *context, struct outage *outage)
{
    assert_true(outage->told_ms > 0);
    ((struct scene *)context)->late++;
}

static void
open_outages(struct scene *scene, int64_t next_id)
{
    scene->outages = outages_new(next_id, &(struct outages_listener){.begin = on_begin,
                                                                     .put = on_put,
                                                                     .join = on_join,
                                                                     .leave = on_leave,
                                                                     .tell = on_tell,
                                                                     .joined = on_joined,
                                                                     .context = scene});
    outages_set_times(scene->outages, 2 * minute_ms, day_ms);
}

static int
scene_open(void **state)
{
    struct scene *scene = memory_get(sizeof *scene);
    scene->policy = "nightly";
    open_outages(scene, 1);
    *state = scene;
    return 0;
}

static int
scene_close(void **state)
{
    struct scene *scene = *state;
    outages_destroy(&scene->outages);
    memory_free(&scene);
    return 0;
}

// Database `number` fails with these words and its name.
static void
report(struct scene *scene, int number, enum outage_kind kind, const char *words, int64_t at_ms)
{
    char subject[32], name[32], message[256];
    snprintf(subject, sizeof subject, "database:%d", number);
    snprintf(name, sizeof name, "shop-%d", number);
    snprintf(message, sizeof message, "%s: '%s'", words, name);
    outages_report(scene->outages,
                   &(struct outage_report){.kind = kind,
                                           .subject = subject,
                                           .name = name,
                                           .policy = scene->policy,
                                           .cause = {.message = message, .own = {name}}},
                   at_ms);
}

static void
fails(struct scene *scene, int number, const char *words, int64_t at_ms)
{
    report(scene, number, OUTAGE_FAILURE, words, at_ms);
}

static void
recovers(struct scene *scene, int number, int64_t at_ms)
{
    char subject[32];
    snprintf(subject, sizeof subject, "database:%d", number);
    outages_recover(scene->outages, OUTAGE_FAILURE, subject, at_ms);
}

// Looks at each half minute, as a loop does.
static void
pass(struct scene *scene, int64_t from_ms, int64_t until_ms)
{
    for (int64_t at_ms = from_ms; at_ms <= until_ms; at_ms += minute_ms / 2)
        outages_look(scene->outages, at_ms);
}

static void
expect(struct scene *scene, const char *told)
{
    assert_string_equal(scene->told, told);
    scene->told[0] = '\0';
}

static const char store[] = "store 'boostfs:dd1:/su1' does not answer";

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

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
