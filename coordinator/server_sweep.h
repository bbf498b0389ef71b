// A sweep as the parts of it share it: server_sweep (its start and its attempts) and
// server_sweep_findings (what they find). For these files only.

#pragma once

#include "coordinator/server_policies.h"
#include "coordinator/server_sets.h"

// What is remembered of a sweep's attempt.
struct sweep {
    int64_t job_id, attempt;
    int is_ours;    // it looks at this catalog's own folder
    int64_t *busy;  // jobs under way when it began
    size_t busy_count;
    int64_t next_job_id;   // of the first that is newer
    int64_t strays;        // rows written
    zhashx_t *awaited;     // path -> number of the row: what came of it is not heard of yet
    uint64_t answered;     // the number of the last question
    struct buffer answer;  // to it
};

// The sweep of the job's attempt; NULL: it has not begun since the coordinator was started.
struct sweep *server_sweep_of(struct server *self, const struct board_job *job);
struct sweep *server_sweep_begin(struct server *self, struct board_job *job);

// Whether what a job of that number has in the store is none of the sweep's: it was under way when
// the sweep began, or is newer.
int server_sweep_is_busy(const struct sweep *self, int64_t job_id);
