// The board: every run and job that has not ended, and which job may start where.
//
// It keeps the promises about concurrency: one job at a time for a database, the limits of its
// quota, a worker's slots. No I/O and no clock.

#pragma once

#include "common/findings.h"
#include "coordinator/fleet.h"
#include "coordinator/job.h"
#include "coordinator/needs.h"
#include "coordinator/policies.h"
#include "coordinator/queue.h"
#include "coordinator/record.h"

enum { BOARD_SERVER_SIZE = 320, BOARD_PRIORITY = 4 };  // without a policy

// Where a job stands in the line-up.
enum board_line { LINE_APART, LINE_NEW, LINE_WAITS, LINE_RUNS, LINE_UNPLACED };

struct board_job {
    struct job *record;
    const struct database *database;  // lent; NULL if the job is about none
    const struct database *touched;   // lent; the one that its limits count for, NULL = none
    Wire__Envelope *task;             // its Run, as the catalog has it
    struct need *need;
    char server[BOARD_SERVER_SIZE];  // "host:port", "" = touches none
    int64_t lease_ms;                // monotonic: until when the attempt is believed to live
    int64_t sent_ms;                 // monotonic: when its Run was sent last
    int64_t limit_ms;                // monotonic: when the attempt must have ended
    int64_t unfit_since_ms;          // monotonic: since when no worker could take it; 0 = one can
    int is_held;                     // it may not start now; by board_hold
    int64_t held_since_ms;           // monotonic: since when; 0 = it may
    int is_orphan;                   // its worker was started anew and may not run it again
    enum board_line line;            // the line-up's, as the next two
    void *new_handle;
    int64_t began_ms;              // monotonic; 0 = before a restart
    int64_t spread_ms, closes_ms;  // of its policy's firing; UTC, 0 = never
    int64_t due_ms;                // since when its database is due; UTC, 0 = it was queued then
    int priority;                  // of its policy
    char policy[POLICY_NAME_MAX + 1];  // "" = none
    uint64_t progress_bytes;
    char phase[32];
    const char *unfit_reason;  // why no worker could; lent
};

typedef struct board board_t;

// wait_max_ms: no job waits longer than that to be tried again, however the clock was set.
board_t *board_new(int64_t wait_max_ms);
void board_destroy(board_t **self_p);

// Where limits and shares are set; then queue_limits_changed is called. Both are lent.
quota_t *board_quota(board_t *self);
queue_t *board_queue(board_t *self);

// What time it is (monotonic), for what ends before the next pick: a job's time is charged to its
// account's share.
void board_set_time(board_t *self, int64_t now_ms);

// Takes the records over.
struct run *board_add_run(board_t *self, struct run **run_p);

// `task` is the job's packed Run, already unpacked by the caller, and is copied. The job's run must
// be on the board. What it is about, what it touches (of a restore its target: its account, region
// and the one job of a database are that one's) and its policy may be NULL.
struct board_job *board_add_job(board_t *self, struct job **job_p, const Wire__Envelope *task,
                                const struct database *database, const struct database *touched,
                                const struct policy *policy);

// Keeps a queued job from starting, or lets it go.
void board_hold(board_t *self, struct board_job *job, int is_held);

// A job that was just queued again goes to another worker than that of the instance, as long as one
// is there that fits.
void board_avoid(board_t *self, struct board_job *job, const char *instance);

// The worker of a running job has joined, as after a restart: its limits hold from then on.
void board_place(board_t *self, struct board_job *job, const struct worker *worker);

struct run *board_run(board_t *self, int64_t id);
struct board_job *board_job(board_t *self, int64_t id);

// Applies an event to a job and keeps the counts. Returns 0, or -1 if it makes no sense.
int board_apply(board_t *self, struct board_job *job, enum job_event event);

// Takes a run and all its jobs off the board. They must have ended.
void board_remove_run(board_t *self, struct run **run_p);

// Jobs in the order in which they came. The board may not change meanwhile.
struct board_job *board_first(board_t *self);
struct board_job *board_next(board_t *self);
size_t board_queued(const board_t *self);

// Whether a backup of this database is queued or runs.
int board_has_backup(board_t *self, int64_t database_id);
size_t board_running(const board_t *self);

// Starts the job that is next (queue.h) and may start now; it goes to the worker with the most free
// slots that fits it. Returns 1, or 0 if there is none. A check that no worker fits goes to the one
// that comes nearest, which tells what it lacks. now_ms is monotonic. What is picked must be
// assigned, and the worker booked, at once.
int board_pick(board_t *self, fleet_t *fleet, int64_t now_ms, int64_t unix_ms,
               struct board_job **job, struct worker **worker);

// Why a queued job does not start, as queue_why. -1 if there is nothing to say.
int board_why(board_t *self, const struct board_job *job, char reason[QUEUE_REASON_SIZE]);

// Could a connected worker take the job if it were idle? If not, why not: one finding a worker.
int board_has_taker(fleet_t *fleet, const struct board_job *job, findings_t *reasons);

// Looks for queued jobs that no connected worker could take even if it were idle; notes since
// when (now_ms, monotonic) and why.
void board_judge(board_t *self, fleet_t *fleet, int64_t now_ms);

// What jobs need of workers, as it was judged last: for who tells of all that need the same at
// once.
needs_t *board_needs(board_t *self);
