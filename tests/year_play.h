// The world of the year's play: jobs, workers, limits as they are in truth, and the coordinator as
// far as it has a queue.

#pragma once

#include <string.h>

#include "common/heap.h"
#include "coordinator/queue.h"
#include "coordinator/taker.h"
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
enum { LIMIT_ALL = 100, LIMIT_ACCOUNT = 12, LIMIT_REGION = 20, LIMIT_STORE = 38, LIMIT_LABEL = 26 };

static const int64_t begin_ms = 1767225600000;  // 2026-01-01
static const struct queue_rules rules = {
    .late_ms = 12 * HOUR, .ahead_ms = 24 * HOUR, .priority_ms = 6 * HOUR};
// How many firings in a row may leave a database, as busy as this estate is and with its troubles.
#define LEFT_MAX 8

// What the rules state, of the time in which there was a coordinator.
#define WAIT_MAX (36 * HOUR + QUEUE_PRIORITY_MAX * (6 * HOUR))

enum job_now { FREE, QUEUED, RUNNING };
enum firing_now { PLANNED, TOLD, FIRED };

struct play_job {
    struct heap_node node;
    int64_t ends_ms;
    int64_t not_before_ms, started_ms;
    int64_t due_ms;     // the first firing of its database that came to nothing, or its own
    int64_t closes_ms;  // its window; 0 = never
    int64_t down_ms;    // of the play, when it was queued
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
    char *needs[DATABASES];  // of workers
    fleet_t *fleet;
    struct worker *fleet_workers[WORKERS];
    struct play_policy by_policy[POLICIES];
    struct play_job jobs[JOBS_MAX];
    size_t free_jobs[JOBS_MAX], free_count;
    struct play_job *queued_of[DATABASES];
    int64_t due_of[DATABASES];                // the first firing since it began last; 0 = none
    size_t left_of[DATABASES], longest_left;  // firings in a row that left it, beyond the bound
    quota_t *quota;
    queue_t *queue;  // NULL: the coordinator is down
    heap_t *ends;
    int64_t true_ms, offset_ms, up_ms, trouble_ms, right_ms;
    int64_t down_ms;  // for how long there was no coordinator
    struct {
        int64_t from_ms, to_ms;
        int is_large;
    } troubles[TROUBLES_MAX];
    size_t trouble_count;
    int64_t worker_back_ms[WORKERS];
    unsigned all, workers[WORKERS], racks[RACKS], dmz, accounts[ACCOUNTS], regions[REGIONS],
        stores[STORES], servers[SERVERS], of_policy[POLICIES], of_database[DATABASES];
    unsigned random;
    int must_ask;
    int64_t longest_ms;
    size_t fired, told, started, deferred, lost, restarts, steps, steps_back, steps_forward,
        large_steps;
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

// A worker of each region is in the DMZ; jobs of other networks may go there, too.
static int
has_dmz(int worker)
{
    return worker >= WORKERS - REGIONS;
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
        {&play->racks[job->worker % RACKS], LIMIT_LABEL},
        {&play->dmz, LIMIT_LABEL},
        {&play->accounts[account], account == 0 ? 3 : LIMIT_ACCOUNT},
        {&play->regions[region_of(job->database)], LIMIT_REGION},
        {&play->stores[store_of(job->database)], LIMIT_STORE},
        {&play->servers[job->database / 2], 1},
        {&play->of_database[job->database], 1},
        {&play->of_policy[job->policy], (unsigned)play->by_policy[job->policy].policy->jobs},
    };
    assert_int_equal(region_of(job->database), job->worker % REGIONS);
    if (is_in_dmz(job->database))
        assert_true(has_dmz(job->worker));
    for (size_t index = 0; index < sizeof counts / sizeof *counts; index++) {
        if (counts[index].number == &play->dmz && !has_dmz(job->worker))
            continue;
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
    quota_set_limit(play->quota, QUOTA_LABEL, "", LIMIT_LABEL);
    for (size_t index = 0; index < POLICIES; index++)
        quota_set_limit(play->quota, QUOTA_POLICY, play->by_policy[index].policy->name,
                        (unsigned)play->by_policy[index].policy->jobs);
    for (int account = 0; account < ACCOUNTS; account++) {
        snprintf(name, sizeof name, "account-%d", account);
        queue_set_weight(play->queue, name, 1 + (unsigned)account % 5);
    }
}

// ---- workers

static char labels[WORKERS][3][NAME_SIZE];

static struct queue_place
place_of(int worker)
{
    struct queue_place place = {.worker = play->fleet_workers[worker],
                                .name = worker_name(play->fleet_workers[worker])};
    for (int label = 0; label < (has_dmz(worker) ? 3 : 2); label++)
        place.labels[place.label_count++] = labels[worker][label];
    return place;
}

static void
join_worker(int worker)
{
    char name[NAME_SIZE], region[NAME_SIZE], rack[NAME_SIZE], network[] = "dmz";
    Wire__Label label[3] = {WIRE__LABEL__INIT, WIRE__LABEL__INIT, WIRE__LABEL__INIT};
    Wire__Label *list[3] = {&label[0], &label[1], &label[2]};
    Wire__Ready ready = WIRE__READY__INIT;
    Wire__Envelope hello = WIRE__ENVELOPE__INIT;
    char *texts[3][2] = {{"rack", rack}, {"region", region}, {"network", network}};
    snprintf(name, sizeof name, "worker-%d", worker);
    snprintf(rack, sizeof rack, "%d", worker % RACKS);
    snprintf(region, sizeof region, "region-%d", worker % REGIONS);
    for (int index = 0; index < 3; index++) {
        label[index].key = texts[index][0];
        label[index].value = texts[index][1];
        snprintf(labels[worker][index], NAME_SIZE, "%.12s=%.12s", texts[index][0], texts[index][1]);
    }
    ready.instance_id = ready.name = name;
    ready.slots = SLOTS;
    ready.labels = list;
    ready.n_labels = has_dmz(worker) ? 3 : 2;
    hello.version = WIRE_VERSION;
    hello.body_case = WIRE__ENVELOPE__BODY_READY;
    hello.ready = &ready;
    struct sock_peer peer = {.address_size = 1, .address = {(unsigned char)worker}};
    play->fleet_workers[worker] = fleet_join(play->fleet, &hello, 0, &peer, 0);
}

static int
index_of(const struct worker *worker)
{
    int index = 0;
    while (play->fleet_workers[index] != worker)
        index++;
    return index;
}

static int
may_take(void *context, const struct worker *worker)
{
    (void)context;
    struct queue_place place = place_of(index_of(worker));
    for (size_t label = 0; label < place.label_count; label++) {
        if (!quota_allows(play->quota, QUOTA_LABEL, place.labels[label]))
            return 0;
    }
    return 1;
}

// A worker that is away takes nothing.
static int
place_job(void *context, const char *text, struct queue_place *place)
{
    (void)context;
    char copy[PLACEMENT_TEXT_SIZE];
    struct placement_need need;
    snprintf(copy, sizeof copy, "%s", text);
    placement_read(copy, &need);
    for (int worker = 0; worker < WORKERS; worker++) {
        play->fleet_workers[worker]->draining = play->worker_back_ms[worker] > play->true_ms;
        play->fleet_workers[worker]->booked = play->workers[worker];
    }
    struct worker *best = taker_best(play->fleet, &need, may_take, NULL);
    if (!best)
        return 0;
    *place = place_of(index_of(best));
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
                              .need = play->needs[job->database],
                              .priority = (int)policy->priority,
                              .queued_ms = job->due_ms,
                              .not_before_ms = job->not_before_ms,
                              .deadline_ms = job->closes_ms,
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
    job->down_ms = play->down_ms;
    struct queue_job queued = as_queued(job, server, store);
    queue_add(play->queue, &queued);
}

static void
note_wait(const struct play_job *job)
{
    int64_t wait_ms = play->true_ms - job->not_before_ms - (play->down_ms - job->down_ms);
    if (wait_ms > play->longest_ms)
        play->longest_ms = wait_ms;
}

// What fires each hour may be left for as long as the rules let it wait.
static void
note_left(const struct play_job *job)
{
    size_t *left = &play->left_of[job->database];
    *left += play->true_ms - job->due_ms > WAIT_MAX;
    if (*left > play->longest_left)
        play->longest_left = *left;
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
        job->worker = index_of(choice.place.worker);
        job->started_ms = play->true_ms;
        job->ends_ms = play->true_ms + MINUTE + below(below(20) ? 12 * MINUTE : 3 * HOUR);
        heap_add(play->ends, &job->node);
        count(job, 1);
        note_wait(job);
        play->due_of[job->database] = 0;
        play->left_of[job->database] = 0;
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
