// Which sets may go: each rule, each guard, and five years of nights in which no guard is ever
// passed.

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/retention.h"
#include "tests/check.h"

enum { DAY_MS = 86400000, SETS_MAX = 64 };

static const int64_t noon_ms = 1795694400000;  // 2026-11-26 12:00:00 UTC, a Thursday

static struct retention_verdict verdicts[SETS_MAX];

static void
judge(const struct retention_rules *rules, const char *zone_id, const struct retention_set *sets,
      size_t count)
{
    struct error error = {0};
    CLEAN(zone_destroy) zone_t *zone = NULL;
    assert_int_equal(zone_open(&zone, zone_id, &error), 0);
    retention_judge(rules, zone, sets, count, noon_ms, verdicts);
}

// A good, off-site set of each day, today's first.
static void
fill(struct retention_set *sets, size_t count)
{
    for (size_t index = 0; index < count; index++)
        sets[index] = (struct retention_set){.id = (int64_t)(count - index),
                                             .created_ms = noon_ms - (int64_t)index * DAY_MS,
                                             .is_good = 1,
                                             .is_offsite = 1};
}

static size_t
count_kept(size_t count)
{
    size_t kept = 0;
    for (size_t index = 0; index < count; index++)
        kept += !verdicts[index].may_go;
    return kept;
}

static void
without_a_rule_all_sets_stay(void **state)
{
    (void)state;
    struct retention_set sets[30];
    fill(sets, 30);
    judge(&(struct retention_rules){0}, "UTC", sets, 30);
    assert_int_equal(count_kept(30), 30);
    assert_string_equal(verdicts[29].reason, "kept: no rule says when sets go");
}

static void
rules_of_count_and_age_add_up(void **state)
{
    (void)state;
    struct retention_set sets[30];
    fill(sets, 30);
    judge(&(struct retention_rules){.last = 3}, "UTC", sets, 30);
    assert_int_equal(count_kept(30), 3);
    assert_string_equal(verdicts[29].reason, "goes: it is 29 days old, and no rule keeps it");
    judge(&(struct retention_rules){.last = 3, .younger_ms = 10LL * DAY_MS}, "UTC", sets, 30);
    assert_int_equal(count_kept(30), 10);
    assert_string_equal(verdicts[9].reason, "kept: it is younger than 10 days");
}

static void
one_of_each_week_is_its_newest(void **state)
{
    (void)state;
    struct retention_set sets[30];
    fill(sets, 30);
    judge(&(struct retention_rules){.weekly = 3}, "UTC", sets, 30);
    assert_int_equal(count_kept(30), 3);
    assert_int_equal(verdicts[0].may_go, 0);   // Thursday
    assert_int_equal(verdicts[4].may_go, 0);   // Sunday before
    assert_int_equal(verdicts[11].may_go, 0);  // and the one before that
    assert_non_null(strstr(verdicts[4].reason, "of its week (2026-11-22), of which 3 are kept"));
}

static void
days_are_those_of_the_zone(void **state)
{
    (void)state;
    // 23:30 and 00:30 in Berlin: two days there, one in UTC.
    struct retention_set sets[] = {
        {.id = 2, .created_ms = noon_ms - 12 * 3600000 - 1800000, .is_good = 1},
        {.id = 1, .created_ms = noon_ms - 13 * 3600000 - 1800000, .is_good = 1}};
    judge(&(struct retention_rules){.daily = 5}, "UTC", sets, 2);
    assert_int_equal(count_kept(2), 1);
    judge(&(struct retention_rules){.daily = 5}, "Europe/Berlin", sets, 2);
    assert_int_equal(count_kept(2), 2);
}

static void
the_last_good_set_never_goes(void **state)
{
    (void)state;
    struct retention_set sets[] = {{.id = 3, .created_ms = noon_ms - 1 * DAY_MS},
                                   {.id = 2, .created_ms = noon_ms - 400LL * DAY_MS, .is_good = 1},
                                   {.id = 1, .created_ms = noon_ms - 500LL * DAY_MS, .is_good = 1}};
    judge(&(struct retention_rules){.younger_ms = 1000}, "UTC", sets, 3);
    assert_true(verdicts[0].may_go && !verdicts[1].may_go && verdicts[2].may_go);
    assert_string_equal(verdicts[1].reason, "kept: it is the last good set of its database");
    assert_non_null(strstr(verdicts[0].reason, "not good"));
    sets[1].is_good = sets[2].is_good = 0;
    judge(&(struct retention_rules){.younger_ms = 1000}, "UTC", sets, 3);
    assert_int_equal(count_kept(3), 3);
    assert_string_equal(verdicts[2].reason, "kept: there is no good set of its database");
}

