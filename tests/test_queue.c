#include "coordinator/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

#define HOUR INT64_C(3600000)

static const struct queue_rules rules = {
    .late_ms = 12 * HOUR, .ahead_ms = 24 * HOUR, .priority_ms = 6 * HOUR};

static quota_t *quota;
static queue_t *queue;

// Workers that take any need but "nobody's", with this many slots in all.
static unsigned slots;
static size_t questions;
static const char *worker_label;

static int
place_anywhere(void *context, const char *need, struct queue_place *place)
{
    (void)context;
    questions++;
    if (strcmp(need, "nobody's") == 0 || queue_running(queue) >= slots)
        return 0;
    place->name = "worker";
    if (worker_label) {
        if (!quota_allows(quota, QUOTA_LABEL, worker_label))
            return 0;
        place->labels[place->label_count++] = worker_label;
    }
    return quota_allows(quota, QUOTA_WORKER, "worker");
}

static int
set_up(void **state)
{
    (void)state;
    quota = quota_new();
    queue = queue_new(&rules, quota);
    slots = 1000;
    questions = 0;
    worker_label = NULL;
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    queue_destroy(&queue);
    quota_destroy(&quota);
    return 0;
}

static struct queue_job
job(int64_t id)
{
    return (struct queue_job){.id = id,
                              .database = "",
                              .server = "",
                              .account = "",
                              .region = "",
                              .store = "",
                              .policy = "",
                              .need = "",
                              .queued_ms = 1000 * HOUR,
                              .expected_ms = HOUR};
}

static int64_t
pick_at(int64_t unix_ms)
{
    struct queue_choice choice = {0};
    return queue_pick(queue, unix_ms, place_anywhere, NULL, &choice) ? choice.id : 0;
}

static int64_t
pick(void)
{
    return pick_at(1000 * HOUR);
}

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

// ---- fairness

enum { ACCOUNTS = 4, SLOTS = 13 };
static const char *const accounts[ACCOUNTS] = {"a", "b", "c", "d"};
static const unsigned weights[ACCOUNTS] = {1, 2, 5, 8};

struct running_job {
    int64_t id, began_ms, ends_ms;
    size_t account;
};

static int64_t next_id;

static void
add_for(size_t account, int64_t now_ms)
{
    struct queue_job each = job(++next_id * ACCOUNTS + (int64_t)account);
    each.account = accounts[account];
    each.queued_ms = now_ms;
    each.expected_ms = HOUR / 2;
    queue_add(queue, &each);
}

// Fills the slots, then ends the first job that ends. Each account keeps 30 jobs in the queue, and
// the last ones' jobs take longer than expected, and longer than the others'.
static int64_t
step(struct running_job running[SLOTS], int64_t now_ms, int64_t used_ms[ACCOUNTS], unsigned *random)
{
    size_t first = 0;
    for (size_t index = 0; index < SLOTS; index++) {
        if (!running[index].id) {
            int64_t id = pick_at(now_ms);
            assert_int_not_equal(id, 0);
            size_t account = (size_t)(id % ACCOUNTS);
            int64_t takes_ms = (1 + (int64_t)account) * (10000 + rand_r(random) % 1000000);
            running[index] = (struct running_job){id, now_ms, now_ms + takes_ms, account};
            add_for(account, now_ms);
        }
        if (running[index].ends_ms < running[first].ends_ms)
            first = index;
    }
    int64_t took_ms = running[first].ends_ms - running[first].began_ms;
    used_ms[running[first].account] += took_ms;
    queue_end(queue, running[first].id, took_ms);
    running[first].id = 0;
    return running[first].ends_ms;
}

