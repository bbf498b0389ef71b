// How long jobs take and how much they write: what is expected of one, and what one did.

#include <assert.h>

#include "coordinator/server_policies.h"

void
server_expect(struct server *self, struct job *job, const struct database *database)
{
    if (job->kind == JOB_BACKUP && database)
        job->expected_ms = history_expect(self->history, database->id, database->size_bytes, NULL);
}

void
server_judge_set(struct server *self, const struct board_job *job, const Wire__SetFacts *set,
                 char jump[JUMP_TEXT_SIZE])
{
    static const struct jump_rules preset = {JUMP_GROWTH, JUMP_SHRINK};
    static_assert((int)JUMP_PAST_MAX == (int)HISTORY_KEPT, "all that is kept is judged");
    struct policy_choice choice;
    const struct policy *policy =
        job->database ? server_policy(self, job->database, &choice) : NULL;
    struct jump_series bytes = {.now = (int64_t)set->size_bytes};
    struct jump_series rows = {.now = (int64_t)set->rows};
    bytes.count = rows.count =
        history_sets(self->history, job->record->database_id, bytes.past, rows.past);
    jump_judge(policy ? &policy->alarm : &preset, &bytes, &rows, jump);
}

void
server_remember(struct server *self, const struct board_job *job, const Wire__SetFacts *set)
{
    const struct job *record = job->record;
    int64_t began_ms =
        job->began_ms ? self->unix_ms - (self->now_ms - job->began_ms) : record->started_ms;
    struct past past = {.database_id = record->database_id,
                        .duration_ms = self->unix_ms - began_ms,
                        .set_bytes = (int64_t)set->size_bytes,
                        .size_bytes = job->database ? job->database->size_bytes : 0,
                        .rows = (int64_t)set->rows};
    history_add(self->history, &past);
}
