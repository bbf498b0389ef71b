// What starts runs, and what ends them.

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/discovery/eligible.h"
#include "coordinator/plan.h"
#include "coordinator/server_policies.h"
#include "coordinator/server_sets.h"

// ---- a run

char *
server_words(Wire__Term *const *terms, size_t count)
{
    char *text = memory_copy_text("");
    for (size_t index = 0; index < count; index++) {
        char *longer = memory_format("%s%s%s=%s", text, index ? " " : "", terms[index]->key,
                                     terms[index]->pattern);
        free(text);
        text = longer;
    }
    return text;
}

// Writes a new run; its jobs follow in the same unit, so that the run is there whole or not at all.
// policy: what all of its databases have, or NULL.
struct run *
server_begin_run(struct server *self, enum job_kind kind, const struct policy *policy,
                 const char *selector, const char *who, const char *note)
{
    struct run *run = run_record_new();
    run->id = self->next_run_id++;
    run->kind = kind;
    record_set(&run->label, policy ? policy->name : "manual");
    record_set(&run->policy_digest, policy ? policy->digest : "");
    record_set(&run->selector, selector);
    record_set(&run->requested_by, who);
    record_set(&run->note, note);
    run->started_ms = self->unix_ms;
    batch_t *batch = ledger_batch(self->ledger);
    batch_unit(batch);
    batch_add(batch, STATEMENT_RUN_ADD, "itttttti", run->id, job_kind_name(kind), run->label,
              run->selector, run->requested_by, run->policy_digest, run->note, run->started_ms);
    return board_add_run(self->board, &run);
}

// The database that a restore goes to, if the estate has its server.
static const struct database *
find_target(struct server *self, const Wire__Server *target)
{
    struct database *each = estate_first(self->estate);
    while (each && (each->gone_ms || each->port != (int64_t)target->port ||
                    strcasecmp(each->host, target->host) != 0))
        each = estate_next(self->estate);
    return each;
}

const struct database *
server_touched(struct server *self, const Wire__Run *run, const struct database *database)
{
    return run->task_case == WIRE__RUN__TASK_RESTORE ? find_target(self, run->restore->target)
                                                     : database;
}

int
server_add_job(struct server *self, struct run *run, const struct policy *policy,
               const struct database *database, int64_t set_id, uint8_t *task, size_t task_size,
               struct error *error)
{
    const Wire__Envelope *envelope = NULL;
    if (wire_unpack(self->decoder, task, task_size, WIRE_FROM_COORDINATOR, &envelope, error))
        return error_wrap(error, "cannot plan job");
    struct job *job = job_record_new();
    job->id = self->next_job_id++;
    job->run_id = run->id;
    job->kind = run->kind;
    job->database_id = database ? database->id : 0;
    job->set_id = set_id;
    job->queued_ms = self->unix_ms;
    server_expect(self, job, database);
    batch_add(ledger_batch(self->ledger), STATEMENT_JOB_ADD, "iitiibi", job->id, job->run_id,
              job_kind_name(job->kind), job->database_id, job->set_id, (const void *)task,
              task_size, job->queued_ms);
    if (policy) {
        record_set(&job->policy, policy->name);
        batch_add(ledger_batch(self->ledger), STATEMENT_JOB_POLICY, "tti", policy->name,
                  policy->digest, job->id);
    }
    const struct database *touched = server_touched(self, envelope->run, database);
    struct board_job *added = board_add_job(self->board, &job, envelope, database, touched, policy);
    board_hold(self->board, added, server_waits(added));
    run->jobs++;
    return 0;
}

static void
skip(struct server *self, struct run *run, const struct database *database, const char *reason)
{
    run->skipped++;
    batch_add(ledger_batch(self->ledger), STATEMENT_RUN_SKIP, "iit", run->id, database->id, reason);
    log_info("run %" PRId64 " skips '%s': %s", run->id, database->name, reason);
}