static void
accounts_with_work_have_the_time_of_workers_by_their_weights(void **state)
{
    (void)state;
    struct running_job running[SLOTS] = {0};
    int64_t used_ms[ACCOUNTS] = {0};
    int64_t now_ms = 1000 * HOUR;
    unsigned random = 3;
    slots = SLOTS;
    for (size_t account = 0; account < ACCOUNTS; account++) {
        queue_set_weight(queue, accounts[account], weights[account]);
        for (int count = 0; count < 30; count++)
            add_for(account, now_ms);
    }
    for (int count = 0; count < 4000; count++)
        now_ms = step(running, now_ms, used_ms, &random);
    int64_t all_ms = 0;
    for (size_t account = 0; account < ACCOUNTS; account++)
        all_ms += used_ms[account];
    for (size_t account = 0; account < ACCOUNTS; account++) {
        double share = (double)used_ms[account] / (double)all_ms;
        double due = weights[account] / 16.0;
        printf("account %s: %.4f of %.4f\n", accounts[account], share, due);
        assert_true(share > 0.9 * due && share < 1.1 * due);
    }
}

static void
an_account_without_work_saves_nothing_up(void **state)
{
    (void)state;
    slots = 1;
    for (int count = 0; count < 40; count++)
        add_for(0, 1000 * HOUR);
    for (int count = 0; count < 20; count++)
        queue_end(queue, pick(), HOUR / 2);
    for (int count = 0; count < 10; count++)
        add_for(1, 1000 * HOUR);
    int of_first = 0;
    for (int count = 0; count < 10; count++) {
        int64_t id = pick();
        of_first += id % ACCOUNTS == 0;
        queue_end(queue, id, HOUR / 2);
    }
    assert_in_range(of_first, 4, 6);
}

// ---- against a slower way

enum { JOBS = 100, VALUES = 4 };
static const char *const names[VALUES] = {"", "p", "q", "r"};
static const enum quota_kind limited[] = {QUOTA_SERVER, QUOTA_DATABASE, QUOTA_ACCOUNT,
                                          QUOTA_REGION, QUOTA_STORE,    QUOTA_POLICY};
enum { LIMITED = sizeof limited / sizeof *limited };

struct model {
    struct queue_job jobs[JOBS];
    int states[JOBS];  // 0 free, 1 waits, 2 runs
    unsigned limits[LIMITED];
};

static const char *
touched(const struct queue_job *each, size_t kind)
{
    const char *const texts[LIMITED] = {each->server, each->database, each->account,
                                        each->region, each->store,    each->policy};
    return texts[kind];
}

static unsigned
count_running(const struct model *model, size_t kind, const char *name)
{
    unsigned count = 0;
    for (size_t index = 0; index < JOBS; index++)
        count += model->states[index] == 2 && strcmp(touched(&model->jobs[index], kind), name) == 0;
    return count;
}

static int
may_start(const struct model *model, const struct queue_job *each, int64_t now_ms)
{
    for (size_t kind = 0; kind < LIMITED; kind++) {
        const char *name = touched(each, kind);
        if (*name && count_running(model, kind, name) >= model->limits[kind])
            return 0;
    }
    return each->not_before_ms <= now_ms && queue_running(queue) < slots &&
           strcmp(each->need, "nobody's") != 0;
}

static void
add_random(struct model *model, size_t index, int64_t now_ms, unsigned *random)
{
    static const char *const needs[] = {"x", "y", "nobody's"};
    struct queue_job *each = &model->jobs[index];
    *each = job((int64_t)index + 1);
    each->database = each->server = names[rand_r(random) % VALUES];
    each->account = names[rand_r(random) % VALUES];
    each->region = names[rand_r(random) % VALUES];
    each->store = names[rand_r(random) % VALUES];
    each->policy = names[rand_r(random) % VALUES];
    each->need = needs[rand_r(random) % 3];
    each->is_urgent = rand_r(random) % 20 == 0;
    each->priority = rand_r(random) % 10;
    each->queued_ms = now_ms;
    each->not_before_ms = now_ms + rand_r(random) % 50;
    each->deadline_ms = now_ms + rand_r(random) % HOUR;
    queue_add(queue, each);
    model->states[index] = 1;
}

