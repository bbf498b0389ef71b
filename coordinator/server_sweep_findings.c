// What a sweep finds comes here and is told what becomes of it: nothing, unless the sweep was asked
// to. What came of that is heard, too, so that the list of strays says what is, not what was
// wanted.

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/adoption.h"
#include "coordinator/server_sweep.h"
#include "proto/set_name.h"

enum { STRAYS_MAX = 20000 };

// ---- judging

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

// What becomes of a finding: what the worker is told, and what the list of strays shows until it is
// heard what came of that.
struct verdict {
    const char *word, *outcome;
};

// What the worker says of what it was told to do, and what the list shows then.
static const struct {
    const char *word, *outcome;
} results[] = {
    {"removed", "removed"},
    {"locked", "not removed: locked"},
    {"unfit", "not adopted"},
};

static struct verdict
judge_place(const Wire__Sweep *wish, const char *kind)
{
    static const struct verdict kept = {"keep", ""};
    int is_partial = strcmp(kind, "partial") == 0;
    if (is_partial && wish->remove_partial)
        return (struct verdict){"remove", "to be removed"};
    if (!is_partial && wish->adopt)
        return (struct verdict){"adopt", "to be adopted"};
    if (!is_partial && wish->remove_unknown)
        return (struct verdict){"remove", "to be removed"};
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
            const char *path, int64_t set_id, const struct verdict *verdict)
{
    if (sweep->strays == STRAYS_MAX)
        return;
    batch_add(ledger_batch(self->ledger), STATEMENT_STRAY_ADD, "iiitttit", sweep->job_id,
              sweep->attempt, ++sweep->strays, wish->store, kind, path, set_id, verdict->outcome);
    if (strcmp(verdict->word, "remove") == 0 || strcmp(verdict->word, "adopt") == 0)
        zhashx_update(sweep->awaited, path, memory_format("%" PRId64, sweep->strays));
}

// The unit of the batch is open.
static void
write_outcome(struct server *self, struct sweep *sweep, const char *path, const char *outcome)
{
    const char *number = zhashx_lookup(sweep->awaited, path);
    if (!number)
        return;
    batch_add(ledger_batch(self->ledger), STATEMENT_STRAY_OUTCOME, "tiii", outcome, sweep->job_id,
              sweep->attempt, (int64_t)strtoll(number, NULL, 10));
    zhashx_delete(sweep->awaited, path);
}

// "removed PATH". Returns 0 if the line is no result.
static int
hear_result(struct server *self, struct sweep *sweep, const char *line)
{
    for (size_t index = 0; index < sizeof results / sizeof *results; index++) {
        size_t length = strlen(results[index].word);
        if (strncmp(line, results[index].word, length) != 0 || line[length] != ' ')
            continue;
        write_outcome(self, sweep, line + length + 1, results[index].outcome);
        buffer_text(&sweep->answer, "noted\n");
        return 1;
    }
    return 0;
}

// "partial PATH", "missing 12 PATH"
static void
hear_finding(struct server *self, struct sweep *sweep, const Wire__Sweep *wish, char *line)
{
    struct set_name name;
    struct verdict verdict = {"keep", ""};
    if (hear_result(self, sweep, line))
        return;
    const char *kind = strsep(&line, " ");
    int is_row = strcmp(kind, "missing") == 0 || strcmp(kind, "found") == 0;
    int is_place = strcmp(kind, "partial") == 0 || strcmp(kind, "unknown") == 0;
    int64_t set_id = is_row && line ? strtoll(strsep(&line, " "), NULL, 10) : 0;
    const char *path = line ? line : "";
    int has_name = set_name_parse(path, &name) == 0;
    if (has_name &&
        ((server_sweep_is_busy(sweep, name.job_id) && strcmp(name.folder, wish->path) == 0) ||
         is_leaving(self, &name))) {
        buffer_text(&sweep->answer, "keep\n");
        return;
    }
    if (is_row)
        verdict = judge_row(self, wish, kind, set_id);
    else if (is_place && has_name)
        verdict = judge_place(wish, kind);
    write_stray(self, sweep, wish, kind, path, set_id, &verdict);
    buffer_format(&sweep->answer, "%s\n", verdict.word);
}

const char *
server_hear_findings(struct server *self, struct board_job *job, const Wire__Fetch *fetch)
{
    struct sweep *sweep = server_sweep_of(self, job);
    if (!sweep && strcmp(fetch->list, "begin") == 0)
        sweep = server_sweep_begin(self, job);
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
    const struct sweep *sweep = server_sweep_of(self, job);
    const Wire__Sweep *wish = job->task->run->sweep;
    CLEAN(adoption_clear) struct adoption found = {0};
    return sweep && wish->adopt &&
           adoption_read(&found, fetch->text, strlen(fetch->text), &ignored) == 0 &&
           set_name_parse(found.path, &name) == 0 && strcmp(name.folder, wish->path) == 0 &&
           name.state == SET_NAME_WHOLE && name.database_id > 0 && name.job_id == found.job_id &&
           !server_sweep_is_busy(sweep, name.job_id);
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

// The unit of the batch is open.
static const char *
adopt(struct server *self, const struct board_job *job, struct sweep *sweep, struct adoption *found,
      int is_taken)
{
    if (is_taken && sweep->is_ours)
        return "the catalog has another set of the same job";
    const struct database *database = owner_of(self, sweep, found);
    if (!database)
        return "the catalog does not know the database that its manifest names";
    if (!sweep->is_ours)
        found->job_id = found->attempt = 0;  // of another catalog
    adoption_write(found, self->next_set_id++, database->id, job->task->run->sweep->store,
                   ledger_batch(self->ledger));
    server_know_anew(self);
    server_protect_set(self, job->task->run->sweep->store, "");
    log_info("set '%s' of '%s' was adopted by job %" PRId64, found->path, database->name,
             job->record->id);
    return "adopted";
}

static const char *
judge_adoption(struct server *self, const struct board_job *job, struct sweep *sweep,
               const char *line, int is_taken)
{
    struct error ignored;
    CLEAN(adoption_clear) struct adoption found = {0};
    if (adoption_read(&found, line, strlen(line), &ignored))
        return "refused: it makes no sense";
    batch_unit(ledger_batch(self->ledger));
    const char *said = adopt(self, job, sweep, &found, is_taken);
    write_outcome(self, sweep, found.path, strcmp(said, "adopted") == 0 ? said : "not adopted");
    return said;
}

const char *
server_adopt(struct server *self, const struct board_job *job, uint64_t number, const char *line,
             int is_taken)
{
    struct sweep *sweep = server_sweep_of(self, job);
    if (!sweep)
        return "refused: it makes no sense";
    const char *said = judge_adoption(self, job, sweep, line, is_taken);
    sweep->answered = number;
    buffer_empty(&sweep->answer);
    buffer_text(&sweep->answer, said);
    return buffer_read(&sweep->answer);
}

const char *
server_said_before(struct server *self, const struct board_job *job, uint64_t number)
{
    struct sweep *sweep = server_sweep_of(self, job);
    return sweep && sweep->answered == number ? buffer_read(&sweep->answer) : NULL;
}
