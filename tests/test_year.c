// timeout: 400
// A year of nights in seconds, by the classes that the coordinator decides with: time is an
// argument. Coordinators go down and come back, workers are lost with what they run, and the clock
// is set wrong and right again. What must hold is checked at each step:
// - each planned firing is fired once, or told as missed while there was trouble;
// - no limit is exceeded at any instant;
// - no job waits for longer than the bound;
// - accounts that have work get the time of workers by their weights.
// DBHAUL_YEAR=long has all databases in nightly policies: 3.6 million jobs.

#include <string.h>
#include <time.h>

#include "common/heap.h"
#include "coordinator/queue.h"
#include "tests/year_estate.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

enum {
    WORKERS = 24,
    SLOTS = 6,
    RACKS = 4,
    JOBS_MAX = 2 * DATABASES,
    FIRINGS_MAX = 10000,
    TROUBLES_MAX = 20000,
    NAME_SIZE = 32,
};
enum { LIMIT_ALL = 100, LIMIT_ACCOUNT = 12, LIMIT_REGION = 20, LIMIT_STORE = 38, LIMIT_RACK = 26 };

static const int64_t begin_ms = 1767225600000;  // 2026-01-01
static const struct queue_rules rules = {
    .late_ms = 12 * HOUR, .ahead_ms = 24 * HOUR, .priority_ms = 6 * HOUR};
// What the rules state, and the longest that a coordinator was down.
#define WAIT_MAX (36 * HOUR + QUEUE_PRIORITY_MAX * 6 * HOUR + 3 * DAY)

enum job_now { FREE, QUEUED, RUNNING };
enum firing_now { PLANNED, TOLD, FIRED };

struct play_job {
    struct heap_node node;
    int64_t ends_ms;
    int64_t queued_ms, not_before_ms, started_ms;
    size_t database;
    int worker, policy, has_ended;
    enum job_now now;
};

struct play_policy {
    const struct policy *policy;
    struct schedule_memory kept, memory;  // in the catalog, in the coordinator
    int64_t next_ms, closes_ms;
    int64_t firings[FIRINGS_MAX];
    unsigned char states[FIRINGS_MAX];
    size_t firing_count;
    size_t *members, member_count;
};

// Times are true ones, which the coordinator has as its monotonic clock.
struct play {
    policies_t *policies;
    struct database *databases[DATABASES];
    struct play_policy by_policy[POLICIES];
    struct play_job jobs[JOBS_MAX];
    size_t free_jobs[JOBS_MAX], free_count;
    struct play_job *queued_of[DATABASES];
    quota_t *quota;
    queue_t *queue;  // NULL: the coordinator is down
    heap_t *ends;
    int64_t true_ms, offset_ms, up_ms, trouble_ms, right_ms;
    struct {
        int64_t from_ms, to_ms;
        int is_large;
    } troubles[TROUBLES_MAX];
    size_t trouble_count;
    int64_t worker_back_ms[WORKERS];
    unsigned all, workers[WORKERS], racks[RACKS], accounts[ACCOUNTS], regions[REGIONS],
        stores[STORES], servers[SERVERS], of_policy[POLICIES], of_database[DATABASES];
    unsigned random;
    int must_ask;
    int64_t longest_ms;
    size_t fired, told, started, deferred, lost, restarts, steps, large_steps;
};

static struct play *play;

static int64_t
wall(void)
{
    return play->true_ms + play->offset_ms;
}

static int64_t
below(int64_t bound)
{
    return rand_r(&play->random) % bound;
}

static int
ends_before(const struct heap_node *a, const struct heap_node *b)
{
    return ((const struct play_job *)a)->ends_ms < ((const struct play_job *)b)->ends_ms;
}

// ---- limits, counted by the truth

static void
count(const struct play_job *job, int step)
{
    size_t account = account_of(job->database);
    struct {
        unsigned *number, limit;
    } counts[] = {
        {&play->all, LIMIT_ALL},
        {&play->workers[job->worker], SLOTS},
        {&play->racks[job->worker % RACKS], LIMIT_RACK},
        {&play->accounts[account], account == 0 ? 3 : LIMIT_ACCOUNT},
        {&play->regions[region_of(job->database)], LIMIT_REGION},
        {&play->stores[store_of(job->database)], LIMIT_STORE},
        {&play->servers[job->database / 2], 1},
        {&play->of_database[job->database], 1},
        {&play->of_policy[job->policy], (unsigned)play->by_policy[job->policy].policy->jobs},
    };
    for (size_t index = 0; index < sizeof counts / sizeof *counts; index++) {
        *counts[index].number += (unsigned)step;
        if (counts[index].limit)
            assert_true(*counts[index].number <= counts[index].limit);
    }
}