void
server_end_run_if_done(struct server *self, int64_t run_id)
{
    struct run *run = board_run(self->board, run_id);
    if (run->succeeded + run->failed + run->cancelled < run->jobs)
        return;
    run->ended_ms = self->unix_ms;
    batch_add(ledger_batch(self->ledger), STATEMENT_RUN_END, "iiiiiii", run->ended_ms, run->jobs,
              run->succeeded, run->failed, run->cancelled, run->skipped, run->id);
    log_info("run %" PRId64 " ended: %" PRId64 " succeeded, %" PRId64 " failed, %" PRId64
             " cancelled, %" PRId64 " skipped",
             run->id, run->succeeded, run->failed, run->cancelled, run->skipped);
    server_notify_run(self, run);
    server_protect_run(self, run);
    board_remove_run(self->board, &run);
}

static int64_t
end_begin(struct server *self, int64_t run_id)
{
    server_end_run_if_done(self, run_id);  // a run without jobs
    return run_id;
}

// ---- of databases

static int
by_id(const void *left, const void *right)
{
    const struct database *const *a = left;
    const struct database *const *b = right;
    return ((*a)->id > (*b)->id) - ((*a)->id < (*b)->id);
}

// The databases that terms select and that are still listed, by number. The array is the caller's.
struct database **
server_select(struct server *self, Wire__Term *const *terms, size_t term_count, size_t *count,
              struct error *error)
{
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    for (size_t index = 0; index < term_count; index++) {
        if (selector_add(selector, terms[index]->key, terms[index]->pattern, error))
            return NULL;
    }
    struct database **found = memory_get((estate_count(self->estate) + 1) * sizeof *found);
    *count = 0;
    for (struct database *each = estate_first(self->estate); each;
         each = estate_next(self->estate)) {
        if (!each->gone_ms && selector_matches(selector, each))
            found[(*count)++] = each;
    }
    if (*count == 0) {
        error_set(error, ERROR_NOT_FOUND,
                  "no database matches; `dbhaul databases` shows what there is");
        free(found);
        return NULL;
    }
    qsort(found, *count, sizeof(struct database *), by_id);
    return found;
}

static int
plan(struct server *self, const struct run *run, const struct policy *policy,
     const struct database *database, uint8_t **task, size_t *size, struct error *error)
{
    struct wanted_found wanted;
    policies_resolve(self->policies, policy, database, &wanted);
    return run->kind == JOB_BACKUP
               ? plan_backup(self->settings, policy, database, &wanted, run->id, task, size, error)
               : plan_check(self->settings, policy, database, &wanted, self->folder, task, size,
                            error);
}

// Returns whether it has a job now, which is then the newest one.
static int
add_database(struct server *self, struct run *run, const struct database *database)
{
    struct error error = {0};
    CLEAN(memory_free) uint8_t *task = NULL;
    size_t size = 0;
    struct policy_choice choice;
    const struct policy *policy = server_policy(self, database, &choice);
    if (*database->skip_reason) {
        skip(self, run, database, database->skip_reason);
        server_notify_left_out(self, run, database, database->skip_reason);
    } else if (choice.outcome == POLICY_OPTED_OUT && choice.policy) {
        skip(self, run, database, choice.note);
    } else if (run->kind == JOB_CHECK && eligible_waits(database)) {
        // Somebody waits for a check, and a backup may wait for the database.
        CLEAN(memory_free)
        char *reason =
            memory_format("its state is '%s': a backup waits until that passes", database->state);
        skip(self, run, database, reason);
    } else if (run->kind == JOB_BACKUP && board_has_backup(self->board, database->id)) {
        skip(self, run, database, "a backup of it is queued or runs already");
    } else if (plan(self, run, policy, database, &task, &size, &error) ||
               server_add_job(self, run, policy, database, 0, task, size, &error)) {
        skip(self, run, database, error.message);
        server_notify_left_out(self, run, database, error.message);
    } else {
        return 1;
    }
    return 0;
}

