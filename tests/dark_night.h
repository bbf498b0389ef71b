// A night that has one of each that may go wrong, for those who test how it is reported: databases
// 1 to 4 and jobs 1 to 6; and what is not of a usual night, each on a database of its own.

#pragma once

#include <stdint.h>
#include <string.h>

#include "common/clock.h"
#include "common/memory.h"
#include "tests/check_catalog.h"

enum { HOUR = 3600 * 1000 };

// 2026-11-25 22:00:00 UTC, when the night begins.
static const int64_t night = 1795644000000;

static inline void
queue_job(batch_t *batch, int64_t id, const char *kind, int64_t database_id, int64_t set_id)
{
    batch_unit(batch);
    batch_add(batch, STATEMENT_JOB_ADD, "iitiibi", id, (int64_t)1, kind, database_id, set_id,
              "task", (size_t)4, night);
}

// An attempt that takes an hour and ends after so many hours of the night.
static inline void
run_attempt(batch_t *batch, int64_t job, int64_t attempt, const char *outcome, const char *class,
            const char *message, int64_t hours)
{
    int64_t ended = night + hours * HOUR;
    batch_add(batch, STATEMENT_JOB_START, "itiii", attempt, "instance-1", ended - HOUR, job,
              attempt - 1);
    batch_add(batch, STATEMENT_ATTEMPT_ADD, "iitti", job, attempt, "instance-1", "worker-1",
              ended - HOUR);
    batch_add(batch, STATEMENT_ATTEMPT_END, "tttiiii", outcome, class, message, (int64_t)0, ended,
              job, attempt);
}

static inline void
end_with(batch_t *batch, int64_t job, int64_t attempt, const char *state, const char *message,
         int64_t hours)
{
    batch_add(batch, STATEMENT_JOB_END, "ttiiiii", state, message, (int64_t)0, (int64_t)0,
              night + hours * HOUR, job, attempt);
}

static inline void
keep_set(batch_t *batch, int64_t id, int64_t database_id, int64_t job, int64_t attempt,
         const char *store, int64_t size_bytes)
{
    uint8_t digest[32];
    memset(digest, 0xab, sizeof digest);
    batch_add(batch, STATEMENT_SET_ADD, "iiiittiibttttiii", id, database_id, job, attempt, store,
              "dbhaul/1f/d1/j1-a2", size_bytes, (int64_t)7, digest, sizeof digest, "mysqldump",
              "8.0.40", "8.0.36", "single-transaction", (int64_t)3, (int64_t)1, night + 2 * HOUR);
}

// One of each that a night may bring; the run stays open for a job that runs.
static inline void
add_dark_night(catalog_t *catalog)
{
    batch_t *batch = batch_new();
    batch_unit(batch);
    const char *const names[] = {"shop", "mail", "archive", "wiki"};
    for (int64_t id = 1; id <= 4; id++)
        add_database(batch, id, names[id - 1], night - 48 * HOUR);
    batch_add(batch, STATEMENT_RUN_ADD, "itttttti", (int64_t)1, "backup", "nightly", "name=*",
              "schedule", "", "", night);

    queue_job(batch, 1, "backup", 1, 0);
    run_attempt(batch, 1, 1, "lost", "try again", "the worker fell\n\tsilent", 1);
    batch_add(batch, STATEMENT_JOB_AGAIN, "iitii", (int64_t)1, night, "", (int64_t)1, (int64_t)1);
    run_attempt(batch, 1, 2, "succeeded", "", "2 views were left out", 2);
    keep_set(batch, 1, 1, 1, 2, "boostfs:dd1.example:/unit", 7201000);
    end_with(batch, 1, 2, "succeeded", "", 2);

    queue_job(batch, 2, "backup", 2, 0);
    batch_add(batch, STATEMENT_JOB_POLICY, "tti", "nightly", "0123abcd", (int64_t)2);
    run_attempt(batch, 2, 1, "failed", "somebody must act", "access denied", 3);
    end_with(batch, 2, 1, "failed", "access denied", 3);

    queue_job(batch, 3, "verify", 1, 1);
    run_attempt(batch, 3, 1, "succeeded", "", "", 4);
    batch_add(batch, STATEMENT_SET_VERIFIED, "ttii", "good", "", night + 4 * HOUR, (int64_t)1);
    end_with(batch, 3, 1, "succeeded", "", 4);

    queue_job(batch, 4, "backup", 3, 0);
    batch_add(batch, STATEMENT_JOB_END, "ttiiiii", "failed", "no worker can take it", (int64_t)0,
              (int64_t)0, night + 5 * HOUR, (int64_t)4, (int64_t)0);
    batch_add(batch, STATEMENT_ATTEMPT_ADD, "iitti", (int64_t)4, (int64_t)0, "", "",
              night + 5 * HOUR);
    batch_add(batch, STATEMENT_ATTEMPT_END, "tttiiii", "failed", "somebody must act",
              "no worker can take it", (int64_t)0, night + 5 * HOUR, (int64_t)4, (int64_t)0);

    queue_job(batch, 5, "sweep", 0, 0);
    run_attempt(batch, 5, 1, "cancelled", "try again", "", 6);
    end_with(batch, 5, 1, "cancelled", "cancelled by uid:0", 6);

    queue_job(batch, 6, "backup", 4, 0);  // still runs, for the second time
    run_attempt(batch, 6, 1, "failed", "try again", "deadlock", 7);
    batch_add(batch, STATEMENT_JOB_AGAIN, "iitii", (int64_t)1, night, "deadlock", (int64_t)6,
              (int64_t)1);
    start_job(batch, 6, 2);
    apply_all(catalog, &batch);
}