static void
set_limits(void)
{
    char name[32];
    quota_set_limit(play->quota, QUOTA_ALL, "", LIMIT_ALL);
    quota_set_limit(play->quota, QUOTA_SERVER, "", 1);
    quota_set_limit(play->quota, QUOTA_DATABASE, "", 1);
    quota_set_limit(play->quota, QUOTA_ACCOUNT, "", LIMIT_ACCOUNT);
    quota_set_limit(play->quota, QUOTA_ACCOUNT, "account-0", 3);
    quota_set_limit(play->quota, QUOTA_REGION, "", LIMIT_REGION);
    quota_set_limit(play->quota, QUOTA_STORE, "", LIMIT_STORE);
    quota_set_limit(play->quota, QUOTA_LABEL, "", LIMIT_RACK);
    for (size_t index = 0; index < POLICIES; index++)
        quota_set_limit(play->quota, QUOTA_POLICY, play->by_policy[index].policy->name,
                        (unsigned)play->by_policy[index].policy->jobs);
    for (int account = 0; account < ACCOUNTS; account++) {
        snprintf(name, sizeof name, "account-%d", account);
        queue_set_weight(play->queue, name, 1 + (unsigned)account % 5);
    }
}

// ---- workers

static const char *const racks[RACKS] = {"rack=0", "rack=1", "rack=2", "rack=3"};
static const char *const worker_names[] = {"0", "1", "2", "3", "4", "5"};

static int
place_job(void *context, const char *need, struct queue_place *place)
{
    (void)context;
    int region = need[strlen(need) - 1] - '0';
    int best = -1;
    for (int worker = region; worker < WORKERS; worker += REGIONS) {
        if (play->worker_back_ms[worker] > play->true_ms || play->workers[worker] >= SLOTS ||
            !quota_allows(play->quota, QUOTA_LABEL, racks[worker % RACKS]))
            continue;
        if (best < 0 || play->workers[worker] < play->workers[best])
            best = worker;
    }
    if (best < 0)
        return 0;
    place->worker = &play->workers[best];
    place->name = worker_names[region];
    place->labels[place->label_count++] = racks[best % RACKS];
    return 1;
}

// ---- jobs

static struct queue_job
as_queued(const struct play_job *job, char server[NAME_SIZE], char store[NAME_SIZE])
{
    const struct database *database = play->databases[job->database];
    const struct policy *policy = play->by_policy[job->policy].policy;
    snprintf(server, NAME_SIZE, "server-%zu", job->database / 2);
    snprintf(store, NAME_SIZE, "store-%zu", store_of(job->database));
    return (struct queue_job){.id = job - play->jobs + 1,
                              .database = database->name,
                              .server = server,
                              .account = database->account,
                              .region = database->region,
                              .store = store,
                              .policy = policy->name,
                              .need = database->region,
                              .priority = (int)policy->priority,
                              .queued_ms = job->queued_ms,
                              .not_before_ms = job->not_before_ms,
                              .expected_ms = 10 * MINUTE};
}

static void
enqueue(struct play_job *job, int64_t not_before_ms)
{
    char server[NAME_SIZE], store[NAME_SIZE];
    assert_null(play->queued_of[job->database]);
    play->queued_of[job->database] = job;
    job->now = QUEUED;
    job->not_before_ms = not_before_ms > play->true_ms ? not_before_ms : play->true_ms;
    struct queue_job queued = as_queued(job, server, store);
    queue_add(play->queue, &queued);
}

static void
free_job(struct play_job *job)
{
    job->now = FREE;
    play->free_jobs[play->free_count++] = (size_t)(job - play->jobs);
}