static void
change(struct model *model, size_t index, int64_t now_ms, unsigned *random)
{
    if (model->states[index] == 0) {
        add_random(model, index, now_ms, random);
        return;
    }
    if (model->states[index] == 2)
        queue_end(queue, (int64_t)index + 1, rand_r(random) % 1000);
    else if (rand_r(random) % 8 == 0)
        queue_remove(queue, (int64_t)index + 1);
    else
        return;
    model->states[index] = 0;
}

static void
pick_all(struct model *model, int64_t now_ms)
{
    int64_t id = 0;
    while ((id = pick_at(now_ms))) {
        const struct queue_job *each = &model->jobs[id - 1];
        assert_int_equal(model->states[id - 1], 1);
        // It was picked a moment ago and counts as running already.
        slots++;
        assert_true(may_start(model, each, now_ms));
        slots--;
        model->states[id - 1] = 2;
    }
    for (size_t index = 0; index < JOBS; index++) {
        if (model->states[index] == 1)
            assert_false(may_start(model, &model->jobs[index], now_ms));
    }
}

static void
no_limit_is_ever_exceeded_and_no_job_waits_that_could_start(void **state)
{
    (void)state;
    struct model *model = memory_get(sizeof *model);
    unsigned random = 11;
    slots = 20;
    for (size_t kind = 0; kind < LIMITED; kind++) {
        model->limits[kind] = (unsigned)kind + 1;
        quota_set_limit(quota, limited[kind], "", model->limits[kind]);
    }
    for (int64_t now_ms = 1; now_ms < 2000; now_ms++) {
        size_t index = (size_t)rand_r(&random) % JOBS;
        change(model, index, now_ms, &random);
        if (now_ms % 200 == 0) {
            size_t kind = (size_t)rand_r(&random) % LIMITED;
            model->limits[kind] = 1 + (unsigned)rand_r(&random) % 5;
            quota_set_limit(quota, limited[kind], "", model->limits[kind]);
            queue_limits_changed(queue);
        }
        pick_all(model, now_ms);
    }
    memory_free(&model);
}

// ---- many

static void
fifty_thousand_jobs_are_picked_without_walking_them(void **state)
{
    (void)state;
    enum { MANY = 50000, AT_ONCE = 200 };
    quota_set_limit(quota, QUOTA_SERVER, "", 1);
    quota_set_limit(quota, QUOTA_DATABASE, "", 1);
    quota_set_limit(quota, QUOTA_ACCOUNT, "", 20);
    quota_set_limit(quota, QUOTA_REGION, "", 60);
    slots = AT_ONCE;
    clock_t began = clock();
    for (int64_t id = 1; id <= MANY; id++) {
        char account[16], region[16], server[24];
        snprintf(account, sizeof account, "account-%d", (int)(id % 100));
        snprintf(region, sizeof region, "region-%d", (int)(id % 17));
        snprintf(server, sizeof server, "server-%d", (int)(id / 2));
        struct queue_job each = job(id);
        each.account = account;
        each.region = each.need = region;
        each.server = each.database = server;
        queue_add(queue, &each);
    }
    int64_t running[AT_ONCE];
    size_t count = 0, done = 0;
    unsigned random = 5;
    while (done < MANY) {
        int64_t id = pick();
        if (id) {
            running[count++] = id;
            continue;
        }
        assert_true(count > 0);
        size_t index = (size_t)rand_r(&random) % count;
        queue_end(queue, running[index], HOUR);
        running[index] = running[--count];
        done++;
    }
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    printf("%d jobs: %.2f s, %.1f questions for a worker a job\n", MANY, seconds,
           (double)questions / MANY);
    assert_true(questions < 25 * (size_t)MANY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
        TEST(accounts_with_work_have_the_time_of_workers_by_their_weights),
        TEST(an_account_without_work_saves_nothing_up),
        TEST(no_limit_is_ever_exceeded_and_no_job_waits_that_could_start),
        TEST(fifty_thousand_jobs_are_picked_without_walking_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
