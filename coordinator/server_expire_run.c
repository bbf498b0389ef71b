// The run of an expiry: a job for each set that the catalog says is expiring, and what becomes of
// it.

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/plan.h"
#include "coordinator/server_expire.h"
#include "coordinator/server_policies.h"
#include "coordinator/server_sets.h"

void
leaving_destroy(void **self_p)
{
    struct leaving *self = *self_p;
    memory_free(&self->store);
    memory_free(&self->path);
    memory_free(self_p);
}

// ---- gather

static int
has_job(struct server *self, int64_t set_id)
{
    for (struct board_job *job = board_first(self->board); job; job = board_next(self->board)) {
        if (job->record->kind == JOB_EXPIRE && job->record->set_id == set_id &&
            !job_state_ended(job->record->state))
            return 1;
    }
    return 0;
}

static void
gather_row(struct server *self, const table_t *table, size_t row)
{
    expiry_t *expiry = self->expiry;
    int64_t id = strtoll(table_cell(table, row, 0), NULL, 10);
    int64_t locked_ms = strtoll(table_cell(table, row, 4), NULL, 10);
    int is_locked = locked_ms > 0 && self->unix_ms - locked_ms < self->settings->expire.locked_ms;
    if (expiry->named ? id != expiry->named : is_locked)
        return;
    if (has_job(self, id))
        return;
    if (zlistx_size(expiry->sets) == EXPIRE_MAX) {
        expiry->has_more = 1;
        return;
    }
    struct leaving *leaving = memory_get(sizeof *leaving);
    leaving->id = id;
    leaving->database_id = strtoll(table_cell(table, row, 1), NULL, 10);
    leaving->store = memory_copy_text(table_cell(table, row, 2));
    leaving->path = memory_copy_text(table_cell(table, row, 3));
    zlistx_add_end(expiry->sets, leaving);
}

static void
add_job(struct server *self, struct run *run, const struct leaving *leaving)
{
    struct error error = {0};
    CLEAN(memory_free) uint8_t *task = NULL;
    size_t size = 0;
    const struct database *database = estate_find(self->estate, leaving->database_id);
    if (plan_expire(self->settings, leaving->store, leaving->path, &task, &size, &error) ||
        server_add_job(self, run, NULL, database, leaving->id, task, size, &error))
        log_error("run %" PRId64 ", expiry of set %" PRId64 ": %s", run->id, leaving->id,
                  error.message);
}

static char *
words_of(const expiry_t *expiry)
{
    if (expiry->named)
        return memory_format("set=%" PRId64, expiry->named);
    if (!expiry->question)
        return memory_copy_text("");
    const Wire__SubmitExpire *wish = expiry->question->ask->ask->submit->expire;
    return server_words(wish->selector, wish->n_selector);
}

static void
start_run(struct server *self)
{
    expiry_t *expiry = self->expiry;
    CLEAN(memory_free) char *words = words_of(expiry);
    const char *who = expiry->question ? expiry->question->peer.principal : SCHEDULE_WHO;
    struct run *run = server_begin_run(self, JOB_EXPIRE, NULL, words, who, "");
    int64_t run_id = run->id;
    for (struct leaving *each = zlistx_first(expiry->sets); each; each = zlistx_next(expiry->sets))
        add_job(self, run, each);
    log_info("run %" PRId64 " begins: expiry of %" PRId64 " sets, by %s%s", run_id, run->jobs, who,
             expiry->has_more ? "; more are to go after them" : "");
    server_end_run_if_done(self, run_id);
    server_end_expiry(self, NULL, run_id);
}

// The reader has answered what it was asked since the write: it knows all that was told.
static void
end_gathering(struct server *self)
{
    expiry_t *expiry = self->expiry;
    zhashx_purge(expiry->told_ids);
    if (zlistx_size(expiry->sets) > 0)
        start_run(self);
    else if (!expiry->question)
        server_end_expiry(self, NULL, 0);
    else if (expiry->named)
        server_fail_expiry(
            self, ERROR_DENIED,
            "the set is on its way out already, or what keeps it has changed just now: "
            "`dbhaul expire --dry-run` says more");
    else
        server_fail_expiry(
            self, ERROR_NOT_FOUND,
            "no set is to go now; `dbhaul expire --dry-run` says why each one stays");
}

void
server_ask_expiring(struct server *self, const char *cursor)
{
    struct error error = {0};
    struct query query = {.name = "expiring",
                          .selector = self->expiry->selector,
                          .cursor = cursor,
                          .limit = PAGE_ROWS_MAX};
    if (catalog_reader_ask(self->reader, self->next_tag, &query, &error)) {
        server_end_expiry(self, &error, 0);
        return;
    }
    self->expiry->stage = STAGE_GATHER;
    self->expiry->tag = self->next_tag++;
}

void
server_take_expiring(struct server *self, const table_t *table, const char *cursor)
{
    for (size_t row = 0; row < table_rows(table); row++)
        gather_row(self, table, row);
    if (cursor)
        server_ask_expiring(self, cursor);
    else
        end_gathering(self);
}

// ---- what came of it

void
server_write_expired(struct server *self, const struct board_job *job, const Wire__Done *done)
{
    int64_t id = job->record->set_id;
    if (!done->locked) {
        batch_add(ledger_batch(self->ledger), STATEMENT_SET_EXPIRED, "ii", self->unix_ms, id);
        return;
    }
    batch_add(ledger_batch(self->ledger), STATEMENT_SET_LOCKED, "iiti", (int64_t)done->whole,
              self->unix_ms, done->message, id);
    server_know_anew(self);
    log_info("set %" PRId64 " of '%s' is %s", id, server_subject(job), done->message);
}
