// Sweeps: one job a store, which holds what lies there against the catalog. What it finds comes
// here and is told what becomes of it: nothing, unless the sweep was asked to.
//
// Which jobs are under way is noted when an attempt begins: what is theirs, or a newer job's, is
// none of the sweep's. All others' rows are in the catalog before the attempt reads them.

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/adoption.h"
#include "coordinator/plan.h"
#include "coordinator/server_policies.h"
#include "coordinator/server_sets.h"
#include "proto/set_name.h"

enum { STRAYS_MAX = 20000, FOLDER_WORD_MAX = 40 };

// What is remembered of a sweep's attempt.
struct sweep {
    int64_t job_id, attempt;
    int is_ours;    // it looks at this catalog's own folder
    int64_t *busy;  // jobs under way when it began
    size_t busy_count;
    int64_t next_job_id;   // of the first that is newer
    int64_t strays;        // rows written
    uint64_t answered;     // the number of the last question
    struct buffer answer;  // to it
};

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
    buffer_clear(&self->answer);
    memory_free(self_p);
}

void
server_forget_sweeps(struct server *self)
{
    struct sweep *sweep = NULL;
    while (self->sweeps && (sweep = zlistx_detach(self->sweeps, NULL)))
        sweep_destroy(&sweep);
    zlistx_destroy(&self->sweeps);
}

static struct sweep *
sweep_of(struct server *self, const struct board_job *job)
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

