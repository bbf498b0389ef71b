// What the catalog knows at the start: the working set that the server goes on with.

#include <fcntl.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/random.h"
#include "coordinator/server_policies.h"
#include "coordinator/server_sets.h"

static void
load_runs(struct server *self, struct working_set *set)
{
    for (size_t index = 0; index < set->run_count; index++) {
        struct run *run = set->runs[index];
        run->jobs = run->succeeded = run->failed = run->cancelled = 0;
        board_add_run(self->board, &set->runs[index]);
    }
}

static int
count_job(struct server *self, const struct job *job, struct error *error)
{
    struct run *run = board_run(self->board, job->run_id);
    if (!run)
        return error_set(error, ERROR_CORRUPT, "job %" PRId64 " of the catalog is of no run",
                         job->id);
    run->jobs++;
    run->succeeded += job->state == JOB_SUCCEEDED;
    run->failed += job->state == JOB_FAILED;
    run->cancelled += job->state == JOB_CANCELLED || job->state == JOB_DEFERRED;
    return 0;
}

// After a restart each running attempt gets two leases: its worker has to find us first.
static int
load_job(struct server *self, struct job **job_p, struct error *error)
{
    const Wire__Envelope *task = NULL;
    struct job *job = *job_p;
    if (count_job(self, job, error))
        return -1;
    if (job_state_ended(job->state))
        return 0;
    if (wire_unpack(self->decoder, job->task, job->task_size, WIRE_FROM_COORDINATOR, &task, error))
        return error_wrap(error, "job %" PRId64 " of the catalog makes no sense", job->id);
    const struct database *database = estate_find(self->estate, job->database_id);
    const struct policy *policy = policies_by_name(self->policies, job->policy);
    server_expect(self, job, database);
    const struct database *touched = server_touched(self, task->run, database);
    struct board_job *loaded = board_add_job(self->board, job_p, task, database, touched, policy);
    const struct run *run = board_run(self->board, job->run_id);
    if (strcmp(run->requested_by, SCHEDULE_WHO) == 0)
        loaded->closes_ms = planner_closes(self->planner, run->label);
    board_hold(self->board, loaded, server_waits(loaded));
    loaded->lease_ms = self->now_ms + 2 * self->settings->lease_ms;
    loaded->limit_ms = loaded->lease_ms + task->run->time_limit_ms;
    return 0;
}

static void
end_finished_runs(struct server *self, const int64_t *ids, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        batch_unit(ledger_batch(self->ledger));
        server_end_run_if_done(self, ids[index]);
    }
}

static int
load(struct server *self, catalog_t *catalog, int64_t **run_ids, size_t *run_count,
     struct error *error)
{
    struct working_set set = {0};
    if (catalog_load(catalog, &set, error))
        return error_wrap(error, "cannot load the catalog");
    if (set.unfinished_rebuilds > 0) {
        working_set_clear(&set);
        return error_set(error, ERROR_CONFIG,
                         "a rebuild of this catalog was cut off: run `dbhaul catalog rebuild` "
                         "again, which goes on with it");
    }
    self->estate = estate_new(set.next_database_id);
    for (size_t index = 0; index < set.database_count; index++)
        estate_load(self->estate, &set.databases[index]);
    for (size_t index = 0; index < set.scope_count; index++)
        scopes_load(estate_scopes(self->estate), &set.scopes[index]);
    *run_count = set.run_count;
    *run_ids = memory_get((set.run_count + 1) * sizeof **run_ids);
    for (size_t index = 0; index < set.run_count; index++)
        (*run_ids)[index] = set.runs[index]->id;
    for (size_t index = 0; index < set.firing_count; index++)
        planner_load(self->planner, &set.firings[index]);
    for (size_t index = 0; index < set.past_count; index++)
        history_add(self->history, &set.pasts[index]);
    server_open_notifier(self, &set);
    load_runs(self, &set);
    int rc = 0;
    for (size_t index = 0; index < set.job_count && rc == 0; index++)
        rc = load_job(self, &set.jobs[index], error);
    self->next_run_id = set.next_run_id;
    self->next_job_id = set.next_job_id;
    self->next_set_id = set.next_set_id;
    self->next_event_id = set.next_event_id;
    server_load_protections(self, &set);
    log_info("loaded %zu databases, %zu runs under way, %zu jobs of theirs", set.database_count,
             set.run_count, set.job_count);
    working_set_clear(&set);
    return rc;
}

// The kernel's id of this boot; any other where there is none.
static void
read_boot(char boot[RANDOM_ID_SIZE])
{
    struct error ignored;
    CLEAN(memory_free) char *text = NULL;
    size_t size = 0;
    random_id(boot);
    if (fd_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", RANDOM_ID_SIZE, &text, &size,
                     &ignored) == 0 &&
        strcspn(text, "\n") == RANDOM_ID_SIZE - 1)
        memcpy(boot, text, RANDOM_ID_SIZE - 1);
}

int
server_open_catalog(struct server *self, struct error *error)
{
    char boot[RANDOM_ID_SIZE];
    char host[HOST_NAME_MAX + 1] = "";
    gethostname(host, sizeof host - 1);
    read_boot(boot);
    CLEAN(memory_free) char *holder = memory_format("%s/%d/%s", host, (int)getpid(), boot);
    CLEAN(catalog_destroy) catalog_t *catalog = NULL;
    CLEAN(memory_free) int64_t *run_ids = NULL;
    size_t run_count = 0;
    const struct catalog_access *access = &self->settings->catalog_access;
    if (catalog_open(&catalog, self->settings->catalog_url, access, holder, error))
        return error_wrap(error, "cannot open the catalog");
    self->epoch = catalog_epoch(catalog);
    snprintf(self->folder, sizeof self->folder, "dbhaul/%.8s", catalog_id(catalog));
    if (load(self, catalog, &run_ids, &run_count, error))
        return -1;
    catalog_writer_t *writer = catalog_writer_new(&catalog);
    self->ledger = ledger_new(&writer, server_deliver, self);
    self->reader = catalog_reader_new(self->settings->catalog_url, access);
    end_finished_runs(self, run_ids, run_count);
    server_reload_schedule(self);
    log_info("leads with epoch %" PRId64 "; sets go to the folder '%s'", self->epoch, self->folder);
    return 0;
}