static void
start_jobs(void)
{
    struct queue_choice choice;
    while (queue_pick(play->queue, play->true_ms, place_job, NULL, &choice)) {
        struct play_job *job = &play->jobs[choice.id - 1];
        assert_int_equal(job->now, QUEUED);
        assert_true(job->not_before_ms <= play->true_ms);
        play->queued_of[job->database] = NULL;
        job->now = RUNNING;
        job->has_ended = 0;
        job->worker = (int)((unsigned *)choice.place.worker - play->workers);
        job->started_ms = play->true_ms;
        job->ends_ms = play->true_ms + MINUTE + below(below(20) ? 12 * MINUTE : 3 * HOUR);
        heap_add(play->ends, &job->node);
        count(job, 1);
        if (play->true_ms - job->not_before_ms > play->longest_ms)
            play->longest_ms = play->true_ms - job->not_before_ms;
        play->started++;
    }
}

// A worker tells the end to the coordinator, at once or when that is back.
static void
tell_end(struct play_job *job)
{
    queue_end(play->queue, job - play->jobs + 1, job->ends_ms - job->started_ms);
    free_job(job);
}

static void
end_jobs(void)
{
    struct play_job *job = NULL;
    while ((job = (struct play_job *)heap_first(play->ends)) && job->ends_ms <= play->true_ms) {
        heap_remove(play->ends, &job->node);
        count(job, -1);
        job->has_ended = 1;
        if (play->queue)
            tell_end(job);
    }
}

// ---- firings

