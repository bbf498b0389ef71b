// The forecast: gathers what is known into one, has it played, and shows what came out. `forecast`
// makes one and answers with its sums; the lists `forecast_...` are pages of the last one. Choosing
// the policies of 10,000 databases takes longer than a turn of the loop may, so it is done in
// parts.

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "coordinator/plan.h"
#include "coordinator/server_policies.h"

enum {
    HOURS = 24,
    HOUR_MS = 3600000,
    OTHER_EXPECTED_MS = HISTORY_PRESET_MS,
    DATABASES_A_TURN = 250,
};

// A forecast on its way.
struct foresight {
    struct question *question;
    forecast_t *forecast;         // NULL: it is being played
    struct database **databases;  // by number; their records stay
    size_t count, next;           // that were not added yet
    int64_t hours, began_ms, longest_ms;
};

// ---- gathering

// Adds the need of a backup as text.
static void
print_need(struct server *self, const struct policy *policy, const struct database *database,
           char text[PLACEMENT_TEXT_SIZE])
{
    struct wanted_found wanted;
    struct placement_need need;
    policies_resolve(self->policies, policy, database, &wanted);
    plan_need(self->settings, policy, database, &wanted, &need);
    placement_print(&need, 0, text);
}

static size_t
place_of(const struct server *self, const struct policy *policy)
{
    size_t index = 0;
    while (index < policies_count(self->policies) && policies_at(self->policies, index) != policy)
        index++;
    return index < policies_count(self->policies) ? index : FORECAST_NO_POLICY;
}

// One that is gone may have jobs still.
static void
add_database(struct server *self, forecast_t *forecast, const struct database *database)
{
    struct error error = {0};
    char need[PLACEMENT_TEXT_SIZE], server[PLAN_SERVER_SIZE];
    struct policy_choice choice;
    const struct policy *policy = server_policy(self, database, &choice);
    struct forecast_database added = {
        .database = database, .policy = place_of(self, policy), .need = need};
    print_need(self, policy, database, need);
    if (plan_server(policy, database, server, &error))
        added.unable = error.message;
    else
        added.server = server;
    if (policy && policy->timetable && server_knows_promises(self))
        added.due_ms = schedule_due(&policy->schedule, database, INT64_MAX);
    added.is_member = policy && !database->gone_ms && !*database->skip_reason;
    added.expected_ms =
        history_expect(self->history, database->id, database->size_bytes, &added.basis);
    forecast_add_database(forecast, &added);
}

static int
by_id(const void *left, const void *right)
{
    const struct database *const *a = left;
    const struct database *const *b = right;
    return ((*a)->id > (*b)->id) - ((*a)->id < (*b)->id);
}

static void
list_databases(struct server *self, struct foresight *foresight)
{
    size_t size = (estate_count(self->estate) + 1) * sizeof(struct database *);
    foresight->databases = memory_get(size);
    for (struct database *each = estate_first(self->estate); each; each = estate_next(self->estate))
        foresight->databases[foresight->count++] = each;
    qsort(foresight->databases, foresight->count, sizeof(struct database *), by_id);
}

static void
add_job(struct server *self, forecast_t *forecast, const struct board_job *job)
{
    struct job record = *job->record;
    if (!record.expected_ms)
        record.expected_ms = OTHER_EXPECTED_MS;
    record.database_id = job->touched ? job->touched->id : 0;
    const struct policy *policy = policies_by_name(self->policies, job->policy);
    struct forecast_job added = {.record = &record,
                                 .need = job->need->text,
                                 .server = job->server,
                                 .worker = record.worker,
                                 .policy = place_of(self, policy),
                                 .closes_ms = job->closes_ms,
                                 .due_ms = job->due_ms};
    if (record.state != JOB_QUEUED && record.started_ms && record.started_ms < self->unix_ms)
        added.ran_ms = self->unix_ms - record.started_ms;
    forecast_add_job(forecast, &added);
}

// Firings that come every minute could hold the loop for long.
static int
add_firing(void *context, size_t policy, int64_t at_ms, const struct schedule_turn *turn)
{
    forecast_add_firing(context, policy, at_ms, turn);
    return forecast_firings(context) > FORECAST_FIRINGS_MAX;
}

