// The board: every run and job that has not ended, and which job may start where.
//
// It keeps the promises about concurrency: one job at a time for a database, `server_limit` for a
// server (host:port), a worker's slots. No I/O and no clock.

#pragma once

#include "common/findings.h"
#include "coordinator/fleet.h"
#include "coordinator/job.h"
#include "coordinator/placement.h"
#include "coordinator/record.h"

enum { BOARD_SERVER_SIZE = 320 };

struct board_job {
    struct job *record;
    const struct database *database;  // lent; NULL if the job is about none
    Wire__Envelope *task;             // its Run, as the catalog has it
    struct placement_need need;
    char server[BOARD_SERVER_SIZE];  // "host:port", "" = touches none
    int64_t lease_ms;                // monotonic: until when the attempt is believed to live
    int64_t sent_ms;                 // monotonic: when its Run was sent last
    int64_t limit_ms;                // monotonic: when the attempt must have ended
    int64_t unfit_since_ms;          // monotonic: since when no worker could take it; 0 = one can
    int is_held;                     // it may not start now; the server says
    int is_orphan;                   // its worker was started anew and may not run it again
    uint64_t progress_bytes;
    char phase[32];
    char unfit_reason[PLACEMENT_REASON_SIZE];
};

typedef struct board board_t;

board_t *board_new(unsigned server_limit);
void board_destroy(board_t **self_p);

// Takes the records over.
struct run *board_add_run(board_t *self, struct run **run_p);

// `task` is the job's packed Run, already unpacked by the caller, and is copied. The job's run must
// be on the board.
struct board_job *board_add_job(board_t *self, struct job **job_p, const Wire__Envelope *task,
                                const struct database *database);

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
size_t board_running(const board_t *self);

// The first job that may start now and the worker with the most free slots that fits it. Returns 1,
// or 0 if there is none. `unix_ms` is compared with the jobs' not_before_ms. A check that no worker
// fits goes to the one that comes nearest, which tells what it lacks.
int board_pick(board_t *self, fleet_t *fleet, int64_t unix_ms, struct board_job **job,
               struct worker **worker);

// Could a connected worker take the job if it were idle? If not, why not: one finding a worker.
int board_has_taker(fleet_t *fleet, const struct board_job *job, findings_t *reasons);

// Looks for queued jobs that no connected worker could take even if it were idle; notes since
// when (now_ms, monotonic) and why.
void board_judge(board_t *self, fleet_t *fleet, int64_t now_ms);
