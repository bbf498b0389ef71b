// Expiry: sets go for good, one walk over them after the other. What decides is in retention.h;
// what holds whatever it says is in the very write that begins it (STATEMENT_SET_EXPIRE). Steps,
// each of which may be the last before a crash and is found again at the next start:
//
//     walk    all sets of a database after the other are judged; those that go become `expiring`
//     write   until that is durable; from then on they are not restored any more
//     gather  those that the catalog says are expiring get a job each, in one run
//
// A worker removes them. The last step, and what came of it, is server_expire_run.c.

#include <assert.h>

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/server_expire.h"
#include "coordinator/server_sets.h"

enum { FIRST_MS = 600000, AGAIN_MS = 5000, MORE_MS = 60000, KEY_SIZE = 24 };

// ---- the object

expiry_t *
expiry_new(void)
{
    expiry_t *self = memory_get(sizeof *self);
    self->waiting = zlistx_new();
    self->sets = zlistx_new();
    zlistx_set_destructor(self->sets, leaving_destroy);
    self->told_ids = zhashx_new();
    return self;
}

static void
reset(expiry_t *self)
{
    question_destroy(&self->question);
    selector_destroy(&self->selector);
    shelf_destroy(&self->shelf);
    zlistx_purge(self->sets);
    self->stage = STAGE_IDLE;
    self->tag = 0;
    self->named = 0;
    self->told = 0;
    self->has_more = 0;
}

void
expiry_destroy(expiry_t **self_p)
{
    expiry_t *self = *self_p;
    if (!self)
        return;
    reset(self);
    struct question *question = NULL;
    while ((question = zlistx_detach(self->waiting, NULL)))
        question_destroy(&question);
    zlistx_destroy(&self->waiting);
    zlistx_destroy(&self->sets);
    zhashx_destroy(&self->told_ids);
    memory_free(self_p);
}

static const char *
key_of(int64_t id, char key[KEY_SIZE])
{
    snprintf(key, KEY_SIZE, "%" PRId64, id);
    return key;
}

int
server_check_stays(struct server *self, int64_t set_id, const char *state, struct error *error)
{
    char key[KEY_SIZE];
    if (strcmp(state, "expired") == 0)
        return error_set(error, ERROR_DENIED,
                         "set %" PRId64 " was expired, its files are removed; `dbhaul backups` "
                         "shows what there is",
                         set_id);
    if (strcmp(state, "expiring") != 0 &&
        !zhashx_lookup(self->expiry->told_ids, key_of(set_id, key)))
        return 0;
    return error_set(error, ERROR_DENIED,
                     "set %" PRId64 " is being expired and cannot be used any more; `dbhaul "
                     "backups` shows what there is",
                     set_id);
}

// ---- ends

void
server_end_expiry(struct server *self, const struct error *error, int64_t run_id)
{
    expiry_t *expiry = self->expiry;
    if (expiry->question)
        server_answer(self, expiry->question, error, run_id);
    else if (error)
        log_error("cannot look which sets expire, tries again: %s", error->message);
    int64_t every_ms = self->settings->expire.every_ms;
    int64_t wait_ms = error && !expiry->question ? AGAIN_MS
                      : expiry->has_more         ? MORE_MS
                      : every_ms                 ? every_ms
                                                 : INT64_MAX / 2;
    // What somebody asked for changes nothing of when it is time.
    if (!expiry->question)
        expiry->due_ms = self->now_ms + wait_ms;
    reset(expiry);
}

void
server_fail_expiry(struct server *self, enum error_code code, const char *text)
{
    struct error error = {0};
    error_set(&error, code, "%s", text);
    server_end_expiry(self, &error, 0);
}

void
server_expiry_written(struct server *self)
{
    if (self->expiry->stage == STAGE_WRITE)
        server_ask_expiring(self, NULL);
}

// ---- walk

static void
write_then_gather(struct server *self)
{
    struct sock_peer nobody = {0};
    CLEAN(memory_free) uint8_t *data = memory_get(1);
    self->expiry->stage = STAGE_WRITE;
    ledger_after(self->ledger, EXPIRIES, &nobody, &data, 1);
}