// ---- what is not of a usual night, each on a database of its own

// Databases 3 and 4 cannot be asked any more.
static inline void
add_losses(batch_t *batch)
{
    batch_add(batch, STATEMENT_DATABASE_GONE, "ii", night, (int64_t)3);
    batch_add(batch, STATEMENT_DATABASE_STALE, "ii", night, (int64_t)4);
}

static inline void
add_stores(batch_t *batch)
{
    const char *const stores[] = {"directory:0b9e:/x", "boostfs:dd:/a/b", "boostfs:dd"};
    add_database(batch, 5, "stores", 1);
    for (int64_t index = 0; index < 3; index++) {
        int64_t job = 11 + index;
        queue_job(batch, job, "backup", 5, 0);
        run_attempt(batch, job, 1, "succeeded", "", "", 100);
        keep_set(batch, job, 5, job, 1, stores[index], 1);
        end_with(batch, job, 1, "succeeded", "", 100);
    }
}

// What a worker may bring about, or a clock that is set back by years.
static inline void
add_extremes(batch_t *batch)
{
    CLEAN(memory_free) char *text = memory_get(4097);
    memset(text, 'x', 4096);
    add_database(batch, 6, text + 4096 - 300, 1);
    queue_job(batch, 21, "backup", 6, 0);
    run_attempt(batch, 21, 1, "succeeded", "", text, 100);
    keep_set(batch, 21, 6, 21, 1, "boostfs:dd:/a", INT64_MAX);
    end_with(batch, 21, 1, "succeeded", "", 100);
    queue_job(batch, 22, "backup", 6, 0);
    start_job(batch, 22, 1);
    batch_add(batch, STATEMENT_ATTEMPT_END, "tttiiii", "failed", "defer", text, INT64_MAX,
              (int64_t)1, (int64_t)22, (int64_t)1);
    end_with(batch, 22, 1, "failed", text, 100);
}

static inline void
add_damage(batch_t *batch)
{
    add_database(batch, 7, "damaged", 1);
    for (int64_t id = 31; id <= 33; id++)
        add_night(batch, id, 7, "succeeded", 100 * (id - 30));
    batch_unit(batch);
    batch_add(batch, STATEMENT_SET_VERIFIED, "ttii", "damaged", "", (int64_t)9, (int64_t)33);
}

static inline void
add_ages(batch_t *batch)
{
    int64_t now_ms = clock_unix_ms();
    uint8_t digest[32] = {0};
    add_database(batch, 8, "never", now_ms - HOUR);
    add_database(batch, 9, "old", now_ms - 9 * HOUR);
    add_database(batch, 10, "ahead", now_ms + 9 * HOUR);
    batch_add(batch, STATEMENT_SET_ADD, "iiiittiibttttiii", (int64_t)41, (int64_t)9, (int64_t)0,
              (int64_t)1, "directory:1", "x", (int64_t)1, (int64_t)1, digest, sizeof digest, "", "",
              "", "", (int64_t)1, (int64_t)0, now_ms - 2 * HOUR);
}

static inline void
add_all(catalog_t *catalog)
{
    add_dark_night(catalog);
    void (*const parts[])(batch_t *) = {add_losses, add_stores, add_extremes, add_damage, add_ages};
    for (size_t part = 0; part < sizeof parts / sizeof *parts; part++) {
        batch_t *batch = batch_new();
        batch_unit(batch);
        parts[part](batch);
        apply_all(catalog, &batch);
    }
}
