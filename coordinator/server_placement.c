// Which workers could take what, and telling at once of what nobody could.

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/plan.h"
#include "coordinator/server_policies.h"

enum { REASONS_MAX = 3 };

// ---- what waits on the board

// One line for all jobs that need the same, when it begins and when it is over.
void
server_judge(struct server *self)
{
    needs_t *needs = board_needs(self->board);
    board_judge(self->board, self->fleet, self->now_ms);
    for (struct need *need = needs_first(needs); need; need = needs_next(needs)) {
        if (need->is_check)
            continue;  // its findings tell
        if (need->is_unfit && need->waiting && !need->is_told) {
            log_warning("no worker could take %zu jobs, which fail if none comes within %" PRId64
                        " s: %s",
                        need->waiting, self->settings->placement_ms / 1000, need->reason);
            need->is_told = 1;
        } else if (!need->is_unfit && need->is_told) {
            log_info("a worker can take the jobs that none could: %zu", need->jobs);
            need->is_told = 0;
        }
    }
}

// Adds a reason that is not there yet.
static void
note_reason(const char *reasons[REASONS_MAX], const char *reason)
{
    size_t index = 0;
    while (index < REASONS_MAX && reasons[index] && strcmp(reasons[index], reason) != 0)
        index++;
    if (index < REASONS_MAX)
        reasons[index] = reason;
}

char *
server_placement_note(struct server *self, int64_t run_id)
{
    size_t jobs = 0, unfit = 0;
    const char *reasons[REASONS_MAX] = {0};
    server_judge(self);
    for (struct board_job *job = board_first(self->board); job; job = board_next(self->board)) {
        if (job->record->run_id != run_id)
            continue;
        jobs++;
        if (job->record->state != JOB_QUEUED || !job->unfit_since_ms || job->need->is_check)
            continue;
        unfit++;
        note_reason(reasons, job->unfit_reason);
    }
    if (unfit == 0)
        return memory_copy_text("");
    char *text = memory_format("no worker could take %zu of %zu jobs", unfit, jobs);
    for (size_t index = 0; index < REASONS_MAX && reasons[index]; index++) {
        char *longer = memory_format("%s%s%s", text, index ? "; or: " : ": ", reasons[index]);
        memory_free(&text);
        text = longer;
    }
    return text;
}

// Why a job is not done: what it waits for, and what became of it before.
char *
server_explain_wait(struct server *self, const struct board_job *job)
{
    char why[QUEUE_REASON_SIZE];
    const char *message = job->record->message;
    if (job->unfit_since_ms)
        return memory_format("no worker can take it: %s", job->unfit_reason);
    if (job->is_held)
        return memory_format("its database is in the state '%s'", job->database->state);
    if (job->record->state != JOB_QUEUED || board_why(self->board, job, why))
        return memory_copy_text(message);
    return memory_format("%s%s%s", why, *message ? "; before: " : "", message);
}

void
server_tell_waits(struct server *self, table_t *table, const char *id_column)
{
    size_t column = 0;
    while (column < table_columns(table) && strcmp(table_name(table, column), id_column) != 0)
        column++;
    for (size_t row = 0; column < table_columns(table) && row < table_rows(table); row++) {
        struct board_job *job =
            board_job(self->board, strtoll(table_cell(table, row, column), NULL, 10));
        if (!job || job->record->state != JOB_QUEUED)
            continue;
        CLEAN(memory_free) char *why = server_explain_wait(self, job);
        table_change(table, row, "message", why);
    }
}

// ---- who could take a backup

static void
need_of(struct server *self, const struct policy *policy, const struct database *database,
        struct wanted_found *wanted, struct placement_need *need)
{
    policies_resolve(self->policies, policy, database, wanted);
    plan_need(self->settings, policy, database, wanted, need);
}

static void
count_one(struct policy_use *use, const char *reason)
{
    if (use->unfit++ == 0)
        snprintf(use->reason, sizeof use->reason, "%s", reason);
}

// Many need the same, which is judged once.
void
server_count_unfit(struct server *self, const struct policy *policy,
                   struct database *const *databases, struct policy_use *use)
{
    CLEAN(needs_destroy) needs_t *needs = needs_new();
    CLEAN(memory_free) struct need **held = memory_get((use->databases + 1) * sizeof *held);
    for (size_t index = 0; index < use->databases; index++) {
        struct error error = {0};
        char server[PLAN_SERVER_SIZE];
        struct wanted_found wanted;
        struct placement_need need;
        if (*databases[index]->skip_reason)
            continue;
        if (plan_server(policy, databases[index], server, &error)) {
            count_one(use, error.message);
            continue;
        }
        need_of(self, policy, databases[index], &wanted, &need);
        held[index] = needs_hold(needs, &need, 0);
    }
    needs_judge(needs, self->fleet);
    for (size_t index = 0; index < use->databases; index++) {
        if (held[index] && held[index]->is_unfit)
            count_one(use, held[index]->reason);
    }
}

static void
add_nobody(table_t *table, const char *reason)
{
    table_add_row(table);
    table_set(table, "verdict", "cannot take it");
    table_set(table, "reason", reason);
}

void
server_explain_workers(struct server *self, const struct database *database, table_t *table)
{
    struct error error = {0};
    char server[PLAN_SERVER_SIZE];
    struct wanted_found wanted;
    struct placement_need need;
    struct policy_choice choice;
    const struct policy *policy = server_policy(self, database, &choice);
    if (plan_server(policy, database, server, &error)) {
        add_nobody(table, error.message);
        return;
    }
    need_of(self, policy, database, &wanted, &need);
    for (struct worker *worker = fleet_first(self->fleet); worker;
         worker = fleet_next(self->fleet)) {
        char why[PLACEMENT_REASON_SIZE] = "";
        if (worker->gone)
            continue;
        int is_unfit = taker_is_unfit(worker, &need, why);
        table_add_row(table);
        table_set(table, "worker", worker_name(worker));
        table_set(table, "verdict", is_unfit ? "cannot take it" : "can take it");
        table_set(table, "reason", why);
    }
    if (fleet_count(self->fleet) == 0)
        add_nobody(table, "no worker is connected");
}
