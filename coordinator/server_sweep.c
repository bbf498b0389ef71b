// Sweeps: one job a store, which holds what lies there against the catalog. What it finds is judged
// in server_sweep_findings.c.
//
// Which jobs are under way is noted when an attempt begins: what is theirs, or a newer job's, is
// none of the sweep's. All others' rows are in the catalog before the attempt reads them.

#include "coordinator/server_sweep.h"

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/plan.h"

// ---- the start

static struct board_job *
find_sweep(struct server *self, const char *store)
{
    struct board_job *job = board_first(self->board);
    while (job && (job->record->kind != JOB_SWEEP || job_state_ended(job->record->state) ||
                   strcmp(job->task->run->sweep->store, store) != 0))
        job = board_next(self->board);
    return job;
}

static int
choose_folder(struct server *self, const Wire__SubmitSweep *wish, char folder[FOLDER_SIZE],
              struct error *error)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t size = strlen(wish->folder);
    snprintf(folder, FOLDER_SIZE, "%s", self->folder);
    if (size == 0)
        return 0;
    if (size > FOLDER_SIZE - sizeof "dbhaul/" || strspn(wish->folder, allowed) != size)
        return error_set(error, ERROR_INVALID,
                         "'%.40s' is no catalog's name: it is the last part of its folder, as "
                         "'0b9e2c1e' of dbhaul/0b9e2c1e",
                         wish->folder);
    snprintf(folder, FOLDER_SIZE, "dbhaul/%.20s", wish->folder);
    return 0;
}

int64_t
server_start_sweep(struct server *self, const struct question *question, struct error *error)
{
    const Wire__SubmitSweep *wish = question->ask->ask->submit->sweep;
    char folder[FOLDER_SIZE];
    CLEAN(memory_free) uint8_t *task = NULL;
    size_t size = 0;
    if (!*wish->store)
        return error_set(error, ERROR_INVALID,
                         "which store? `dbhaul workers` shows what they are called");
    const struct board_job *other = find_sweep(self, wish->store);
    if (other)
        return error_set(error, ERROR_DENIED, "job %" PRId64 " sweeps that store already",
                         other->record->id);
    if (choose_folder(self, wish, folder, error) ||
        plan_sweep(self->settings, wish, folder, &task, &size, error))
        return -1;
    CLEAN(memory_free) char *words = memory_format("store=%s", wish->store);
    struct run *run = server_begin_run(self, JOB_SWEEP, NULL, words, question->peer.principal, "");
    int64_t run_id = run->id;
    if (server_add_job(self, run, NULL, NULL, 0, task, size, error)) {
        server_end_run_if_done(self, run_id);
        return -1;
    }
    log_info("run %" PRId64 " begins: sweep of '%s' in '%s', by %s", run_id, folder, wish->store,
             run->requested_by);
    return run_id;
}

// ---- an attempt

static void
sweep_destroy(struct sweep **self_p)
{
    struct sweep *self = *self_p;
    if (!self)
        return;
    memory_free(&self->busy);
    zhashx_destroy(&self->awaited);
    buffer_clear(&self->answer);
    memory_free(self_p);
}

static void
number_destroy(void **number_p)
{
    memory_free(number_p);
}

void
server_forget_sweeps(struct server *self)
{
    struct sweep *sweep = NULL;
    while (self->sweeps && (sweep = zlistx_detach(self->sweeps, NULL)))
        sweep_destroy(&sweep);
    zlistx_destroy(&self->sweeps);
}

struct sweep *
server_sweep_of(struct server *self, const struct board_job *job)
{
    struct sweep *sweep = zlistx_first(self->sweeps);
    while (sweep && (sweep->job_id != job->record->id || sweep->attempt != job->record->attempt))
        sweep = zlistx_next(self->sweeps);
    return sweep;
}

// Those of jobs that are over are of no use any more.
static void
forget_ended(struct server *self)
{
    struct sweep *sweep = zlistx_first(self->sweeps);
    while (sweep) {
        struct board_job *job = board_job(self->board, sweep->job_id);
        if (!job || job_state_ended(job->record->state) || job->record->attempt != sweep->attempt) {
            zlistx_detach_cur(self->sweeps);
            sweep_destroy(&sweep);
            sweep = zlistx_first(self->sweeps);
        } else {
            sweep = zlistx_next(self->sweeps);
        }
    }
}

static int
compare(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
    return (a > b) - (a < b);
}

struct sweep *
server_sweep_begin(struct server *self, struct board_job *job)
{
    forget_ended(self);
    struct sweep *sweep = memory_get(sizeof *sweep);
    sweep->job_id = job->record->id;
    sweep->attempt = job->record->attempt;
    sweep->is_ours = strcmp(job->task->run->sweep->path, self->folder) == 0;
    sweep->next_job_id = self->next_job_id;
    sweep->awaited = zhashx_new();
    zhashx_set_destructor(sweep->awaited, number_destroy);
    size_t room = 1;
    for (struct board_job *each = board_first(self->board); each; each = board_next(self->board))
        room++;
    sweep->busy = memory_get(room * sizeof *sweep->busy);
    for (struct board_job *each = board_first(self->board); each; each = board_next(self->board)) {
        if (!job_state_ended(each->record->state))
            sweep->busy[sweep->busy_count++] = each->record->id;
    }
    qsort(sweep->busy, sweep->busy_count, sizeof *sweep->busy, compare);
    zlistx_add_end(self->sweeps, sweep);
    return sweep;
}

int
server_sweep_is_busy(const struct sweep *self, int64_t job_id)
{
    return self->is_ours &&
           (job_id >= self->next_job_id ||
            bsearch(&job_id, self->busy, self->busy_count, sizeof *self->busy, compare) != NULL);
}
