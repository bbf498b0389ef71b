// The queue: which job starts next, and that none starts beyond a limit. No I/O and no clock: times
// are of the caller's monotonic clock, so that a clock that is set changes nothing; what the
// catalog has as UTC is reckoned over when a job is added.
//
// Order:
// - Jobs that are urgent (an operator waits) are before all others.
// - Between accounts: the one that has had the least time of workers for its weight. A job counts
//   with the time that is expected of it when it starts, and with what it took when it has ended.
//   An account without queued jobs saves nothing up for later.
// - Within an account: the nearest deadline, and of equal ones what was queued first. A deadline
//   counts as no earlier than `late_ms` before and no later than `ahead_ms` after the job was
//   queued, and each level of priority as `priority_ms` earlier. So a job is overtaken only by jobs
//   queued less than late_ms + ahead_ms + QUEUE_PRIORITY_MAX * priority_ms after it: this is the
//   bound on starvation, in which each account goes on by its weight. What a window left to the
//   next firing, and that to the one after, counts as queued when it was left first (schedule_due).
//
// Jobs of one region, store and `need` are a pool, which has a worker with room or has none; in it
// each account has a lane; in that the jobs of one policy are a group. What cannot start for its
// account, policy, server or database is set aside with the count that is full until one is given
// back. So a choice is a look at each pool and a few comparisons, not a walk over all jobs.
//
//     queue_add(queue, &job);
//     while (queue_pick(queue, now_ms, place, server, &pick))
//         assign(pick.id, pick.place.worker);
//     queue_end(queue, id, used_ms);  // whatever became of the attempt

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "coordinator/quota.h"

enum {
    QUEUE_PRIORITY_MAX = 9,
    QUEUE_LABELS_MAX = 32,
    QUEUE_WEIGHT_MAX = 1000,
    QUEUE_REASON_SIZE = 256,
};

struct queue_rules {
    int64_t late_ms, ahead_ms, priority_ms;
};

// Texts are copied; "" = touches none, and has no limit for that.
struct queue_job {
    int64_t id;
    const char *database, *server, *account, *region, *store, *policy;
    const char *need;  // what a worker must have, spelled in any way that is the same for the same
    int is_urgent, priority;
    int64_t queued_ms, not_before_ms;
    int64_t deadline_ms;  // 0 = none: as late as counts
    int64_t expected_ms;  // how long it will take, by what is known
};

struct queue_place {
    void *worker;
    const char *name;                      // the worker's, for QUOTA_WORKER
    const char *store;                     // that a job without one gets, for QUOTA_STORE; or ""
    const char *labels[QUEUE_LABELS_MAX];  // the worker's, for QUOTA_LABEL: "network=dmz"
    size_t label_count;
};

// Finds a worker for jobs of a need: one with a free slot whose name and labels have room in the
// quota (quota_allows). Returns 1, or 0 if there is none.
typedef int queue_place_fn(void *context, const char *need, struct queue_place *place);

struct queue_choice {
    int64_t id;
    struct queue_place place;
};

#define QUEUE_BEHIND "other jobs are before it"

typedef struct queue queue_t;

queue_t *queue_new(const struct queue_rules *rules, quota_t *quota);  // lends the quota
void queue_destroy(queue_t **self_p);

// Of an account's share; 1 to QUEUE_WEIGHT_MAX, without a call 1.
void queue_set_weight(queue_t *self, const char *account, unsigned weight);

void queue_clear_weights(queue_t *self);  // all are 1 again
void queue_copy_weights(queue_t *self, queue_t *from);

void queue_add(queue_t *self, const struct queue_job *job);  // its id must not be in the queue

// A job that runs already, as after a restart: counted, whatever the limits say.
void queue_adopt(queue_t *self, const struct queue_job *job, const struct queue_place *place);

// Starts the next job that may: it counts as running from now on. Returns 1, or 0 if none may.
int queue_pick(queue_t *self, int64_t now_ms, queue_place_fn *place, void *context,
               struct queue_choice *choice);

// The attempt of a running job is over, having taken used_ms of a worker. To try again, add it.
void queue_end(queue_t *self, int64_t id, int64_t used_ms);

void queue_remove(queue_t *self, int64_t id);  // one that does not run

// Workers have come or have more room than their jobs' ends gave them.
void queue_workers_changed(queue_t *self);

// Limits of the quota were set: all that waits is looked at again.
void queue_limits_changed(queue_t *self);

size_t queue_waiting(const queue_t *self);  // jobs that do not run
size_t queue_running(const queue_t *self);

// When the next job that may not start yet may; INT64_MAX if there is none.
int64_t queue_due_ms(const queue_t *self);

// Why a job has not started, as was found when it was looked at last: "account '12' has 5 of 5 jobs
// running". Returns 0, or -1 if it is not in the queue or runs.
int queue_why(queue_t *self, int64_t id, char reason[QUEUE_REASON_SIZE]);