// The policy that all of them have; NULL if they differ, or one has none.
static const struct policy *
shared_policy(struct server *self, struct database *const *databases, size_t count)
{
    struct policy_choice choice;
    const struct policy *policy = server_policy(self, databases[0], &choice);
    for (size_t index = 1; index < count && policy; index++) {
        if (server_policy(self, databases[index], &choice) != policy)
            return NULL;
    }
    return policy;
}

static int64_t
start_with_databases(struct server *self, enum job_kind kind, const struct question *question,
                     Wire__Term *const *terms, size_t term_count, struct error *error)
{
    size_t count = 0;
    CLEAN(memory_free)
    struct database **databases = server_select(self, terms, term_count, &count, error);
    if (!databases)
        return -1;
    CLEAN(memory_free) char *selector = server_words(terms, term_count);
    CLEAN(memory_free) char *note = server_doubt(self, terms, term_count, databases, count);
    struct run *run = server_begin_run(self, kind, shared_policy(self, databases, count), selector,
                                       question->peer.principal, note);
    for (size_t index = 0; index < count; index++)
        add_database(self, run, databases[index]);
    log_info("run %" PRId64 " begins: %s of %" PRId64 " databases, %" PRId64 " skipped, by %s",
             run->id, job_kind_name(kind), run->jobs, run->skipped, run->requested_by);
    if (*note)
        log_warning("run %" PRId64 " cannot be whole: %s", run->id, note);
    return end_begin(self, run->id);
}

int64_t
server_start_backup(struct server *self, const struct question *question, struct error *error)
{
    const Wire__SubmitBackup *wish = question->ask->ask->submit->backup;
    return start_with_databases(self, JOB_BACKUP, question, wish->selector, wish->n_selector,
                                error);
}

int64_t
server_start_check(struct server *self, const struct question *question, struct error *error)
{
    const Wire__SubmitCheck *wish = question->ask->ask->submit->check;
    return start_with_databases(self, JOB_CHECK, question, wish->selector, wish->n_selector, error);
}

// ---- by schedule

// Until the catalog was read nobody knows which databases were left before.
static void
delay_job(struct server *self, const struct policy *policy, const struct database *database,
          const struct schedule_turn *turn)
{
    struct board_job *job = board_job(self->board, self->next_job_id - 1);
    job->closes_ms = turn->closes_ms;
    if (server_knows_promises(self))
        job->due_ms = schedule_due(&policy->schedule, database, turn->planned_ms);
    job->record->not_before_ms = turn->start_ms + schedule_delay(database, turn->spread_ms);
    if (job->record->not_before_ms > self->unix_ms)
        batch_add(ledger_batch(self->ledger), STATEMENT_JOB_WAIT, "ii", job->record->not_before_ms,
                  job->record->id);
}

int64_t
server_start_scheduled(struct server *self, const struct policy *policy,
                       const struct schedule_turn *turn, const struct firing *firing)
{
    size_t count = 0;
    if (!self->roll)
        self->roll = server_roll(self);
    struct database *const *databases = roll_of(self->roll, policy, &count);
    if (count == 0) {
        log_info("policy '%s' fires and has no database", policy->name);
        return 0;
    }
    CLEAN(memory_free) char *note = server_doubt(self, NULL, 0, databases, count);
    CLEAN(memory_free) char *selector = memory_format("policy=%s", policy->name);
    struct run *run = server_begin_run(self, JOB_BACKUP, policy, selector, SCHEDULE_WHO, note);
    server_write_firing(self, firing);
    for (size_t index = 0; index < count; index++) {
        if (add_database(self, run, databases[index]))
            delay_job(self, policy, databases[index], turn);
    }
    log_info("run %" PRId64 " begins: policy '%s' fires for %" PRId64 " databases, %" PRId64
             " skipped",
             run->id, policy->name, run->jobs, run->skipped);
    return end_begin(self, run->id);
}

