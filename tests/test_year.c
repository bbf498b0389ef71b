// timeout: 400
// A year of nights in seconds, by the classes that the coordinator decides with: time is an
// argument. Coordinators go down and come back, workers are lost with what they run, and the clock
// is set wrong and right again. What must hold is checked at each step:
// - each planned firing is fired once, or told as missed while there was trouble;
// - no limit is exceeded at any instant;
// - a job runs where its database's region is, and its network, if it has one;
// - no job waits for longer than the bound, those that never began included, and none of an
//   estate that is too much for its windows is left again and again;
// - accounts that have work get the time of workers by their weights.
// DBHAUL_YEAR=long has all databases in nightly policies: 3.6 million jobs.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clean.h"
#include "coordinator/queue.h"
#include "tests/year_nights.h"

static int
is_excused(int64_t planned_ms, int only_large)
{
    for (size_t index = 0; index < play->trouble_count; index++) {
        if (play->troubles[index].from_ms <= planned_ms + MINUTE &&
            play->troubles[index].to_ms >= planned_ms - MINUTE &&
            (!only_large || play->troubles[index].is_large))
            return 1;
    }
    return 0;
}

static void
check_firings(void)
{
    size_t given_up = 0;
    for (size_t index = 0; index < POLICIES; index++) {
        const struct play_policy *each = &play->by_policy[index];
        for (size_t firing = 0; firing < each->firing_count; firing++) {
            if (each->firings[firing] > wall() || each->states[firing] == FIRED)
                continue;
            if (!is_excused(each->firings[firing], each->states[firing] == PLANNED))
                fail_msg("'%s': the firing planned for %lld was %s", each->policy->name,
                         (long long)each->firings[firing],
                         each->states[firing] == TOLD ? "missed for no reason" : "lost");
            given_up++;
        }
    }
    printf("%zu firings and %zu that trouble came upon, %zu told as missed\n", play->fired,
           given_up, play->told);
    assert_true(given_up < play->fired / 5);
}

// Those that never began wait, too.
static void
note_waits(void)
{
    for (size_t index = 0; index < DATABASES; index++) {
        if (play->queued_of[index])
            note_wait(play->queued_of[index]);
    }
}

static void
a_year_of_nights_keeps_what_is_promised(void **state)
{
    (void)state;
    const char *length = getenv("DBHAUL_YEAR");
    clock_t began = clock();
    begin_year(length && strcmp(length, "long") == 0);
    while (play->true_ms < begin_ms + 364 * DAY || play->offset_ms || !play->queue)
        step();
    note_waits();
    printf(
        "%zu jobs, %zu left to a later firing and none more than %zu times in a row, %zu lost with "
        "their workers, the longest wait %.1f h\n",
        play->started, play->deferred, play->longest_left, play->lost,
        (double)play->longest_ms / (double)HOUR);
    printf("%zu restarts, %zu steps of the clock, %.1f s\n", play->restarts, play->steps,
           (double)(clock() - began) / CLOCKS_PER_SEC);
    check_firings();
    assert_true(play->longest_ms <= WAIT_MAX);
    assert_true(play->longest_left <= LEFT_MAX);
    assert_true(play->steps_back > 10 && play->steps_forward > 10);
    assert_true(play->started > 100000 && play->lost > 100 && play->deferred > 100);
    assert_true(play->restarts > 50 && play->steps > 30 && play->large_steps > 0);
    end_year();
}

// ---- fairness

enum { NIGHT_JOBS = 12000, NIGHT_SLOTS = 120 };

static struct play_job night[NIGHT_JOBS];
static size_t night_running;

static int
place_in_night(void *context, const char *need, struct queue_place *place)
{
    (void)context;
    (void)need;
    place->name = "any";
    return night_running < NIGHT_SLOTS;
}

static void
fill_night(queue_t *queue, size_t left[ACCOUNTS])
{
    for (size_t index = 0; index < NIGHT_JOBS; index++) {
        char account[NAME_SIZE];
        size_t number = index % ACCOUNTS;
        snprintf(account, sizeof account, "account-%zu", number);
        struct queue_job job = {.id = (int64_t)index + 1,
                                .account = account,
                                .database = "",
                                .server = "",
                                .region = "",
                                .store = "",
                                .policy = "",
                                .need = "",
                                .deadline_ms = begin_ms + below(30 * HOUR),
                                .queued_ms = begin_ms,
                                .expected_ms = 10 * MINUTE};
        queue_set_weight(queue, account, 1 + (unsigned)number % 5);
        queue_add(queue, &job);
        left[number]++;
    }
}

static int
all_have_work(const size_t left[ACCOUNTS])
{
    for (size_t account = 0; account < ACCOUNTS; account++) {
        if (left[account] == 0)
            return 0;
    }
    return 1;
}

// Jobs of some accounts take three times as long as those of others.
static void
play_night(queue_t *queue, int64_t used_ms[ACCOUNTS])
{
    CLEAN(heap_destroy) heap_t *ends = heap_new(ends_before);
    size_t left[ACCOUNTS] = {0};
    int64_t now_ms = begin_ms;
    fill_night(queue, left);
    while (all_have_work(left)) {
        struct queue_choice choice;
        while (queue_pick(queue, now_ms, place_in_night, NULL, &choice)) {
            struct play_job *job = &night[choice.id - 1];
            size_t account = (size_t)(choice.id - 1) % ACCOUNTS;
            night_running++;
            left[account]--;
            job->started_ms = now_ms;
            job->ends_ms = now_ms + (1 + (int64_t)account % 3) * (MINUTE + below(8 * MINUTE));
            heap_add(ends, &job->node);
        }
        struct play_job *job = (struct play_job *)heap_first(ends);
        heap_remove(ends, &job->node);
        now_ms = job->ends_ms;
        night_running--;
        size_t account = (size_t)(job - night) % ACCOUNTS;
        used_ms[account] += now_ms - job->started_ms;
        queue_end(queue, job - night + 1, now_ms - job->started_ms);
    }
}

static void
accounts_share_a_full_night_by_their_weights(void **state)
{
    (void)state;
    static struct play only_random = {.random = 5};
    CLEAN(quota_destroy) quota_t *quota = quota_new();
    CLEAN(queue_destroy) queue_t *queue = queue_new(&rules, quota);
    int64_t used_ms[ACCOUNTS] = {0};
    int64_t all_ms = 0;
    double worst = 0;
    play = &only_random;
    play_night(queue, used_ms);
    for (size_t account = 0; account < ACCOUNTS; account++)
        all_ms += used_ms[account];
    for (size_t account = 0; account < ACCOUNTS; account++) {
        double due = (double)(1 + account % 5) / (3.0 * ACCOUNTS);
        double off = (double)used_ms[account] / (double)all_ms / due - 1;
        worst = off > worst ? off : -off > worst ? -off : worst;
    }
    printf("the account that is furthest from its share is off by %.1f %%\n", 100 * worst);
    assert_true(worst < 0.1);
    play = NULL;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_year_of_nights_keeps_what_is_promised),
        cmocka_unit_test(accounts_share_a_full_night_by_their_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
