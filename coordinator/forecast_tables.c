// What a forecast came to, in sums and tables.

#include "common/memory.h"
#include "coordinator/forecast_parts.h"

const char *
forecast_verdict_name(enum forecast_verdict verdict)
{
    static const char *const names[FORECAST_VERDICTS] = {[FORECAST_WELL] = "well",
                                                         [FORECAST_LATE] = "late",
                                                         [FORECAST_LEFT] = "left",
                                                         [FORECAST_NEVER] = "never"};
    return names[verdict];
}

void
forecast_sum(const forecast_t *self, struct forecast_sum *sum)
{
    *sum = (struct forecast_sum){.from_ms = self->from_ms,
                                 .until_ms = self->until_ms,
                                 .firings = self->firing_count,
                                 .jobs = self->row_count,
                                 .workers = self->worker_count};
    for (size_t index = 0; index < self->row_count; index++) {
        const struct forecast_row *row = self->rows[index];
        sum->verdicts[row->verdict]++;
        if (row->ends_ms > sum->end_ms)
            sum->end_ms = row->ends_ms;
    }
    for (size_t index = 0; index < self->run_count; index++)
        sum->skipped += self->runs[index].skipped;
    for (size_t index = 0; index < self->member_count; index++) {
        const struct forecast_member *member = self->members[index];
        sum->databases += (size_t)member->is_fired;
        sum->bases[member->basis] += (size_t)member->is_fired;
    }
    for (size_t index = 0; index < self->worker_count; index++)
        sum->slots += self->workers[index].slots;
}

// ---- tables

struct column {
    const char *name;
    enum table_type type;
};

static table_t *
begin_table(const struct column *columns)
{
    table_t *table = table_new();
    for (; columns->name; columns++)
        table_add_column(table, columns->name, columns->type);
    return table;
}

static void
set_time(table_t *table, const char *column, int64_t time_ms)
{
    if (time_ms)
        table_set_integer(table, column, time_ms);
}

static const char *
policy_name(const forecast_t *self, size_t policy)
{
    return policy == FORECAST_NO_POLICY ? "" : self->policies[policy]->name;
}

static void
add_database(const forecast_t *self, const struct forecast_row *row, table_t *table)
{
    const struct forecast_run *run = &self->runs[row->run];
    table_add_row(table);
    if (row->member) {
        const struct database *database = row->member->database;
        table_set_integer(table, "database", database->id);
        table_set(table, "name", database->name);
        table_set(table, "account", database->account);
        table_set(table, "region", database->region);
    }
    table_set(table, "policy", policy_name(self, run->policy));
    set_time(table, "planned", run->planned_ms);
    set_time(table, "due", row->due_ms);
    set_time(table, "begins", row->begins_ms);
    set_time(table, "ends", row->ends_ms);
    set_time(table, "closes", run->closes_ms);
    table_set(table, "verdict", forecast_verdict_name(row->verdict));
    table_set(table, "limit", row->limit ? row->limit : "");
    table_set_integer(table, "expected_s", (row->expected_ms + 999) / 1000);
    table_set(table, "basis", history_basis_name(row->basis));
    if (row->worker != SIZE_MAX)
        table_set(table, "worker", worker_name(self->workers[row->worker].worker));
}

table_t *
forecast_databases(const forecast_t *self, int is_all, size_t first, size_t limit, size_t *next)
{
    static const struct column columns[] = {
        {"database", TABLE_INTEGER}, {"name", TABLE_TEXT},    {"account", TABLE_TEXT},
        {"region", TABLE_TEXT},      {"policy", TABLE_TEXT},  {"planned", TABLE_TIME},
        {"due", TABLE_TIME},         {"begins", TABLE_TIME},  {"ends", TABLE_TIME},
        {"closes", TABLE_TIME},      {"verdict", TABLE_TEXT}, {"expected_s", TABLE_INTEGER},
        {"basis", TABLE_TEXT},       {"worker", TABLE_TEXT},  {"limit", TABLE_TEXT},
        {NULL, TABLE_TEXT},
    };
    table_t *table = begin_table(columns);
    *next = 0;
    for (size_t index = first; index < self->row_count; index++) {
        const struct forecast_row *row = self->rows[index];
        if (!is_all && row->verdict == FORECAST_WELL)
            continue;
        if (table_rows(table) == limit) {
            *next = index;
            break;
        }
        add_database(self, row, table);
    }
    return table;
}

static void
add_run(const forecast_t *self, const struct forecast_run *run, table_t *table)
{
    size_t verdicts[FORECAST_VERDICTS] = {0};
    int64_t end_ms = 0;
    for (const struct forecast_row *row = run->first; row; row = row->next) {
        verdicts[row->verdict]++;
        if (row->ends_ms > end_ms)
            end_ms = row->ends_ms;
    }
    table_add_row(table);
    table_set(table, "policy", policy_name(self, run->policy));
    set_time(table, "planned", run->planned_ms);
    set_time(table, "closes", run->closes_ms);
    set_time(table, "ends", end_ms);
    table_set_integer(table, "jobs", (int64_t)run->count);
    table_set_integer(table, "skipped", (int64_t)run->skipped);
    for (enum forecast_verdict verdict = 0; verdict < FORECAST_VERDICTS; verdict++)
        table_set_integer(table, forecast_verdict_name(verdict), (int64_t)verdicts[verdict]);
}

table_t *
forecast_policies(const forecast_t *self, size_t first, size_t limit, size_t *next)
{
    static const struct column columns[] = {
        {"policy", TABLE_TEXT},     {"planned", TABLE_TIME}, {"closes", TABLE_TIME},
        {"ends", TABLE_TIME},       {"jobs", TABLE_INTEGER}, {"well", TABLE_INTEGER},
        {"late", TABLE_INTEGER},    {"left", TABLE_INTEGER}, {"never", TABLE_INTEGER},
        {"skipped", TABLE_INTEGER}, {NULL, TABLE_TEXT},
    };
    table_t *table = begin_table(columns);
    size_t index = first;
    for (; index < self->run_count && index - first < limit; index++)
        add_run(self, &self->runs[index], table);
    *next = index < self->run_count ? index : 0;
    return table;
}

table_t *
forecast_workers(const forecast_t *self, size_t first, size_t limit, size_t *next)
{
    static const struct column columns[] = {
        {"worker", TABLE_TEXT},    {"slots", TABLE_INTEGER},        {"jobs", TABLE_INTEGER},
        {"busy_s", TABLE_INTEGER}, {"busy_percent", TABLE_INTEGER}, {NULL, TABLE_TEXT},
    };
    table_t *table = begin_table(columns);
    size_t index = first;
    for (; index < self->worker_count && index - first < limit; index++) {
        const struct forecast_worker *worker = &self->workers[index];
        int64_t room_ms = (self->until_ms - self->from_ms) * worker->slots;
        table_add_row(table);
        table_set(table, "worker", worker_name(worker->worker));
        table_set_integer(table, "slots", worker->slots);
        table_set_integer(table, "jobs", (int64_t)worker->jobs);
        table_set_integer(table, "busy_s", worker->busy_ms / 1000);
        table_set_integer(table, "busy_percent", room_ms ? worker->busy_ms * 100 / room_ms : 0);
    }
    *next = index < self->worker_count ? index : 0;
    return table;
}
