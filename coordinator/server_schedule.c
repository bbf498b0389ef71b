// Schedules: policies that fire start runs by themselves, and what has not begun when their window
// closes is left to the next firing.

#include "common/clean.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/server_policies.h"

enum { FIRINGS_MAX = 500 };

void
server_write_firing(struct server *self, const struct firing *firing)
{
    batch_add(ledger_batch(self->ledger), STATEMENT_FIRING_PUT, "tiiiii", firing->policy,
              firing->seen_ms, firing->fired_ms, firing->skipped_after_ms, firing->skipped_until_ms,
              firing->closes_ms);
}

static void
keep(void *context, const struct firing *firing)
{
    struct server *self = context;
    batch_unit(ledger_batch(self->ledger));
    server_write_firing(self, firing);
}

static int
is_left(struct server *self, const struct board_job *job, const char *policy)
{
    const struct run *run = board_run(self->board, job->record->run_id);
    return job->record->state == JOB_QUEUED && strcmp(run->requested_by, SCHEDULE_WHO) == 0 &&
           strcmp(run->label, policy) == 0;
}

// The last job that ends takes its run off the board.
static void
close_window(void *context, const char *policy)
{
    struct server *self = context;
    zlistx_t *jobs = zlistx_new();
    for (struct board_job *job = board_first(self->board); job; job = board_next(self->board)) {
        if (is_left(self, job, policy))
            zlistx_add_end(jobs, job);
    }
    if (zlistx_size(jobs))
        log_warning("the window of policy '%s' closes: %zu jobs are left to the next firing",
                    policy, zlistx_size(jobs));
    for (struct board_job *job = zlistx_first(jobs); job; job = zlistx_next(jobs))
        server_defer_job(self, job);
    zlistx_destroy(&jobs);
}

static void
warn(void *context, const struct policy *policy, const struct schedule_turn *turn)
{
    (void)context;
    char text[CLOCK_TEXT_SIZE];
    if (turn->back_ms)
        log_warning("the clock went back by %" PRId64 " s: policy '%s' fires again at its times",
                    turn->back_ms / 1000, policy->name);
    if (!turn->missed)
        return;
    clock_format_sql(turn->missed_first_ms, text);
    log_warning("policy '%s' missed %zu firings, the first one planned for %s UTC", policy->name,
                turn->missed, text);
}

static void
fire(void *context, const struct policy *policy, const struct schedule_turn *turn,
     const struct firing *firing)
{
    struct server *self = context;
    if (server_start_scheduled(self, policy, turn, firing) == 0)
        keep(self, firing);
}

static struct planner_listener
listener_of(struct server *self)
{
    return (struct planner_listener){
        .close = close_window, .fire = fire, .keep = keep, .warn = warn, .context = self};
}

// What is there is known only when the providers were asked once.
void
server_check_schedule(struct server *self)
{
    struct planner_listener listener = listener_of(self);
    if (self->discovered_ms && !self->file->ignores_schedules)
        planner_look(self->planner, self->policies, self->unix_ms, self->now_ms, &listener);
    roll_destroy(&self->roll);
}

void
server_reload_schedule(struct server *self)
{
    struct planner_listener listener = listener_of(self);
    planner_reload(self->planner, self->policies, &listener);
}

// ---- what comes next

int
server_list_schedule(struct server *self, const Wire__Query *query, size_t limit, table_t **table,
                     char **cursor, struct error *error)
{
    (void)query, (void)cursor, (void)error;
    size_t count = policies_count(self->policies), used = 0;
    struct schedule_entry entries[FIRINGS_MAX];
    CLEAN(memory_free) struct schedule *schedules = memory_get((count + 1) * sizeof *schedules);
    CLEAN(memory_free)
    size_t *places = memory_get((count + 1) * sizeof *places);
    CLEAN(memory_free) struct policy_use *uses = server_count_uses(self);
    for (size_t index = 0; index < count; index++) {
        const struct policy *policy = policies_at(self->policies, index);
        if (!policy->timetable)
            continue;
        places[used] = index;
        schedules[used++] = policy->schedule;
    }
    size_t found = schedule_list(schedules, used, self->unix_ms, entries,
                                 limit < FIRINGS_MAX ? limit : FIRINGS_MAX);
    *table = table_new();
    table_add_column(*table, "at", TABLE_TIME);
    table_add_column(*table, "policy", TABLE_TEXT);
    table_add_column(*table, "databases", TABLE_INTEGER);
    table_add_column(*table, "schedule", TABLE_TEXT);
    table_add_column(*table, "zone", TABLE_TEXT);
    table_add_column(*table, "unplaced", TABLE_INTEGER);
    table_add_column(*table, "reason", TABLE_TEXT);
    for (size_t index = 0; index < found; index++) {
        size_t place = places[entries[index].index];
        const struct policy *policy = policies_at(self->policies, place);
        table_add_row(*table);
        table_set_integer(*table, "at", entries[index].planned_ms);
        table_set(*table, "policy", policy->name);
        table_set_integer(*table, "databases", (int64_t)uses[place].databases);
        table_set(*table, "schedule", policy->cron);
        table_set(*table, "zone", policy->zone);
        if (!uses[place].unfit)
            continue;
        table_set_integer(*table, "unplaced", (int64_t)uses[place].unfit);
        table_set(*table, "reason", uses[place].reason);
    }
    return 0;
}