static size_t
firing_at(const struct play_policy *each, int64_t planned_ms)
{
    size_t low = 0;
    size_t high = each->firing_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (each->firings[middle] < planned_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// What has not begun is left to the next firing, at the latest when that comes.
static void
close_window(struct play_policy *each)
{
    for (size_t index = 0; index < each->member_count; index++) {
        struct play_job *job = play->queued_of[each->members[index]];
        if (!job)
            continue;
        queue_remove(play->queue, job - play->jobs + 1);
        play->queued_of[job->database] = NULL;
        free_job(job);
        play->deferred++;
    }
    each->closes_ms = INT64_MAX;
}

static void
fire(struct play_policy *each, const struct schedule_turn *turn)
{
    size_t firing = firing_at(each, turn->planned_ms);
    assert_true(firing < each->firing_count);
    assert_int_equal(each->firings[firing], turn->planned_ms);
    assert_int_not_equal(each->states[firing], FIRED);
    each->states[firing] = FIRED;
    close_window(each);
    each->closes_ms = turn->closes_ms;
    play->fired++;
    for (size_t index = 0; index < each->member_count; index++) {
        size_t database = each->members[index];
        assert_true(play->free_count > 0);
        struct play_job *job = &play->jobs[play->free_jobs[--play->free_count]];
        *job = (struct play_job){.database = database,
                                 .policy = (int)(each - play->by_policy),
                                 .queued_ms = play->true_ms};
        enqueue(job, turn->start_ms - play->offset_ms +
                         schedule_delay(play->databases[database], turn->spread_ms));
    }
}

static void
note_told(struct play_policy *each, const struct schedule_turn *turn)
{
    for (size_t firing = firing_at(each, turn->missed_first_ms);
         turn->missed && firing < each->firing_count && each->firings[firing] <= turn->planned_ms;
         firing++) {
        if (each->states[firing] == PLANNED)
            each->states[firing] = TOLD;
    }
    play->told += turn->missed;
}

// The clock was wrong before: what is yet to come may come again.
static void
note_large_step(struct play_policy *each)
{
    for (size_t firing = firing_at(each, wall() + 1); firing < each->firing_count; firing++)
        each->states[firing] = PLANNED;
    close_window(each);
}

static void
ask_schedules(void)
{
    for (size_t index = 0; index < POLICIES; index++) {
        struct play_policy *each = &play->by_policy[index];
        if (each->closes_ms <= wall())
            close_window(each);
        if (!play->must_ask && each->next_ms > wall())
            continue;
        struct schedule_turn turn;
        schedule_turn(&each->policy->schedule, &each->memory, wall(), &turn);
        if (turn.back_ms)
            note_large_step(each);
        note_told(each, &turn);
        if (turn.fires)
            fire(each, &turn);
        if (turn.is_changed)
            each->kept = each->memory;
        each->next_ms = turn.next_ms;
    }
    play->must_ask = 0;
}

// ---- trouble

static void
note_trouble(int64_t from_ms, int64_t to_ms, int is_large)
{
    assert_true(play->trouble_count < TROUBLES_MAX);
    play->troubles[play->trouble_count].from_ms = from_ms;
    play->troubles[play->trouble_count].is_large = is_large;
    play->troubles[play->trouble_count++].to_ms = to_ms;
}

static void
go_down(int64_t duration_ms)
{
    queue_destroy(&play->queue);
    play->up_ms = play->true_ms + duration_ms;
    note_trouble(play->true_ms, play->up_ms, 0);
    play->restarts++;
}

// All that the coordinator knows is what the catalog kept.
static void
come_up(void)
{
    play->queue = queue_new(&rules, play->quota);
    set_limits();
    for (size_t index = 0; index < JOBS_MAX; index++) {
        struct play_job *job = &play->jobs[index];
        char server[NAME_SIZE], store[NAME_SIZE];
        struct queue_job queued = as_queued(job, server, store);
        struct queue_place place = {.name = "x", .labels = {racks[job->worker % RACKS]}};
        place.label_count = 1;
        if (job->now == QUEUED)
            queue_add(play->queue, &queued);
        if (job->now == RUNNING)
            queue_adopt(play->queue, &queued, &place);
        if (job->now == RUNNING && job->has_ended)
            tell_end(job);
    }
    for (size_t index = 0; index < POLICIES; index++)
        play->by_policy[index].memory = play->by_policy[index].kept;
    play->must_ask = 1;
}

static void
lose_worker(int worker)
{
    play->worker_back_ms[worker] = play->true_ms + HOUR;
    for (size_t index = 0; index < JOBS_MAX; index++) {
        struct play_job *job = &play->jobs[index];
        if (job->now != RUNNING || job->worker != worker || job->has_ended)
            continue;
        heap_remove(play->ends, &job->node);
        count(job, -1);
        queue_end(play->queue, (int64_t)index + 1, play->true_ms - job->started_ms);
        play->lost++;
        if (play->queued_of[job->database]) {
            free_job(job);  // a newer firing has a job for it
            continue;
        }
        enqueue(job, play->true_ms + below(10 * MINUTE));
    }
}

static void
set_clock(int64_t offset_ms)
{
    play->offset_ms = offset_ms;
    play->must_ask = 1;
    if (offset_ms) {
        play->right_ms = play->true_ms + MINUTE + below(6 * HOUR);
        note_trouble(play->true_ms, play->right_ms, offset_ms > SCHEDULE_BACK_MAX_MS);
        play->steps++;
    }
}

static void
make_trouble(void)
{
    int64_t kind = below(40);
    if (!play->queue || play->offset_ms)
        return;
    if (kind < 16)
        lose_worker((int)below(WORKERS));
    else if (kind < 20)
        go_down(below(30 * MINUTE));
    else if (kind == 20)
        go_down(below(3 * DAY));
    else if (kind < 25)
        set_clock(below(2 * SCHEDULE_BACK_MAX_MS) - SCHEDULE_BACK_MAX_MS);
    else if (kind == 25 && play->large_steps < 3) {
        play->large_steps++;
        set_clock(30 * DAY);
    }
}

// ---- the year

static int64_t
next_event(void)
{
    int64_t next_ms = play->trouble_ms;
    const struct play_job *job = (const struct play_job *)heap_first(play->ends);
    if (job && job->ends_ms < next_ms)
        next_ms = job->ends_ms;
    if (play->offset_ms && play->right_ms < next_ms)
        next_ms = play->right_ms;
    if (!play->queue)
        return play->up_ms < next_ms ? play->up_ms : next_ms;
    int64_t due_ms = INT64_MAX;
    for (size_t index = 0; index < POLICIES; index++) {
        const struct play_policy *each = &play->by_policy[index];
        due_ms = each->next_ms < due_ms ? each->next_ms : due_ms;
        due_ms = each->closes_ms < due_ms ? each->closes_ms : due_ms;
    }
    due_ms -= play->offset_ms;
    int64_t ready_ms = queue_due_ms(play->queue);
    due_ms = ready_ms < due_ms ? ready_ms : due_ms;
    for (int worker = 0; worker < WORKERS; worker++) {
        int64_t back_ms = play->worker_back_ms[worker];
        if (back_ms > play->true_ms && back_ms < due_ms)
            due_ms = back_ms;
    }
    return due_ms < next_ms ? due_ms : next_ms;
}

static void
step(void)
{
    int64_t next_ms = next_event();
    int64_t before_ms = play->true_ms;
    if (next_ms > play->true_ms)
        play->true_ms = next_ms;
    end_jobs();
    if (play->offset_ms && play->right_ms <= play->true_ms)
        set_clock(0);
    if (!play->queue && play->up_ms <= play->true_ms)
        come_up();
    if (play->trouble_ms <= play->true_ms) {
        play->trouble_ms = play->true_ms + MINUTE + below(12 * HOUR);
        make_trouble();
    }
    if (!play->queue)
        return;
    for (int worker = 0; worker < WORKERS; worker++) {
        if (play->worker_back_ms[worker] > before_ms &&
            play->worker_back_ms[worker] <= play->true_ms)
            queue_workers_changed(play->queue);
    }
    ask_schedules();
    start_jobs();
}

static void
assign_policies(void)
{
    for (size_t index = 0; index < POLICIES; index++) {
        struct play_policy *each = &play->by_policy[index];
        each->policy = policies_at(play->policies, index);
        each->closes_ms = INT64_MAX;
        each->members = memory_get(DATABASES * sizeof *each->members);
        int64_t planned_ms = timetable_next(each->policy->timetable, begin_ms);
        for (; planned_ms < begin_ms + 405 * DAY;
             planned_ms = timetable_next(each->policy->timetable, planned_ms)) {
            assert_true(each->firing_count < FIRINGS_MAX);
            each->firings[each->firing_count++] = planned_ms;
        }
    }
    for (size_t index = 0; index < DATABASES; index++) {
        struct policy_choice choice;
        play->databases[index] = make_database(index);
        policies_choose(play->policies, play->databases[index], &choice);
        assert_true(choice.outcome == POLICY_SELECTED || choice.outcome == POLICY_TAGGED);
        for (size_t policy = 0; policy < POLICIES; policy++) {
            struct play_policy *each = &play->by_policy[policy];
            if (each->policy == choice.policy)
                each->members[each->member_count++] = index;
        }
    }
}

static void
begin_year(int is_long)
{
    play = memory_get(sizeof *play);
    play->random = 2026;
    play->true_ms = begin_ms;
    play->trouble_ms = begin_ms + DAY;
    play->policies = make_policies(is_long);
    play->quota = quota_new();
    play->ends = heap_new(ends_before);
    for (size_t index = JOBS_MAX; index > 0; index--)
        play->free_jobs[play->free_count++] = index - 1;
    assign_policies();
    come_up();
}

static void
end_year(void)
{
    queue_destroy(&play->queue);
    quota_destroy(&play->quota);
    heap_destroy(&play->ends);
    for (size_t index = 0; index < POLICIES; index++)
        memory_free(&play->by_policy[index].members);
    for (size_t index = 0; index < DATABASES; index++)
        database_destroy(&play->databases[index]);
    policies_destroy(&play->policies);
    memory_free(&play);
}

static int
is_excused(int64_t planned_ms, int only_large)
{
    for (size_t index = 0; index < play->trouble_count; index++) {
        if (play->troubles[index].from_ms <= planned_ms + SCHEDULE_BACK_MAX_MS &&
            play->troubles[index].to_ms >= planned_ms - SCHEDULE_BACK_MAX_MS &&
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

static void
a_year_of_nights_keeps_what_is_promised(void **state)
{
    (void)state;
    const char *length = getenv("DBHAUL_YEAR");
    clock_t began = clock();
    begin_year(length && strcmp(length, "long") == 0);
    while (play->true_ms < begin_ms + 364 * DAY || play->offset_ms || !play->queue)
        step();
    printf("%zu jobs, %zu left to a later firing, %zu lost with their workers, the longest wait "
           "%.1f h\n",
           play->started, play->deferred, play->lost, (double)play->longest_ms / (double)HOUR);
    printf("%zu restarts, %zu steps of the clock, %.1f s\n", play->restarts, play->steps,
           (double)(clock() - began) / CLOCKS_PER_SEC);
    check_firings();
    assert_true(play->longest_ms <= WAIT_MAX);
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
