// The queue over many picks: fair shares, and limits held against a slower way of picking.

#include "coordinator/queue.h"

#include "tests/queue_scene.h"

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(accounts_with_work_have_the_time_of_workers_by_their_weights),
        TEST(an_account_without_work_saves_nothing_up),
        TEST(no_limit_is_ever_exceeded_and_no_job_waits_that_could_start),
        TEST(fifty_thousand_jobs_are_picked_without_walking_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
