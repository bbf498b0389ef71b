#include "coordinator/promise.h"

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "tests/check.h"

enum { HOUR = 60 * 60 * 1000 };

static const int64_t now = 1795644000000;

// What there is of a database, in hours before now; 0 = nothing.
struct scene {
    const char *outcome;
    int seen, good, offsite,
        lost;  // first seen; when sets were made; until when a lost one kept it
    int promised, promised_offsite;  // hours
    int is_gone;
};

static struct database *
database_of(const struct scene *scene)
{
    struct database *self = database_new();
    record_set(&self->assignment.outcome, scene->outcome);
    self->first_seen_ms = now - (int64_t)scene->seen * HOUR;
    self->gone_ms = scene->is_gone ? now - HOUR : 0;
    self->standing.good_ms = scene->good ? now - (int64_t)scene->good * HOUR : 0;
    self->standing.offsite_ms = scene->offsite ? now - (int64_t)scene->offsite * HOUR : 0;
    self->standing.lost_ms = scene->lost ? now - (int64_t)scene->lost * HOUR : 0;
    self->assignment.good_ms = (int64_t)scene->promised * HOUR;
    self->assignment.offsite_ms = (int64_t)scene->promised_offsite * HOUR;
    return self;
}

static void
check(const struct scene *scene, const char *state, int64_t since_hours)
{
    CLEAN(database_destroy) struct database *database = database_of(scene);
    struct promise_verdict verdict;
    promise_judge(database, now, &verdict);
    assert_string_equal(promise_state_name(verdict.state), state);
    int64_t due_ms = since_hours ? now - since_hours * HOUR : 0;
    assert_int_equal(verdict.due_ms, due_ms);
    assert_int_equal(promise_is_broken(verdict.state), since_hours != 0);
}

static void
the_age_of_the_newest_good_set_counts(void **state)
{
    (void)state;
    check(&(struct scene){"selected", .seen = 900, .good = 25, .promised = 26}, "kept", 0);
    check(&(struct scene){"tagged", .seen = 900, .good = 26, .promised = 26}, "kept", 0);
    check(&(struct scene){"selected", .seen = 900, .good = 27, .promised = 26}, "lapsed", 1);
    check(&(struct scene){"selected", .seen = 900, .good = 90, .promised = 26}, "overdue", 64);
}

// To the millisecond.
static void
a_promise_is_broken_by_what_is_more_than_promised(void **state)
{
    (void)state;
    CLEAN(database_destroy)
    struct database *database =
        database_of(&(struct scene){"selected", .seen = 900, .good = 26, .promised = 26});
    struct promise_verdict verdict;
    promise_judge(database, now, &verdict);
    assert_int_equal(verdict.state, PROMISE_KEPT);
    assert_int_equal(verdict.good_age_ms, 26 * HOUR);
    assert_int_equal(verdict.good_due_ms, now);
    promise_judge(database, now + 1, &verdict);
    assert_int_equal(verdict.state, PROMISE_LAPSED);
    assert_int_equal(verdict.due_ms, now);
    promise_judge(database, now + PROMISE_RECENT_MS, &verdict);
    assert_int_equal(verdict.state, PROMISE_OVERDUE);
}

static void
without_a_set_the_age_of_the_database_counts(void **state)
{
    (void)state;
    check(&(struct scene){"selected", .seen = 25, .promised = 26}, "waiting", 0);
    check(&(struct scene){"selected", .seen = 27, .promised = 26}, "unprotected", 1);
    check(&(struct scene){"selected", .seen = 900, .promised = 26}, "unprotected", 874);
}

static void
a_set_that_was_found_damaged_today_protected_until_then(void **state)
{
    (void)state;
    check(&(struct scene){"selected", .seen = 900, .lost = 2, .promised = 26}, "lapsed", 874);
    check(&(struct scene){"selected", .seen = 900, .good = 90, .lost = 2, .promised = 26}, "lapsed",
          64);
    check(&(struct scene){"selected", .seen = 900, .lost = 24, .promised = 26}, "unprotected", 874);
    check(&(struct scene){"selected", .seen = 900, .good = 9, .lost = 2, .promised = 26}, "kept",
          0);
}

static void
what_is_off_site_has_a_promise_of_its_own(void **state)
{
    (void)state;
    const struct scene kept = {"selected",    .seen = 900,    .good = 5,
                               .offsite = 40, .promised = 26, .promised_offsite = 48};
    check(&kept, "kept", 0);
    struct scene scene = kept;
    scene.offsite = 50;
    check(&scene, "lapsed off-site", 2);
    scene.offsite = 80;
    check(&scene, "overdue off-site", 32);
    scene.offsite = 0;
    check(&scene, "overdue off-site", 852);
    scene.seen = 47;
    check(&scene, "waiting", 0);
    scene.good = 30;
    check(&scene, "lapsed", 4);
    scene.seen = 900;  // the good one is worse
    check(&scene, "lapsed", 4);
    scene.promised = 0;
    check(&scene, "overdue off-site", 852);
    scene.good = 0;
    scene.promised = 1000;
    check(&scene, "overdue off-site", 852);
}