static struct sweep *
begin(struct server *self, struct board_job *job)
{
    forget_ended(self);
    struct sweep *sweep = memory_get(sizeof *sweep);
    sweep->job_id = job->record->id;
    sweep->attempt = job->record->attempt;
    sweep->is_ours = strcmp(job->task->run->sweep->path, self->folder) == 0;
    sweep->next_job_id = self->next_job_id;
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

// ---- what was found

static int
is_under_way(const struct sweep *self, int64_t job_id)
{
    return self->is_ours &&
           (job_id >= self->next_job_id ||
            bsearch(&job_id, self->busy, self->busy_count, sizeof *self->busy, compare) != NULL);
}

// What is left of a set that an expiry removes just now is that job's.
static int
is_leaving(struct server *self, const struct set_name *wanted)
{
    for (struct board_job *job = board_first(self->board); job; job = board_next(self->board)) {
        struct set_name name;
        if (job->record->kind == JOB_EXPIRE && !job_state_ended(job->record->state) &&
            set_name_parse(job->task->run->expire->path, &name) == 0 &&
            name.database_id == wanted->database_id && name.job_id == wanted->job_id &&
            name.attempt == wanted->attempt && strcmp(name.folder, wanted->folder) == 0)
            return 1;
    }
    return 0;
}

// What becomes of a finding: what the worker is told, and what the list of strays shows.
struct verdict {
    const char *word, *outcome;
};

static struct verdict
judge_place(const Wire__Sweep *wish, const char *kind)
{
    static const struct verdict kept = {"keep", ""};
    int is_partial = strcmp(kind, "partial") == 0;
    if (is_partial && wish->remove_partial)
        return (struct verdict){"remove", "removed"};
    if (!is_partial && wish->adopt)
        return (struct verdict){"adopt", "to be adopted"};
    if (!is_partial && wish->remove_unknown)
        return (struct verdict){"remove", "removed"};
    return kept;
}

// A row whose set is gone, or there again. The unit of the batch is open.
static struct verdict
judge_row(struct server *self, const Wire__Sweep *wish, const char *kind, int64_t set_id)
{
    int is_missing = strcmp(kind, "missing") == 0;
    if (is_missing && wish->mark_missing)
        batch_add(ledger_batch(self->ledger), STATEMENT_SET_MISSING, "ti",
                  "a sweep did not find it in its store", set_id);
    else if (!is_missing && wish->adopt)
        batch_add(ledger_batch(self->ledger), STATEMENT_SET_FOUND, "ti",
                  "a sweep found it in its store again", set_id);
    else
        return (struct verdict){"keep", ""};
    if (!is_missing)
        server_protect_set(self, wish->store, "");
    server_know_anew(self);
    return (struct verdict){"marked", is_missing ? "marked missing" : "good again"};
}

static void
write_stray(struct server *self, struct sweep *sweep, const Wire__Sweep *wish, const char *kind,
            const char *path, int64_t set_id, const char *outcome)
{
    if (sweep->strays == STRAYS_MAX)
        return;
    batch_add(ledger_batch(self->ledger), STATEMENT_STRAY_ADD, "iiitttit", sweep->job_id,
              sweep->attempt, ++sweep->strays, wish->store, kind, path, set_id, outcome);
}

// "partial PATH", "missing 12 PATH"
static void
hear_finding(struct server *self, struct sweep *sweep, const Wire__Sweep *wish, char *line)
{
    struct set_name name;
    struct verdict verdict = {"keep", ""};
    const char *kind = strsep(&line, " ");
    int is_row = strcmp(kind, "missing") == 0 || strcmp(kind, "found") == 0;
    int is_place = strcmp(kind, "partial") == 0 || strcmp(kind, "unknown") == 0;
    int64_t set_id = is_row && line ? strtoll(strsep(&line, " "), NULL, 10) : 0;
    const char *path = line ? line : "";
    int has_name = set_name_parse(path, &name) == 0;
    if (has_name && ((is_under_way(sweep, name.job_id) && strcmp(name.folder, wish->path) == 0) ||
                     is_leaving(self, &name))) {
        buffer_text(&sweep->answer, "keep\n");
        return;
    }
    if (is_row)
        verdict = judge_row(self, wish, kind, set_id);
    else if (is_place && has_name)
        verdict = judge_place(wish, kind);
    write_stray(self, sweep, wish, kind, path, set_id, verdict.outcome);
    buffer_format(&sweep->answer, "%s\n", verdict.word);
}

const char *
server_hear_findings(struct server *self, struct board_job *job, const Wire__Fetch *fetch)
{
    struct sweep *sweep = sweep_of(self, job);
    if (!sweep && strcmp(fetch->list, "begin") == 0)
        sweep = begin(self, job);
    if (!sweep)
        return NULL;
    if (sweep->answered == fetch->number)
        return buffer_read(&sweep->answer);
    buffer_empty(&sweep->answer);
    sweep->answered = fetch->number;
    CLEAN(memory_free) char *lines = memory_copy_text(fetch->text);
    char *rest = lines;
    batch_unit(ledger_batch(self->ledger));
    while (rest && *rest)
        hear_finding(self, sweep, job->task->run->sweep, strsep(&rest, "\n"));
    return buffer_read(&sweep->answer);
}

// ---- adopting

int64_t
server_adopted_job(const char *line)
{
    struct error ignored;
    CLEAN(adoption_clear) struct adoption found = {0};
    // No job has such a number.
    return adoption_read(&found, line, strlen(line), &ignored) ? INT64_MAX : found.job_id;
}

int
server_may_adopt(struct server *self, const struct board_job *job, const Wire__Fetch *fetch)
{
    struct error ignored;
    struct set_name name;
    const struct sweep *sweep = sweep_of(self, job);
    const Wire__Sweep *wish = job->task->run->sweep;
    CLEAN(adoption_clear) struct adoption found = {0};
    return sweep && wish->adopt &&
           adoption_read(&found, fetch->text, strlen(fetch->text), &ignored) == 0 &&
           set_name_parse(found.path, &name) == 0 && strcmp(name.folder, wish->path) == 0 &&
           name.state == SET_NAME_WHOLE && name.database_id > 0 && name.job_id == found.job_id &&
           !is_under_way(sweep, name.job_id);
}

// In the catalog's own folder the path tells whose it is, and the manifest has to agree.
static const struct database *
owner_of(struct server *self, const struct sweep *sweep, const struct adoption *found)
{
    struct set_name name;
    if (sweep->is_ours && set_name_parse(found->path, &name) == 0) {
        const struct database *database = estate_find(self->estate, name.database_id);
        return database && strcmp(database->resource_id, found->resource_id) == 0 ? database : NULL;
    }
    struct database *each = estate_first(self->estate);
    while (each && strcmp(each->resource_id, found->resource_id) != 0)
        each = estate_next(self->estate);
    return each;
}

static const char *
adopt(struct server *self, const struct board_job *job, const char *line, int is_taken)
{
    struct error ignored;
    const struct sweep *sweep = sweep_of(self, job);
    CLEAN(adoption_clear) struct adoption found = {0};
    if (!sweep || adoption_read(&found, line, strlen(line), &ignored))
        return "refused: it makes no sense";
    if (is_taken && sweep->is_ours)
        return "the catalog has another set of the same job";
    const struct database *database = owner_of(self, sweep, &found);
    if (!database)
        return "the catalog does not know the database that its manifest names";
    if (!sweep->is_ours)
        found.job_id = found.attempt = 0;  // of another catalog
    batch_unit(ledger_batch(self->ledger));
    adoption_write(&found, self->next_set_id++, database->id, job->task->run->sweep->store,
                   ledger_batch(self->ledger));
    server_know_anew(self);
    server_protect_set(self, job->task->run->sweep->store, "");
    log_info("set '%s' of '%s' was adopted by job %" PRId64, found.path, database->name,
             job->record->id);
    return "adopted";
}

const char *
server_adopt(struct server *self, const struct board_job *job, uint64_t number, const char *line,
             int is_taken)
{
    struct sweep *sweep = sweep_of(self, job);
    const char *said = adopt(self, job, line, is_taken);
    if (!sweep)
        return said;
    sweep->answered = number;
    buffer_empty(&sweep->answer);
    buffer_text(&sweep->answer, said);
    return buffer_read(&sweep->answer);
}

const char *
server_said_before(struct server *self, const struct board_job *job, uint64_t number)
{
    struct sweep *sweep = sweep_of(self, job);
    return sweep && sweep->answered == number ? buffer_read(&sweep->answer) : NULL;
}