static void
tell(struct server *self, const struct shelf_part *part, const struct retention_set *set,
     const struct retention_verdict *verdict)
{
    char key[KEY_SIZE];
    expiry_t *expiry = self->expiry;
    batch_unit(ledger_batch(self->ledger));
    batch_add(ledger_batch(self->ledger), STATEMENT_SET_EXPIRE, "ititi", self->unix_ms,
              verdict->reason, set->id, set->is_good ? "good" : "damaged",
              (int64_t)server_wants_offsite(self, part->database_id));
    zhashx_update(expiry->told_ids, key_of(set->id, key), self);
    expiry->told++;
    const struct database *database = estate_find(self->estate, part->database_id);
    log_info("set %" PRId64 " of '%s' %s", set->id, database ? database->name : "?",
             verdict->reason);
}

// Returns 0, or -1 if the named set stays, which is answered.
static int
judge_named(struct server *self, const struct shelf_part *part)
{
    struct retention_verdict verdict;
    size_t named = 0;
    while (named < part->count && part->sets[named].id != self->expiry->named)
        named++;
    if (named == part->count)
        return 0;
    server_judge_named(self, part, named, &verdict);
    if (verdict.may_go) {
        tell(self, part, &part->sets[named], &verdict);
        return 0;
    }
    CLEAN(memory_free)
    char *text = memory_format("set %" PRId64 " stays: %s", self->expiry->named,
                               verdict.reason + strlen("kept: "));
    server_fail_expiry(self, ERROR_DENIED, text);
    return -1;
}

static int
is_asked_for(struct server *self, int64_t database_id)
{
    if (!self->expiry->question)
        return 1;
    const Wire__SubmitExpire *wish = self->expiry->question->ask->ask->submit->expire;
    return server_is_kept_by(self, wish->selector, wish->n_selector, database_id);
}

static void
judge_all(struct server *self, const struct shelf_part *part)
{
    if (!is_asked_for(self, part->database_id))
        return;
    CLEAN(memory_free)
    struct retention_verdict *verdicts = memory_get((part->count + 1) * sizeof *verdicts);
    server_judge_sets(self, part, verdicts);
    for (size_t index = 0; index < part->count; index++) {
        if (!verdicts[index].may_go)
            continue;
        if (self->expiry->told == EXPIRE_MAX) {
            self->expiry->has_more = 1;
            return;
        }
        tell(self, part, &part->sets[index], &verdicts[index]);
    }
}

static void
ask_walk(struct server *self, const char *cursor)
{
    struct error error = {0};
    expiry_t *expiry = self->expiry;
    if (server_ask_kept(self, expiry->selector, cursor, &expiry->tag, &error))
        server_end_expiry(self, &error, 0);
    else
        expiry->stage = STAGE_WALK;
}

static void
take_walk(struct server *self, const table_t *table, const char *cursor)
{
    struct shelf_part part;
    expiry_t *expiry = self->expiry;
    shelf_add(expiry->shelf, table);
    if (!cursor)
        shelf_end(expiry->shelf);
    while (!expiry->has_more && shelf_next(expiry->shelf, &part)) {
        if (!expiry->named)
            judge_all(self, &part);
        else if (judge_named(self, &part))
            return;
    }
    if (cursor && !expiry->has_more)
        ask_walk(self, cursor);
    else
        write_then_gather(self);
}

// ---- a set that is named

static void
select_database(expiry_t *expiry, const char *database)
{
    struct error error = {0};
    selector_destroy(&expiry->selector);
    expiry->selector = selector_new();
    int failed = selector_add(expiry->selector, "database", database, &error);
    assert(!failed);
}

// Columns of the list `sets`: id, database, ..., state.
enum { SET_DATABASE = 1, SET_STATE = 6 };