static void
nothing_is_promised_of_what_has_no_policy_or_is_gone(void **state)
{
    (void)state;
    struct scene scene = {"selected", .seen = 900, .promised = 26, .is_gone = 1};
    check(&scene, "gone", 0);
    scene.is_gone = 0;
    const char *const outcomes[] = {"opted out", "tie", "unmatched"};
    for (size_t index = 0; index < sizeof outcomes / sizeof *outcomes; index++) {
        scene.outcome = outcomes[index];
        check(&scene, outcomes[index], 0);
    }
    scene.outcome = "";
    check(&scene, "unmatched", 0);
    check(&(struct scene){"selected", .seen = 900}, "no promise", 0);
}

static void
a_set_from_the_future_has_no_age(void **state)
{
    (void)state;
    CLEAN(database_destroy)
    struct database *database =
        database_of(&(struct scene){"selected", .seen = -2, .good = -1, .promised = 1});
    struct promise_verdict verdict;
    promise_judge(database, now, &verdict);
    assert_int_equal(verdict.state, PROMISE_KEPT);
    assert_int_equal(verdict.good_age_ms, 0);
    assert_int_equal(verdict.offsite_age_ms, 0);
}

// ---- schedules

static timetable_t *
timetable(const char *form, const char *zone_name_)
{
    struct error error = {0};
    cron_t *cron = NULL;
    zone_t *zone = NULL;
    if (cron_parse(&cron, form, &error) || zone_open(&zone, zone_name_, &error))
        fail_msg("%s", error.message);
    return timetable_new(&cron, &zone);
}

static void
a_schedule_fires_more_often_than_it_promises(void **state)
{
    (void)state;
    const struct {
        const char *form, *zone;
        int promised, gap;  // hours; -1 = it cannot be
    } rows[] = {
        {"30 2 * * *", "UTC", 26, 0},
        {"30 2 * * *", "UTC", 24, -1},
        {"30 2 * * *", "UTC", 12, -1},
        {"30 2 * * *", "Europe/Berlin", 26, 0},
        {"30 2 * * *", "Europe/Berlin", 25, 25},  // when the clock goes back
        {"30 2 * * *", "Europe/Berlin", 23, -1},
        {"30 2 * * mon-fri", "UTC", 26, 72},
        {"30 2 * * mon-fri", "UTC", 73, 0},
        {"30 2 * * sun", "UTC", 26, -1},
        {"0 1,4 * * *", "UTC", 12, 21},
        {"*/15 * * * *", "Europe/Berlin", 1, 0},
        {"0 2 29 2 *", "UTC", 26, -1},
    };
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        struct error error = {0};
        int64_t gap_ms = -1;
        CLEAN(timetable_destroy) timetable_t *self = timetable(rows[row].form, rows[row].zone);
        int failed = promise_check(self, (int64_t)rows[row].promised * HOUR, &gap_ms, &error);
        if (failed != (rows[row].gap < 0 ? -1 : 0) ||
            (!failed && gap_ms != (int64_t)rows[row].gap * HOUR))
            fail_msg("row %zu: %d, %lld", row, failed, (long long)gap_ms / HOUR);
        if (failed)
            assert_int_equal(error.code, ERROR_CONFIG);
    }
}

static void
an_error_tells_how_often_the_schedule_fires(void **state)
{
    (void)state;
    struct error error = {0};
    int64_t gap_ms = 0;
    CLEAN(timetable_destroy) timetable_t *self = timetable("0 2 * * *", "UTC");
    assert_int_equal(promise_check(self, 12 * (int64_t)HOUR, &gap_ms, &error), -1);
    assert_non_null(strstr(error.message, "12 h 0 min cannot be kept"));
    assert_non_null(strstr(error.message, "every 24 h 0 min"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_age_of_the_newest_good_set_counts),
        cmocka_unit_test(a_promise_is_broken_by_what_is_more_than_promised),
        cmocka_unit_test(without_a_set_the_age_of_the_database_counts),
        cmocka_unit_test(a_set_that_was_found_damaged_today_protected_until_then),
        cmocka_unit_test(what_is_off_site_has_a_promise_of_its_own),
        cmocka_unit_test(nothing_is_promised_of_what_has_no_policy_or_is_gone),
        cmocka_unit_test(a_set_from_the_future_has_no_age),
        cmocka_unit_test(a_schedule_fires_more_often_than_it_promises),
        cmocka_unit_test(an_error_tells_how_often_the_schedule_fires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
