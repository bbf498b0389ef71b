#include "coordinator/queue.h"

#include "tests/queue_scene.h"

static void
the_nearest_deadline_is_first(void **state)
{
    (void)state;
    static const int hours[] = {5, 3, 0, 4, 3};
    for (int64_t id = 1; id <= 5; id++) {
        struct queue_job each = job(id);
        each.deadline_ms = hours[id - 1] ? each.queued_ms + hours[id - 1] * HOUR : 0;
        queue_add(queue, &each);
    }
    static const int64_t order[] = {2, 5, 4, 1, 3, 0};
    for (int index = 0; index < 6; index++)
        assert_int_equal(pick(), order[index]);
    assert_int_equal(queue_running(queue), 5);
    assert_int_equal(queue_waiting(queue), 0);
}

// The names are such that no order of a hash gives it by chance.
static void
the_nearest_deadline_is_first_whatever_workers_it_needs(void **state)
{
    (void)state;
    static const char *const needs[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    for (int64_t id = 1; id <= 8; id++) {
        struct queue_job each = job(id);
        each.need = needs[id * 5 % 8];
        each.deadline_ms = each.queued_ms + (id * 3 % 8 + 1) * HOUR;
        each.expected_ms = 0;
        queue_add(queue, &each);
    }
    static const int64_t order[] = {8, 3, 6, 1, 4, 7, 2, 5};
    for (int index = 0; index < 8; index++)
        assert_int_equal(pick(), order[index]);
}

static void
a_level_of_priority_is_worth_so_much_of_a_deadline(void **state)
{
    (void)state;
    struct queue_job plain = job(1), higher = job(2), much_higher = job(3);
    plain.deadline_ms = plain.queued_ms + HOUR;
    higher.deadline_ms = plain.queued_ms + 8 * HOUR;
    higher.priority = 1;
    much_higher.deadline_ms = plain.queued_ms + 8 * HOUR;
    much_higher.priority = 2;
    queue_add(queue, &plain);
    queue_add(queue, &higher);
    queue_add(queue, &much_higher);
    assert_int_equal(pick(), 3);
    assert_int_equal(pick(), 1);
    assert_int_equal(pick(), 2);
}

// The bound on starvation: 12 h + 24 h + 9 * 6 h.
static void
a_job_is_overtaken_only_by_those_queued_within_the_bound(void **state)
{
    (void)state;
    struct queue_job old = job(1);
    queue_add(queue, &old);
    int64_t bound_ms = rules.late_ms + rules.ahead_ms + QUEUE_PRIORITY_MAX * rules.priority_ms;
    struct queue_job newer = job(2), newest = job(3);
    newer.priority = newest.priority = QUEUE_PRIORITY_MAX;
    newer.deadline_ms = newest.deadline_ms = 1;
    newer.queued_ms = old.queued_ms + bound_ms - 1;
    newest.queued_ms = old.queued_ms + bound_ms + 1;
    queue_add(queue, &newest);
    queue_add(queue, &newer);
    assert_int_equal(pick(), 2);
    assert_int_equal(pick(), 1);
    assert_int_equal(pick(), 3);
}

static void
an_urgent_job_is_before_all_others(void **state)
{
    (void)state;
    struct queue_job plain = job(1), urgent = job(2);
    plain.priority = QUEUE_PRIORITY_MAX;
    urgent.is_urgent = 1;
    urgent.account = plain.account = "a";
    queue_add(queue, &plain);
    queue_add(queue, &urgent);
    assert_int_equal(pick(), 2);
    assert_int_equal(pick(), 1);
}

static void
an_urgent_job_keeps_to_the_limits(void **state)
{
    (void)state;
    quota_set_limit(quota, QUOTA_ACCOUNT, "", 1);
    struct queue_job plain = job(1), urgent = job(2);
    urgent.is_urgent = 1;
    urgent.account = plain.account = "a";
    queue_add(queue, &plain);
    assert_int_equal(pick(), 1);
    queue_add(queue, &urgent);
    assert_int_equal(pick(), 0);
    queue_end(queue, 1, HOUR);
    assert_int_equal(pick(), 2);
}

static void
a_job_waits_for_its_time(void **state)
{
    (void)state;
    struct queue_job early = job(1), late = job(2);
    late.not_before_ms = 1000 * HOUR + 5;
    late.priority = 9;
    queue_add(queue, &early);
    queue_add(queue, &late);
    assert_int_equal(queue_due_ms(queue), 0);
    assert_int_equal(pick(), 1);
    assert_int_equal(pick(), 0);
    assert_int_equal(queue_due_ms(queue), 1000 * HOUR + 5);
    char reason[QUEUE_REASON_SIZE];
    assert_int_equal(queue_why(queue, 2, reason), 0);
    assert_string_equal(reason, "its time has not come");
    assert_int_equal(pick_at(1000 * HOUR + 5), 2);
    assert_int_equal(queue_due_ms(queue), INT64_MAX);
    assert_int_equal(queue_why(queue, 2, reason), -1);
}

// Two jobs that share what the limit is of, and one that does not.
static void
require_limit(enum quota_kind kind, size_t field, const char *reason)
{
    tear_down(NULL);
    set_up(NULL);
    quota_set_limit(quota, kind, "", 1);
    for (int64_t id = 1; id <= 3; id++) {
        struct queue_job each = job(id);
        const char *name = id == 3 ? "other" : "same";
        memcpy((char *)&each + field, &name, sizeof name);
        queue_add(queue, &each);
    }
    int64_t first = pick();  // between accounts, the order is that of fairness
    assert_int_equal(first + pick(), 1 + 3);
    assert_int_equal(pick(), 0);
    char why[QUEUE_REASON_SIZE];
    assert_int_equal(queue_why(queue, 2, why), 0);
    assert_string_equal(why, reason);
    queue_end(queue, 3, HOUR);
    assert_int_equal(pick(), 0);
    queue_end(queue, 1, HOUR);
    assert_int_equal(pick(), 2);
}

static void
no_more_run_at_once_than_each_limit_says(void **state)
{
    (void)state;
    require_limit(QUOTA_SERVER, offsetof(struct queue_job, server),
                  "server 'same' has 1 of 1 jobs running");
    require_limit(QUOTA_DATABASE, offsetof(struct queue_job, database),
                  "database 'same' has 1 of 1 jobs running");
    require_limit(QUOTA_ACCOUNT, offsetof(struct queue_job, account),
                  "account 'same' has 1 of 1 jobs running");
    require_limit(QUOTA_REGION, offsetof(struct queue_job, region),
                  "region 'same' has 1 of 1 jobs running");
    require_limit(QUOTA_STORE, offsetof(struct queue_job, store),
                  "store 'same' has 1 of 1 jobs running");
    require_limit(QUOTA_POLICY, offsetof(struct queue_job, policy),
                  "policy 'same' has 1 of 1 jobs running");
}

static void
require_two_of_three(void)
{
    for (int64_t id = 1; id <= 3; id++) {
        struct queue_job each = job(id);
        queue_add(queue, &each);
    }
    assert_int_equal(pick(), 1);
    assert_int_equal(pick(), 2);
    assert_int_equal(pick(), 0);
    queue_end(queue, 2, HOUR);
    assert_int_equal(pick(), 3);
}

static void
no_more_run_at_once_in_all_than_the_limit(void **state)
{
    (void)state;
    quota_set_limit(quota, QUOTA_ALL, "", 2);
    require_two_of_three();
}

static void
no_more_run_at_once_on_a_worker_than_its_limit(void **state)
{
    (void)state;
    quota_set_limit(quota, QUOTA_WORKER, "worker", 2);
    require_two_of_three();
}

static void
no_more_run_at_once_behind_a_label_than_its_limit(void **state)
{
    (void)state;
    worker_label = "network=dmz";
    quota_set_limit(quota, QUOTA_LABEL, "network=dmz", 2);
    require_two_of_three();
}

static void
a_raised_limit_lets_those_start_that_waited(void **state)
{
    (void)state;
    static const enum quota_kind kinds[] = {QUOTA_ALL, QUOTA_SERVER, QUOTA_ACCOUNT, QUOTA_POLICY};
    for (size_t index = 0; index < 4; index++) {
        tear_down(NULL);
        set_up(NULL);
        quota_set_limit(quota, kinds[index], "", 1);
        for (int64_t id = 1; id <= 2; id++) {
            struct queue_job each = job(id);
            each.server = each.account = each.policy = "x";
            queue_add(queue, &each);
        }
        assert_int_equal(pick(), 1);
        assert_int_equal(pick(), 0);
        quota_set_limit(quota, kinds[index], "", 2);
        queue_limits_changed(queue);
        assert_int_equal(pick(), 2);
    }
}

static void
who_fits_nobody_holds_up_nobody_and_is_not_asked_for_again_and_again(void **state)
{
    (void)state;
    for (int64_t id = 1; id <= 50; id++) {
        struct queue_job each = job(id);
        each.need = "nobody's";
        queue_add(queue, &each);
    }
    struct queue_job fitting = job(51);
    queue_add(queue, &fitting);
    assert_int_equal(pick(), 51);
    for (int count = 0; count < 20; count++)
        assert_int_equal(pick(), 0);
    assert_in_range(questions, 1, 3);
    char reason[QUEUE_REASON_SIZE];
    assert_int_equal(queue_why(queue, 7, reason), 0);
    assert_string_equal(reason, "no worker that fits has room");
    questions = 0;
    queue_workers_changed(queue);
    assert_int_equal(pick(), 0);
    assert_int_equal(questions, 1);
}

static void
what_ran_before_a_restart_counts(void **state)
{
    (void)state;
    quota_set_limit(quota, QUOTA_SERVER, "", 1);
    struct queue_job running = job(1), also_running = job(2), waiting = job(3);
    running.server = also_running.server = waiting.server = "s";
    struct queue_place place = {.name = "worker"};
    queue_adopt(queue, &running, &place);
    queue_adopt(queue, &also_running, &place);
    queue_add(queue, &waiting);
    assert_int_equal(pick(), 0);
    queue_end(queue, 1, HOUR);
    assert_int_equal(pick(), 0);
    queue_end(queue, 2, HOUR);
    assert_int_equal(pick(), 3);
}

static void
a_job_can_be_taken_out_wherever_it_is(void **state)
{
    (void)state;
    quota_set_limit(quota, QUOTA_SERVER, "", 1);
    for (int64_t id = 1; id <= 5; id++) {
        struct queue_job each = job(id);
        each.server = id < 3 ? "s" : "";
        each.not_before_ms = id == 3 ? 9000 * HOUR : 0;
        each.need = id == 4 ? "nobody's" : "";
        queue_add(queue, &each);
    }
    assert_int_equal(pick(), 1);
    assert_int_equal(pick(), 5);
    assert_int_equal(pick(), 0);
    for (int64_t id = 2; id <= 4; id++)
        queue_remove(queue, id);
    assert_int_equal(queue_waiting(queue), 0);
    queue_end(queue, 1, HOUR);
    queue_end(queue, 5, HOUR);
    assert_int_equal(queue_running(queue), 0);
    assert_int_equal(pick_at(10000 * HOUR), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_nearest_deadline_is_first),
        TEST(the_nearest_deadline_is_first_whatever_workers_it_needs),
        TEST(a_level_of_priority_is_worth_so_much_of_a_deadline),
        TEST(a_job_is_overtaken_only_by_those_queued_within_the_bound),
        TEST(an_urgent_job_is_before_all_others),
        TEST(an_urgent_job_keeps_to_the_limits),
        TEST(a_job_waits_for_its_time),
        TEST(no_more_run_at_once_than_each_limit_says),
        TEST(no_more_run_at_once_in_all_than_the_limit),
        TEST(no_more_run_at_once_on_a_worker_than_its_limit),
        TEST(no_more_run_at_once_behind_a_label_than_its_limit),
        TEST(a_raised_limit_lets_those_start_that_waited),
        TEST(who_fits_nobody_holds_up_nobody_and_is_not_asked_for_again_and_again),
        TEST(what_ran_before_a_restart_counts),
        TEST(a_job_can_be_taken_out_wherever_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