static void
pinned_gone_and_what_is_not_offsite_stay(void **state)
{
    (void)state;
    struct retention_set sets[10];
    fill(sets, 10);
    sets[9].is_pinned = 1;
    sets[8].is_offsite = 0;
    judge(&(struct retention_rules){.last = 1, .is_offsite_wanted = 1}, "UTC", sets, 10);
    assert_int_equal(count_kept(10), 3);
    assert_string_equal(verdicts[9].reason, "kept: it is pinned");
    assert_non_null(strstr(verdicts[8].reason, "not off-site"));
    judge(&(struct retention_rules){.last = 1, .is_database_gone = 1}, "UTC", sets, 10);
    assert_int_equal(count_kept(10), 10);
    judge(&(struct retention_rules){.last = 1, .is_database_gone = 1, .may_go_when_gone = 1}, "UTC",
          sets, 10);
    assert_int_equal(count_kept(10), 2);
}

static void
the_last_good_set_that_is_offsite_stays(void **state)
{
    (void)state;
    struct retention_set sets[4];
    fill(sets, 4);
    sets[0].is_offsite = sets[1].is_good = 0;
    judge(&(struct retention_rules){.last = 1, .is_offsite_wanted = 1}, "UTC", sets, 4);
    assert_true(!verdicts[0].may_go && verdicts[1].may_go);
    assert_true(!verdicts[2].may_go && verdicts[3].may_go);
    assert_non_null(strstr(verdicts[2].reason, "last good set of its database that is off-site"));
    judge(&(struct retention_rules){.last = 1}, "UTC", sets, 4);
    assert_true(verdicts[2].may_go);
}

static void
sets_that_are_not_good_stay_for_a_while(void **state)
{
    (void)state;
    struct retention_set sets[3];
    fill(sets, 3);
    sets[1].is_good = sets[2].is_good = 0;
    judge(&(struct retention_rules){.last = 1}, "UTC", sets, 3);
    assert_int_equal(count_kept(3), 1);
    judge(&(struct retention_rules){.last = 1, .unsound_ms = 2LL * DAY_MS}, "UTC", sets, 3);
    assert_int_equal(count_kept(3), 2);
    assert_string_equal(verdicts[1].reason, "kept: it is not good, and such sets stay 2 days");
    assert_true(verdicts[2].may_go);
}

static void
what_is_used_or_locked_stays(void **state)
{
    (void)state;
    struct retention_set sets[4];
    fill(sets, 4);
    sets[1].is_used = sets[2].is_locked = 1;
    judge(&(struct retention_rules){.last = 1}, "UTC", sets, 4);
    assert_int_equal(count_kept(4), 3);
    assert_non_null(strstr(verdicts[1].reason, "a restore or a verification of it"));
    assert_non_null(strstr(verdicts[2].reason, "did not let go of it"));
}

// Who names a set overrules the rules, a lock's wait and that the database is gone, and no more.
static void
a_set_that_is_named_goes_but_for_the_guards(void **state)
{
    (void)state;
    struct retention_verdict verdict;
    struct retention_set sets[4];
    struct retention_rules rules = {.last = 9, .is_database_gone = 1, .unsound_ms = 9LL * DAY_MS};
    fill(sets, 4);
    sets[1].is_locked = 1;
    sets[2].is_good = 0;
    for (size_t index = 0; index < 4; index++) {
        retention_judge_named(&rules, sets, 4, index, &verdict);
        assert_int_equal(verdict.may_go, index > 0);
        assert_int_equal(verdict.id, sets[index].id);
    }
    assert_string_equal(verdict.reason, "goes: it was named");
    sets[3].is_pinned = 1;
    retention_judge_named(&rules, sets, 4, 3, &verdict);
    assert_string_equal(verdict.reason, "kept: it is pinned");
    sets[3].is_pinned = sets[3].is_offsite = 0;
    rules.is_offsite_wanted = 1;
    retention_judge_named(&rules, sets, 4, 3, &verdict);
    assert_non_null(strstr(verdict.reason, "not off-site yet"));
    sets[0].is_good = sets[1].is_good = 0;
    retention_judge_named(&rules, sets, 4, 3, &verdict);
    assert_string_equal(verdict.reason, "kept: it is the last good set of its database");
    retention_judge_named(&(struct retention_rules){0}, sets, 4, 0, &verdict);
    assert_true(verdict.may_go);
    sets[3].is_good = 0;
    retention_judge_named(&(struct retention_rules){0}, sets, 4, 0, &verdict);
    assert_string_equal(verdict.reason, "kept: there is no good set of its database");
}

