// Plans: what a job tells its worker to do, as a wire Run, from what the catalog knows. No I/O.
// Each returns a packed Run (the caller's, to be given to free()) without epoch and attempt.

#pragma once

#include "common/table.h"
#include "coordinator/placement.h"
#include "coordinator/policy.h"
#include "coordinator/record.h"
#include "coordinator/settings.h"
#include "proto/wire.h"

enum { PLAN_PATH_SIZE = 128, PLAN_SERVER_SIZE = 288 };

// What a policy (NULL = none) does not say, the settings do. `wanted` is of the worker.
int plan_backup(const struct settings *settings, const struct policy *policy,
                const struct database *database, const struct wanted_found *wanted, int64_t run_id,
                uint8_t **task, size_t *size, struct error *error);

// What such a backup needs of its worker. Its texts are lent by what is given.
void plan_need(const struct settings *settings, const struct policy *policy,
               const struct database *database, const struct wanted_found *wanted,
               struct placement_need *need);

// The server that such a backup reads: "host:port". ERROR_CONFIG if the policy wants an endpoint
// that the database does not have: no backup of it can be planned.
int plan_server(const struct policy *policy, const struct database *database,
                char server[PLAN_SERVER_SIZE], struct error *error);

// A check looks into the database's folder, and gets no more than ten minutes. `folder` is the
// catalog's own in every store: "dbhaul/0b9e2c1e".
int plan_check(const struct settings *settings, const struct policy *policy,
               const struct database *database, const struct wanted_found *wanted,
               const char *folder, uint8_t **task, size_t *size, struct error *error);

// A set as the catalog's list `backups` has it.
struct plan_set {
    int64_t id, database_id;
    const char *engine, *store, *path, *state, *name;
    uint8_t manifest_sha256[32];
};

// Reads row `row` of such a list. ERROR_CORRUPT if it makes no sense. Texts stay the table's.
int plan_read_set(const table_t *table, size_t row, struct plan_set *set, struct error *error);

int plan_restore(const struct settings *settings, const struct plan_set *set,
                 const Wire__SubmitRestore *wish, const struct wanted_found *wanted, uint8_t **task,
                 size_t *size, struct error *error);
int plan_verify(const struct settings *settings, const struct plan_set *set, uint8_t **task,
                size_t *size, struct error *error);

int plan_expire(const struct settings *settings, const char *store, const char *path,
                uint8_t **task, size_t *size, struct error *error);

// `folder` is the catalog's in every store.
int plan_sweep(const struct settings *settings, const Wire__SubmitSweep *wish, const char *folder,
               uint8_t **task, size_t *size, struct error *error);

// Where the catalog is written to is known when an attempt begins, as of a backup.
int plan_save_catalog(const struct settings *settings, const char *store, uint8_t **task,
                      size_t *size, struct error *error);

// The folder of a database: "<folder>/d12".
void plan_folder(const char *folder, int64_t database_id, char path[PLAN_PATH_SIZE]);

// Where a backup's attempt writes: "<folder>/d12/j34-a1"; of a job that has no database, which is
// one that saves the catalog: "<folder>/catalog/j35-a1".
void plan_path(const char *folder, const struct job *job, char path[PLAN_PATH_SIZE]);

// The envelope that goes to a worker: the task with epoch, attempt and, for a backup, store and
// path. `store` is the worker's first if the task leaves it open. *data is the caller's.
int plan_run(const Wire__Envelope *task, const struct job *job, const char *folder, int64_t epoch,
             const Wire__Ready *worker, uint8_t **data, size_t *size, struct error *error);