static void
take_named(struct server *self, const table_t *table)
{
    struct error error = {0};
    if (table_rows(table) == 0) {
        server_fail_expiry(self, ERROR_NOT_FOUND,
                           "there is no such set; `dbhaul backups` shows what there is");
        return;
    }
    const char *state = table_cell(table, 0, SET_STATE);
    select_database(self->expiry, table_cell(table, 0, SET_DATABASE));
    if (strcmp(state, "expiring") == 0)
        write_then_gather(self);
    else if (server_check_stays(self, self->expiry->named, state, &error))
        server_end_expiry(self, &error, 0);
    else if (strcmp(state, "missing") == 0)
        server_fail_expiry(self, ERROR_DENIED,
                           "the set is missing from its store, so there is nothing to remove; if "
                           "it is there again, `dbhaul sweep STORE --adopt` takes it back");
    else
        ask_walk(self, NULL);
}

// ---- begins

static int
has_retention(const struct server *self)
{
    for (size_t index = 0; index < policies_count(self->policies); index++) {
        if (retention_has_rules(&policies_at(self->policies, index)->retention))
            return 1;
    }
    return 0;
}

// Removals that no worker can take, since none has their store, hold up nothing but their own sets.
static int
is_run_under_way(struct server *self)
{
    for (struct board_job *job = board_first(self->board); job; job = board_next(self->board)) {
        if (job->record->kind == JOB_EXPIRE && !job_state_ended(job->record->state) &&
            !job->unfit_since_ms)
            return 1;
    }
    return 0;
}

static void
begin_walk(struct server *self)
{
    self->expiry->shelf = shelf_new(self->unix_ms, self->settings->expire.locked_ms);
    if (!self->expiry->named) {
        ask_walk(self, NULL);
        return;
    }
    struct error error = {0};
    struct query query = {.name = "sets", .set_id = self->expiry->named, .limit = 1};
    if (catalog_reader_ask(self->reader, self->next_tag, &query, &error)) {
        server_end_expiry(self, &error, 0);
        return;
    }
    self->expiry->stage = STAGE_NAMED;
    self->expiry->tag = self->next_tag++;
}

static void
begin_asked(struct server *self, struct question **question_p)
{
    struct error error = {0};
    expiry_t *expiry = self->expiry;
    expiry->question = STEAL(*question_p);
    const Wire__SubmitExpire *wish = expiry->question->ask->ask->submit->expire;
    expiry->named = (int64_t)wish->set_id;
    expiry->selector = selector_new();
    if (server_select_kept(wish->selector, wish->n_selector, expiry->selector, &error)) {
        server_end_expiry(self, &error, 0);
        return;
    }
    begin_walk(self);
}

// What was told to go before a restart goes on even if no policy has retention any more.
void
server_check_expiry(struct server *self)
{
    expiry_t *expiry = self->expiry;
    if (expiry->stage != STAGE_IDLE)
        return;
    struct question *question = zlistx_detach(expiry->waiting, NULL);
    if (question) {
        begin_asked(self, &question);
        return;
    }
    int64_t every_ms = self->settings->expire.every_ms;
    if (!expiry->due_ms) {
        // What a crash has left is looked for at once; a walk waits for what discovery finds.
        expiry->due_ms = self->now_ms + (every_ms && every_ms < FIRST_MS ? every_ms : FIRST_MS);
        write_then_gather(self);
        return;
    }
    if (self->now_ms < expiry->due_ms || is_run_under_way(self))
        return;
    if (every_ms && has_retention(self))
        begin_walk(self);
    else
        write_then_gather(self);
}

void
server_ask_expire(struct server *self, struct question **question_p)
{
    if (zlistx_size(self->expiry->waiting) >= QUESTIONS_MAX) {
        server_answer_failed(self, *question_p, ERROR_UNAVAILABLE,
                             "too many questions wait: ask again later");
        return;
    }
    zlistx_add_end(self->expiry->waiting, STEAL(*question_p));
}

int
server_take_expiry(struct server *self, uint64_t tag, const table_t *table, char **cursor_p,
                   const struct error *error)
{
    expiry_t *expiry = self->expiry;
    if (tag != expiry->tag)
        return 0;
    expiry->tag = 0;
    if (!table) {
        server_end_expiry(self, error, 0);
        return 1;
    }
    if (expiry->stage == STAGE_NAMED) {
        take_named(self, table);
    } else if (expiry->stage == STAGE_WALK) {
        take_walk(self, table, *cursor_p);
    } else {
        server_take_expiring(self, table, *cursor_p);
    }
    return 1;
}