// ---- of sets

static int
check_workers(const Wire__SubmitRestore *wish, struct error *error)
{
    for (size_t index = 0; index < wish->n_workers; index++) {
        if (wanted_check(wish->workers[index]->key, wish->workers[index]->pattern, error))
            return -1;
    }
    return 0;
}

// What is wanted of a restore's worker: what the operator says, before what holds for the target.
static void
want_for_restore(struct server *self, const Wire__SubmitRestore *wish, struct wanted_found *found)
{
    struct policy_choice choice;
    CLEAN(wanted_clear) struct wanted wanted = {0};
    const struct database *target = find_target(self, wish->target);
    const struct policy *policy = target ? server_policy(self, target, &choice) : NULL;
    for (size_t index = 0; index < wish->n_workers; index++)
        wanted_set(&wanted, wish->workers[index]->key, wish->workers[index]->pattern, 0);
    wanted_add_presets(&wanted, policy ? &policy->workers : policies_placement(self->policies));
    wanted_resolve(&wanted, target, found);
}

static int
plan_of_set(struct server *self, const struct question *question, const struct plan_set *set,
            uint8_t **task, size_t *size, struct error *error)
{
    struct wanted_found wanted;
    const Wire__Submit *submit = question->ask->ask->submit;
    if (submit->what_case != WIRE__SUBMIT__WHAT_RESTORE)
        return plan_verify(self->settings, set, task, size, error);
    want_for_restore(self, submit->restore, &wanted);
    return plan_restore(self->settings, set, submit->restore, &wanted, task, size, error);
}

static int
add_set(struct server *self, struct run *run, const struct question *question, const table_t *sets,
        size_t row, struct error *error)
{
    struct plan_set set;
    CLEAN(memory_free) uint8_t *task = NULL;
    size_t size = 0;
    if (plan_read_set(sets, row, &set, error) ||
        server_check_stays(self, set.id, set.state, error) ||
        plan_of_set(self, question, &set, &task, &size, error))
        return -1;
    const struct database *database = estate_find(self->estate, set.database_id);
    return server_add_job(self, run, NULL, database, set.id, task, size, error);
}

int64_t
server_start_with_sets(struct server *self, const struct question *question, const table_t *sets,
                       struct error *error)
{
    const Wire__Submit *submit = question->ask->ask->submit;
    int is_restore = submit->what_case == WIRE__SUBMIT__WHAT_RESTORE;
    if (table_rows(sets) == 0)
        return error_set(error, ERROR_NOT_FOUND,
                         "there is no such set; `dbhaul backups` shows what there is");
    struct plan_set first;
    if (plan_read_set(sets, 0, &first, error) ||
        (table_rows(sets) == 1 && server_check_stays(self, first.id, first.state, error)) ||
        (is_restore && check_workers(submit->restore, error)))
        return -1;
    if (is_restore && strcmp(first.state, "good") != 0 && !submit->restore->overwrite)
        return error_set(error, ERROR_DENIED, "set %" PRId64 " is '%s': choose another one",
                         first.id, first.state);
    CLEAN(memory_free)
    char *selector = is_restore
                         ? memory_format("set=%" PRId64, first.id)
                         : server_words(submit->verify->selector, submit->verify->n_selector);
    struct run *run = server_begin_run(self, is_restore ? JOB_RESTORE : JOB_VERIFY, NULL, selector,
                                       question->peer.principal, "");
    for (size_t row = 0; row < table_rows(sets); row++) {
        if (add_set(self, run, question, sets, row, error))
            log_error("run %" PRId64 ": %s", run->id, error->message);
    }
    log_info("run %" PRId64 " begins: %s of %" PRId64 " sets, by %s", run->id,
             job_kind_name(run->kind), run->jobs, run->requested_by);
    return end_begin(self, run->id);
}
