// What tests of the board share: its runs and jobs, and how they are given out.

#pragma once

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/board.h"
#include "tests/check.h"
#include "tests/fleet_builder.h"

enum { PATIENCE = 1000, NOW = 100, UNIX = 50000 };

static int64_t next_job = 1;

// Of the jobs that are added next.
static const char *job_version = "15.4", *job_store = "";
static enum job_kind job_kind;
static const struct database *job_database, *job_touched;
static Wire__WantedLabel job_label = WIRE__WANTED_LABEL__INIT, *job_labels[] = {&job_label};

static inline int
forget_kinds(void **state)
{
    (void)state;
    job_version = "15.4";
    job_store = "";
    job_kind = JOB_BACKUP;
    job_label.name = "";
    built_label_count = 0;
    return 0;
}

static inline board_t *
make_board(unsigned server_limit)
{
    board_t *board = board_new(1000);
    quota_set_limit(board_quota(board), QUOTA_SERVER, "", server_limit);
    return board;
}

static inline struct run *
add_run(board_t *board, int64_t id)
{
    struct run *run = run_record_new();
    run->id = id;
    return board_add_run(board, &run);
}

static inline struct board_job *
add_job_in(board_t *board, int64_t run_id, int64_t database_id, const char *host,
           enum job_state state)
{
    Wire__Server source = WIRE__SERVER__INIT;
    source.engine = "postgres";
    source.host = (char *)(uintptr_t)host;
    source.port = 5432;
    source.version = (char *)(uintptr_t)job_version;
    Wire__Backup backup = WIRE__BACKUP__INIT;
    backup.source = &source;
    backup.store = (char *)(uintptr_t)job_store;
    Wire__Run run = WIRE__RUN__INIT;
    run.task_case = WIRE__RUN__TASK_BACKUP;
    run.backup = &backup;
    run.wanted = job_labels;
    run.n_wanted = *job_label.name ? 1 : 0;
    Wire__Envelope task = WIRE__ENVELOPE__INIT;
    task.version = WIRE_VERSION;
    task.body_case = WIRE__ENVELOPE__BODY_RUN;
    task.run = &run;
    struct job *job = job_record_new();
    job->id = next_job++;
    job->run_id = run_id;
    job->database_id = database_id;
    job->state = state;
    job->kind = job_kind;
    return board_add_job(board, &job, &task, job_database, job_touched ? job_touched : job_database,
                         NULL);
}

static inline struct board_job *
add_job(board_t *board, int64_t run_id, int64_t database_id, const char *host)
{
    return add_job_in(board, run_id, database_id, host, JOB_QUEUED);
}

static inline struct board_job *
add_running_job(board_t *board, int64_t run_id, int64_t database_id, const char *host)
{
    return add_job_in(board, run_id, database_id, host, JOB_RUNNING);
}

// Books what the board offers. Returns the job's number, or 0 if nothing may start.
static inline int64_t
start_at(board_t *board, fleet_t *fleet, int64_t now_ms, const char **worker_text)
{
    struct board_job *job = NULL;
    struct worker *worker = NULL;
    if (!board_pick(board, fleet, now_ms, UNIX, &job, &worker))
        return 0;
    assert_int_equal(board_apply(board, job, JOB_ASSIGN), 0);
    worker->booked++;
    if (worker_text)
        *worker_text = worker_name(worker);
    return job->record->id;
}

static inline int64_t
start_next(board_t *board, fleet_t *fleet, const char **worker_text)
{
    return start_at(board, fleet, NOW, worker_text);
}

static inline const char *
why(board_t *board, const struct board_job *job)
{
    static char reason[QUEUE_REASON_SIZE];
    reason[0] = '\0';
    board_why(board, job, reason);
    return reason;
}

#define TEST(name) cmocka_unit_test_setup(name, forget_kinds)
