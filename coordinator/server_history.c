// How long jobs take: what is expected of one, and what one took.

#include "coordinator/server_state.h"

void
server_expect(struct server *self, struct job *job, const struct database *database)
{
    if (job->kind == JOB_BACKUP && database)
        job->expected_ms = history_expect(self->history, database->id, database->size_bytes, NULL);
}

void
server_remember(struct server *self, const struct board_job *job, int64_t set_bytes)
{
    const struct job *record = job->record;
    int64_t began_ms =
        job->began_ms ? self->unix_ms - (self->now_ms - job->began_ms) : record->started_ms;
    struct past past = {.database_id = record->database_id,
                        .duration_ms = self->unix_ms - began_ms,
                        .set_bytes = set_bytes,
                        .size_bytes = job->database ? job->database->size_bytes : 0};
    history_add(self->history, &past);
}
