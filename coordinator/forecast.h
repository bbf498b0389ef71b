// The forecast: plays what is to come by the classes that decide what comes - board, line-up,
// queue, quota, takers, fleet - over copies of what is known: which policies fire when for which
// databases, what is queued and runs, which workers are connected, what is limited, how long each
// backup is expected to take (history.h). No I/O, no clock.
//
// A forecast is filled in by who knows all of that, is played, and then only read. It lends
// nothing, so that it may be given away to whoever has the time to play it.
//
// What it takes for granted: every attempt succeeds and takes as long as is expected; workers stay
// as they are, and none that drains takes anything; a database in a state that will pass has passed
// it. What has run longer than expected needs a tenth of that more.
//
//     forecast_t *forecast = forecast_new(unix_ms, until_ms);
//     quota_copy_limits(forecast_quota(forecast), quota);
//     forecast_add_worker(...), forecast_add_policy(...), forecast_add_database(...),
//     forecast_add_job(...), forecast_add_firing(...);
//     forecast_play(forecast);
//     forecast_sum(forecast, &sum);

#pragma once

#include "common/table.h"
#include "coordinator/board.h"
#include "coordinator/history.h"

enum { FORECAST_HOURS_MAX = 168, FORECAST_JOBS_MAX = 300000, FORECAST_FIRINGS_MAX = 20000 };

enum forecast_verdict {
    FORECAST_WELL,
    FORECAST_LATE,   // begins in its window, ends after it
    FORECAST_LEFT,   // does not begin before its window closes: left to the next firing
    FORECAST_NEVER,  // no connected worker could take it, or it cannot be planned
    FORECAST_VERDICTS,
};

// A database of a policy, or one with jobs. Texts are copied.
struct forecast_database {
    const struct database *database;
    size_t policy;       // as forecast_add_policy gave it
    int is_member;       // firings of the policy have a job for it
    const char *need;    // of a backup, as placement_print has it
    const char *server;  // that it reads, "host:port"; NULL = the database's own
    const char *unable;  // why no backup can be planned; NULL = it can
    int64_t due_ms;      // since when it is due, or will be (schedule_due); 0 = nobody knows
    int64_t expected_ms;
    enum history_basis basis;
};

// A job that has not ended. `record` without its task; its expected_ms is what it takes in all.
struct forecast_job {
    const struct job *record;
    const char *need, *server;  // server: "host:port", "" = touches none
    const char *worker;         // instance of the one that runs it, "" = none
    size_t policy;              // FORECAST_NO_POLICY = none
    int64_t ran_ms;             // so far
    int64_t closes_ms;          // 0 = never
    int64_t due_ms;             // 0 = since it was queued
};

#define FORECAST_NO_POLICY SIZE_MAX

struct forecast_sum {
    int64_t from_ms, until_ms, end_ms;  // end_ms: when the last job ends
    size_t firings, jobs;               // jobs of firings, and those that were queued or ran
    size_t verdicts[FORECAST_VERDICTS];
    size_t skipped;               // a firing found a backup of it queued or running
    size_t databases;             // that a firing has a job for
    size_t bases[HISTORY_BASES];  // of them
    size_t workers, slots;
};

typedef struct forecast forecast_t;

forecast_t *forecast_new(int64_t unix_ms, int64_t until_ms);
void forecast_destroy(forecast_t **self_p);

// Where limits and shares are set.
quota_t *forecast_quota(forecast_t *self);
queue_t *forecast_queue(forecast_t *self);

void forecast_add_worker(forecast_t *self, const struct worker *worker);
size_t forecast_add_policy(forecast_t *self, const struct policy *policy);
void forecast_add_database(forecast_t *self, const struct forecast_database *added);
void forecast_add_job(forecast_t *self, const struct forecast_job *added);
void forecast_add_firing(forecast_t *self, size_t policy, int64_t at_ms,
                         const struct schedule_turn *turn);

size_t forecast_firings(const forecast_t *self);  // that were added

// How many jobs there will be at most; for who limits them to FORECAST_JOBS_MAX.
size_t forecast_size(const forecast_t *self);

void forecast_play(forecast_t *self);  // once

void forecast_sum(const forecast_t *self, struct forecast_sum *sum);

// The rows from `first` on, `limit` of them at most, into a new table; *next is where the next page
// begins, 0 after the last one.
// - databases: database name account region policy planned due begins ends closes verdict
//   expected_s basis worker limit; only those that are not well unless is_all
// - policies, a row for each firing, and for what was under way: policy planned closes ends jobs
//   well late left never skipped
// - workers: worker slots jobs busy_s busy_percent (of all slots, until until_ms)
table_t *forecast_databases(const forecast_t *self, int is_all, size_t first, size_t limit,
                            size_t *next);
table_t *forecast_policies(const forecast_t *self, size_t first, size_t limit, size_t *next);
table_t *forecast_workers(const forecast_t *self, size_t first, size_t limit, size_t *next);

const char *forecast_verdict_name(enum forecast_verdict verdict);  // "well", "late", ...