// All but the databases.
static forecast_t *
begin_forecast(struct server *self, int64_t hours)
{
    int64_t until_ms = self->unix_ms + hours * HOUR_MS;
    forecast_t *forecast = forecast_new(self->unix_ms, until_ms);
    quota_copy_limits(forecast_quota(forecast), board_quota(self->board));
    queue_copy_weights(forecast_queue(forecast), board_queue(self->board));
    for (struct worker *worker = fleet_first(self->fleet); worker;
         worker = fleet_next(self->fleet)) {
        if (!worker->gone)
            forecast_add_worker(forecast, worker);
    }
    for (size_t index = 0; index < policies_count(self->policies); index++)
        forecast_add_policy(forecast, policies_at(self->policies, index));
    for (struct board_job *job = board_first(self->board); job; job = board_next(self->board)) {
        if (!job_state_ended(job->record->state))
            add_job(self, forecast, job);
    }
    planner_foresee(self->planner, self->policies, self->unix_ms, until_ms, add_firing, forecast);
    return forecast;
}

void
server_forget_forecast(struct server *self)
{
    struct foresight *foresight = self->foresight;
    if (!foresight)
        return;
    question_destroy(&foresight->question);
    forecast_destroy(&foresight->forecast);
    memory_free(&foresight->databases);
    memory_free(&self->foresight);
}

static void
note_turn(struct foresight *foresight, int64_t began_ms)
{
    int64_t spent_ms = clock_monotonic_ms() - began_ms;
    if (spent_ms > foresight->longest_ms)
        foresight->longest_ms = spent_ms;
}

static void
play(struct server *self)
{
    struct foresight *foresight = self->foresight;
    size_t size = forecast_size(foresight->forecast);
    int has_many = forecast_firings(foresight->forecast) > FORECAST_FIRINGS_MAX;
    if (size <= FORECAST_JOBS_MAX && !has_many) {
        forecaster_play(self->forecaster, &foresight->forecast);
        return;
    }
    CLEAN(memory_free)
    char *text = has_many
                     ? memory_format("there would be more than %d firings, which is all that a "
                                     "forecast has: ask for fewer hours",
                                     FORECAST_FIRINGS_MAX)
                     : memory_format("there would be %zu jobs, and a forecast has at most %d: "
                                     "ask for fewer hours",
                                     size, FORECAST_JOBS_MAX);
    server_answer_failed(self, foresight->question, ERROR_CONFIG, text);
    server_forget_forecast(self);
}

int
server_gathers_forecast(const struct server *self)
{
    return self->foresight && self->foresight->forecast;
}

void
server_gather_forecast(struct server *self)
{
    if (!server_gathers_forecast(self))
        return;
    struct foresight *foresight = self->foresight;
    int64_t began_ms = clock_monotonic_ms();
    size_t left = foresight->count - foresight->next;
    size_t count = left < DATABASES_A_TURN ? left : DATABASES_A_TURN;
    for (size_t index = 0; index < count; index++)
        add_database(self, foresight->forecast, foresight->databases[foresight->next++]);
    note_turn(foresight, began_ms);
    if (foresight->next == foresight->count)
        play(self);
}

void
server_restart_forecast(struct server *self)
{
    if (!server_gathers_forecast(self))
        return;
    struct foresight *foresight = self->foresight;
    forecast_destroy(&foresight->forecast);
    foresight->forecast = begin_forecast(self, foresight->hours);
    foresight->next = 0;
}

// ---- asking for one

static int64_t
number_of(const Wire__Query *query, const char *key, int64_t preset)
{
    for (size_t index = 0; index < query->n_terms; index++) {
        if (strcmp(query->terms[index]->key, key) == 0)
            return strtoll(query->terms[index]->pattern, NULL, 10);
    }
    return preset;
}