static void
rules_are_told_in_words(void **state)
{
    (void)state;
    char text[RETENTION_TEXT_SIZE];
    retention_print(&(struct retention_rules){.is_offsite_wanted = 1}, text);
    assert_string_equal(text, "");
    retention_print(&(struct retention_rules){.last = 3,
                                              .younger_ms = 30LL * DAY_MS,
                                              .daily = 7,
                                              .weekly = 5,
                                              .monthly = 12,
                                              .yearly = 7,
                                              .is_offsite_wanted = 1,
                                              .may_go_when_gone = 1},
                    text);
    assert_string_equal(text,
                        "the last 3, all of 30 days, 7 daily, 5 weekly, 12 monthly, 7 yearly; "
                        "off-site first; also of databases that are gone");
}

// ---- five years

struct life {
    struct retention_set *sets;
    size_t count;
    int64_t next_id, now_ms;
};

static int
chance(unsigned *seed, int permille)
{
    return rand_r(seed) % 1000 < permille;
}

static const struct retention_set *
last_good(const struct life *life)
{
    const struct retention_set *found = NULL;
    for (size_t index = 0; index < life->count; index++) {
        const struct retention_set *set = &life->sets[index];
        if (set->is_good && (!found || set->created_ms > found->created_ms ||
                             (set->created_ms == found->created_ms && set->id > found->id)))
            found = set;
    }
    return found;
}

// What may go, goes; no guard is passed.
static void
expire(struct life *life, const struct retention_rules *rules, const zone_t *zone)
{
    struct retention_verdict found[SETS_MAX];
    size_t kept = 0;
    assert_true(life->count <= SETS_MAX);
    const struct retention_set *last = last_good(life);
    int64_t last_id = last ? last->id : 0;
    retention_judge(rules, zone, life->sets, life->count, life->now_ms, found);
    for (size_t index = 0; index < life->count; index++) {
        const struct retention_set set = life->sets[index];
        assert_true(strncmp(found[index].reason, found[index].may_go ? "goes: " : "kept: ", 6) ==
                    0);
        if (found[index].may_go) {
            assert_true(last_id && set.id != last_id);
            assert_true(!set.is_pinned && set.is_offsite);
            continue;
        }
        life->sets[kept++] = set;
    }
    life->count = kept;
}

// A link that is down for a month brings all of it at once. Sets turn out damaged, the clock is set
// back, nights fail.
static void
live_a_day(struct life *life, int64_t day, unsigned *seed)
{
    int is_link_up = day % 300 > 20;
    life->now_ms += DAY_MS - (chance(seed, 10) ? 3 * DAY_MS : 0);
    if (!chance(seed, 100) && life->count < SETS_MAX)
        life->sets[life->count++] = (struct retention_set){.id = life->next_id++,
                                                           .created_ms = life->now_ms,
                                                           .is_good = 1,
                                                           .is_pinned = day % 500 == 7};
    for (size_t index = 0; index < life->count; index++) {
        struct retention_set *set = &life->sets[index];
        set->is_offsite |= is_link_up && life->now_ms - set->created_ms >= DAY_MS;
        set->is_good &= !chance(seed, 1);
    }
}

static void
five_years_pass_no_guard(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(zone_destroy) zone_t *zone = NULL;
    assert_int_equal(zone_open(&zone, "Europe/Berlin", &error), 0);
    struct retention_rules rules = {
        .last = 2, .daily = 7, .weekly = 4, .monthly = 12, .yearly = 5, .is_offsite_wanted = 1};
    struct retention_set sets[SETS_MAX];
    for (unsigned seed = 1; seed <= 20; seed++) {
        unsigned random = seed;
        struct life life = {.sets = sets, .next_id = 1, .now_ms = noon_ms};
        for (int64_t day = 0; day < 5 * 365; day++) {
            live_a_day(&life, day, &random);
            expire(&life, &rules, zone);
        }
        assert_true(life.count >= 12 && life.count <= 40);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_rule_all_sets_stay),
        cmocka_unit_test(rules_of_count_and_age_add_up),
        cmocka_unit_test(one_of_each_week_is_its_newest),
        cmocka_unit_test(days_are_those_of_the_zone),
        cmocka_unit_test(the_last_good_set_never_goes),
        cmocka_unit_test(the_last_good_set_that_is_offsite_stays),
        cmocka_unit_test(pinned_gone_and_what_is_not_offsite_stay),
        cmocka_unit_test(sets_that_are_not_good_stay_for_a_while),
        cmocka_unit_test(what_is_used_or_locked_stays),
        cmocka_unit_test(a_set_that_is_named_goes_but_for_the_guards),
        cmocka_unit_test(rules_are_told_in_words),
        cmocka_unit_test(five_years_pass_no_guard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