int
server_ask_forecast(struct server *self, struct question **question_p, struct error *error)
{
    int64_t hours = number_of((*question_p)->ask->ask->query, "hours", HOURS);
    if (hours < 1 || hours > FORECAST_HOURS_MAX)
        return error_set(error, ERROR_CONFIG, "a forecast is for 1 to %d hours",
                         FORECAST_HOURS_MAX);
    if (self->foresight)
        return error_set(error, ERROR_UNAVAILABLE,
                         "another forecast is being made: ask again in a minute");
    if (!self->discovered_ms)
        return error_set(error, ERROR_UNAVAILABLE,
                         "the providers were not asked yet: ask again in a minute");
    struct foresight *foresight = self->foresight = memory_get(sizeof *foresight);
    foresight->began_ms = clock_monotonic_ms();
    foresight->hours = hours;
    foresight->question = STEAL(*question_p);
    foresight->forecast = begin_forecast(self, hours);
    list_databases(self, foresight);
    note_turn(foresight, foresight->began_ms);
    return 0;
}

static void
fill_sum(const struct server *self, const struct forecast_sum *sum, table_t *table)
{
    const struct {
        const char *name;
        enum table_type type;
        int64_t number;
    } cells[] = {
        {"number", TABLE_INTEGER, self->forecast_number},
        {"from", TABLE_TIME, sum->from_ms},
        {"until", TABLE_TIME, sum->until_ms},
        {"ends", TABLE_TIME, sum->end_ms},
        {"firings", TABLE_INTEGER, (int64_t)sum->firings},
        {"jobs", TABLE_INTEGER, (int64_t)sum->jobs},
        {"well", TABLE_INTEGER, (int64_t)sum->verdicts[FORECAST_WELL]},
        {"late", TABLE_INTEGER, (int64_t)sum->verdicts[FORECAST_LATE]},
        {"left", TABLE_INTEGER, (int64_t)sum->verdicts[FORECAST_LEFT]},
        {"never", TABLE_INTEGER, (int64_t)sum->verdicts[FORECAST_NEVER]},
        {"skipped", TABLE_INTEGER, (int64_t)sum->skipped},
        {"databases", TABLE_INTEGER, (int64_t)sum->databases},
        {"by_history", TABLE_INTEGER, (int64_t)sum->bases[HISTORY_OWN]},
        {"by_size", TABLE_INTEGER, (int64_t)sum->bases[HISTORY_SIZE]},
        {"guessed", TABLE_INTEGER, (int64_t)sum->bases[HISTORY_PRESET]},
        {"workers", TABLE_INTEGER, (int64_t)sum->workers},
        {"slots", TABLE_INTEGER, (int64_t)sum->slots},
        {"held_ms", TABLE_INTEGER, self->foresight->longest_ms},
        {"took_ms", TABLE_INTEGER, clock_monotonic_ms() - self->foresight->began_ms},
    };
    for (size_t index = 0; index < sizeof cells / sizeof *cells; index++)
        table_add_column(table, cells[index].name, cells[index].type);
    table_add_row(table);
    for (size_t index = 0; index < sizeof cells / sizeof *cells; index++) {
        if (cells[index].number || cells[index].type != TABLE_TIME)
            table_set_integer(table, cells[index].name, cells[index].number);
    }
}

void
server_take_forecast(struct server *self)
{
    struct error error = {0};
    struct forecast_sum sum;
    const struct question *question = self->foresight->question;
    CLEAN(table_destroy) table_t *table = table_new();
    forecast_destroy(&self->forecast);
    self->forecast = forecaster_take(self->forecaster);
    self->forecast_number++;
    forecast_sum(self->forecast, &sum);
    fill_sum(self, &sum, table);
    if (server_answer_table(self, question, table, NULL, &error))
        server_answer(self, question, &error, 0);
    server_forget_forecast(self);
}

// ---- its pages

int
server_list_forecast(struct server *self, const Wire__Query *query, size_t limit, table_t **table,
                     char **cursor, struct error *error)
{
    size_t next = 0, first = strtoull(query->cursor, NULL, 10);
    if (!self->forecast || number_of(query, "number", 0) != self->forecast_number)
        return error_set(error, ERROR_NOT_FOUND,
                         "that forecast is not there any more: somebody asked for another one; ask "
                         "again");
    if (strcmp(query->name, "forecast_policies") == 0)
        *table = forecast_policies(self->forecast, first, limit, &next);
    else if (strcmp(query->name, "forecast_workers") == 0)
        *table = forecast_workers(self->forecast, first, limit, &next);
    else
        *table = forecast_databases(self->forecast, (int)number_of(query, "all", 0), first, limit,
                                    &next);
    if (next)
        *cursor = memory_format("%zu", next);
    return 0;
}
