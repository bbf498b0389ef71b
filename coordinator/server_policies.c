// Policies and limits, read anew when the configuration has changed; what operators ask of
// policies.

#include "coordinator/server_policies.h"
#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/assignment.h"
#include "coordinator/limits_config.h"

enum { SECOND_MS = 1000 };

// ---- reading anew

void
server_apply_limits(struct server *self, const struct config_node *root)
{
    quota_t *quota = board_quota(self->board);
    limits_config_apply(config_section(root, "limits"), quota, board_queue(self->board));
    for (size_t index = 0; index < policies_count(self->policies); index++) {
        const struct policy *policy = policies_at(self->policies, index);
        quota_set_limit(quota, QUOTA_POLICY, policy->name, (unsigned)policy->jobs);
    }
    queue_limits_changed(board_queue(self->board));
}

void
server_warn_of_policies(struct server *self)
{
    for (size_t index = 0; index < policies_count(self->policies); index++) {
        char doubt[POLICY_DOUBT_SIZE];
        if (policy_doubt(policies_at(self->policies, index), doubt))
            log_warning("%s", doubt);
    }
}

static void
reload_configuration(struct server *self)
{
    struct error error = {0};
    struct settings settings;
    CLEAN(config_destroy) config_t *config = NULL;
    CLEAN(policies_destroy) policies_t *policies = NULL;
    CLEAN(memory_free) char *kept = NULL;
    if (settings_file_reload(self->file, self->settings, &config, &settings, &policies, &kept,
                             &error)) {
        log_error("keeps the old configuration: %s", error.message);
        return;
    }
    planner_ask_all(self->planner);
    server_check_schedule(self);  // the old ones have fired until now
    CLEAN(memory_free) char *gone = policies_gone(policies, self->policies);
    policies_destroy(&self->policies);
    self->policies = STEAL(policies);
    server_warn_of_policies(self);
    server_assign_all(self, "the configuration was read anew");
    server_check_assignments(self);
    server_reload_schedule(self);
    server_apply_limits(self, settings.root);
    server_restart_forecast(self);
    server_reload_notifier(self, &config, settings.root);
    log_info("read the configuration anew: %zu policies", policies_count(self->policies));
    // A file that was read while it was written may be whole by its form.
    if (*gone)
        log_warning(
            "not in the configuration any more: policies %s; if that was not meant, look at "
            "the file and send SIGHUP again",
            gone);
    if (*kept)
        log_warning("of the configuration %s changed, which needs a restart", kept);
}

void
server_reload(struct server *self)
{
    struct error error = {0};
    if (self->zap && zap_reload(self->zap, &error))
        log_error("keeps the old allow-list: %s", error.message);
    else if (self->zap)
        log_info("read the allow-list anew");
    reload_configuration(self);
    self->discover_ms = self->now_ms;
    self->must_discover |= self->is_discovering;
}

// ---- which policy

const struct policy *
server_policy(struct server *self, const struct database *database, struct policy_choice *choice)
{
    policies_choose(self->policies, database, choice);
    int has_policy = choice->outcome == POLICY_SELECTED || choice->outcome == POLICY_TAGGED;
    return has_policy ? choice->policy : NULL;
}

roll_t *
server_roll(struct server *self)
{
    return server_is_assigning(self) ? roll_new(self->policies, self->estate)
                                     : roll_of_assigned(self->policies, self->estate);
}

// ---- lists

// Some rows of a table that is made as a whole. A cursor is the number of rows before the page.
static void
cut_page(const table_t *whole, const char *cursor, size_t limit, table_t **page, char **next)
{
    size_t first = strtoull(cursor, NULL, 10);
    *page = table_new();
    for (size_t column = 0; column < table_columns(whole); column++)
        table_add_column(*page, table_name(whole, column), table_type(whole, column));
    for (size_t row = first; row < table_rows(whole); row++) {
        if (row - first == limit) {
            *next = memory_format("%zu", row);
            return;
        }
        table_add_row(*page);
        for (size_t column = 0; column < table_columns(whole); column++)
            table_set(*page, table_name(whole, column), table_cell(whole, row, column));
    }
}

struct policy_use *
server_count_uses(struct server *self)
{
    size_t policy_count = policies_count(self->policies);
    struct policy_use *uses = memory_get((policy_count + 1) * sizeof *uses);
    CLEAN(roll_destroy) roll_t *roll = server_roll(self);
    for (size_t index = 0; index < policy_count; index++) {
        struct policy_use *use = &uses[index];
        const struct policy *policy = policies_at(self->policies, index);
        struct database *const *databases = roll_of(roll, policy, &use->databases);
        for (size_t place = 0; place < use->databases; place++) {
            struct promise_verdict verdict;
            promise_judge(databases[place], self->unix_ms, &verdict);
            use->overdue += promise_is_broken(verdict.state) != 0;
        }
        server_count_unfit(self, policy, databases, use);
    }
    return uses;
}

static void
print_wanted(const struct policy *policy, table_t *table)
{
    CLEAN(memory_free) char *workers = memory_copy_text("");
    CLEAN(memory_free) char *prefer = memory_copy_text("");
    for (size_t index = 0; index < policy->workers.count; index++) {
        const struct wanted_label *label = &policy->workers.labels[index];
        char **text = label->is_preferred ? &prefer : &workers;
        char *longer =
            memory_format("%s%s%s=%s", *text, **text ? " " : "", label->name, label->pattern);
        memory_free(text);
        *text = longer;
    }
    table_set(table, "workers", workers);
    table_set(table, "prefer_workers", prefer);
}

static void
print_schedule(const struct policy *policy, table_t *table)
{
    if (!policy->timetable)
        return;
    table_set(table, "schedule", policy->cron);
    table_set(table, "zone", policy->zone);
    if (policy->schedule.window_ms)
        table_set_integer(table, "window", policy->schedule.window_ms / SECOND_MS);
    if (policy->schedule.spread_ms)
        table_set_integer(table, "spread", policy->schedule.spread_ms / SECOND_MS);
    table_set(table, "missed", policy->schedule.missed == SCHEDULE_ONCE ? "once" : "skip");
}

static void
add_policy(struct server *self, const struct policy *policy, const struct policy_use *use,
           table_t *table)
{
    table_add_row(table);
    table_set(table, "name", policy->name);
    table_set_integer(table, "databases", (int64_t)use->databases);
    table_set_integer(table, "unplaced", (int64_t)use->unfit);
    if (use->unfit)
        table_set(table, "reason", use->reason);
    print_wanted(policy, table);
    if (policy->promise_good_ms)
        table_set_integer(table, "promised_age", policy->promise_good_ms / SECOND_MS);
    if (policy->promise_offsite_ms)
        table_set_integer(table, "promised_offsite_age", policy->promise_offsite_ms / SECOND_MS);
    if (server_knows_promises(self))
        table_set_integer(table, "overdue", (int64_t)use->overdue);
    table_set(table, "selectable", policy->is_selectable ? "true" : "false");
    table_set(table, "opt_out", policy->may_opt_out ? "true" : "false");
    table_set_integer(table, "precedence", policy->precedence);
    print_schedule(policy, table);
    table_set_integer(table, "priority", policy->priority);
    if (policy->jobs)
        table_set_integer(table, "jobs", policy->jobs);
    if (policy->connections)
        table_set_integer(table, "connections", policy->connections);
    table_set_integer(table, "alarm_growth", policy->alarm.growth_percent);
    table_set_integer(table, "alarm_shrink", policy->alarm.shrink_percent);
    if (policy->range_bytes)
        table_set_integer(table, "range_size", policy->range_bytes);
    table_set(table, "store", policy->store);
    table_set(table, "tool", policy->tool);
    if (policy->password_hashes >= 0)
        table_set(table, "password_hashes", policy->password_hashes ? "true" : "false");
    if (policy->time_limit_ms)
        table_set_integer(table, "time_limit_ms", policy->time_limit_ms);
    table_set(table, "digest", policy->digest);
    CLEAN(memory_free) char *what = what_summary(&policy->what);
    table_set(table, "what", what);
    table_set(table, "secret", policy->what.secret ? policy->what.secret : "");
    table_set(table, "tls", policy->what.authority ? policy->what.authority : "");
    char retention[RETENTION_TEXT_SIZE];
    retention_print(&policy->retention, retention);
    table_set(table, "retention", retention);
    if (policy->snapshot_days)
        table_set_integer(table, "snapshot_days", policy->snapshot_days);
}

static const struct {
    const char *name;
    enum table_type type;
} columns[] = {
    {"name", TABLE_TEXT},
    {"schedule", TABLE_TEXT},
    {"zone", TABLE_TEXT},
    {"window", TABLE_DURATION},
    {"spread", TABLE_DURATION},
    {"missed", TABLE_TEXT},
    {"databases", TABLE_INTEGER},
    {"selectable", TABLE_BOOLEAN},
    {"opt_out", TABLE_BOOLEAN},
    {"precedence", TABLE_INTEGER},
    {"store", TABLE_TEXT},
    {"tool", TABLE_TEXT},
    {"password_hashes", TABLE_BOOLEAN},
    {"time_limit_ms", TABLE_INTEGER},
    {"digest", TABLE_TEXT},
    {"priority", TABLE_INTEGER},
    {"jobs", TABLE_INTEGER},
    {"promised_age", TABLE_DURATION},
    {"promised_offsite_age", TABLE_DURATION},
    {"overdue", TABLE_INTEGER},
    {"workers", TABLE_TEXT},
    {"prefer_workers", TABLE_TEXT},
    {"unplaced", TABLE_INTEGER},
    {"reason", TABLE_TEXT},
    {"what", TABLE_TEXT},
    {"secret", TABLE_TEXT},
    {"tls", TABLE_TEXT},
    {"connections", TABLE_INTEGER},
    {"retention", TABLE_TEXT},
    {"snapshot_days", TABLE_INTEGER},
    {"alarm_growth", TABLE_INTEGER},
    {"alarm_shrink", TABLE_INTEGER},
    {"range_size", TABLE_INTEGER},
};

int
server_list_policies(struct server *self, const Wire__Query *query, size_t limit, table_t **table,
                     char **cursor, struct error *error)
{
    if (query->n_terms)
        return error_set(error, ERROR_CONFIG,
                         "policies cannot be selected; leave the selector out");
    size_t first = strtoull(query->cursor, NULL, 10);
    size_t count = policies_count(self->policies);
    CLEAN(memory_free) struct policy_use *uses = server_count_uses(self);
    *table = table_new();
    for (size_t index = 0; index < sizeof columns / sizeof *columns; index++)
        table_add_column(*table, columns[index].name, columns[index].type);
    for (size_t index = first; index < count && index - first < limit; index++)
        add_policy(self, policies_at(self->policies, index), &uses[index], *table);
    if (first < count && count - first > limit)
        *cursor = memory_format("%zu", first + limit);
    return 0;
}

int
server_explain_policy(struct server *self, const Wire__Query *query, size_t limit, table_t **table,
                      char **cursor, struct error *error)
{
    size_t count = 0;
    CLEAN(memory_free)
    struct database **databases = server_select(self, query->terms, query->n_terms, &count, error);
    if (!databases)
        return -1;
    if (count > 1)
        return error_set(error, ERROR_CONFIG,
                         "%zu databases match, such as '%.64s' (%" PRId64 ") and '%.64s' (%" PRId64
                         "): name one, or give its number as `dbhaul databases` shows it",
                         count, databases[0]->name, databases[0]->id, databases[1]->name,
                         databases[1]->id);
    CLEAN(table_destroy) table_t *whole = policies_explain(self->policies, databases[0]);
    server_explain_workers(self, databases[0], whole);
    cut_page(whole, query->cursor, limit, table, cursor);
    return 0;
}

static void
add_unmatched(const struct database *database, const struct policy_choice *choice, table_t *table)
{
    table_add_row(table);
    table_set_integer(table, "id", database->id);
    table_set(table, "name", database->name);
    table_set(table, "engine", database->engine);
    table_set(table, "account", database->account);
    table_set(table, "region", database->region);
    table_set(table, "outcome", policy_outcome_name(choice->outcome));
    table_set(table, "reason", choice->note);
}

// What needs no choosing.
static int
has_policy(struct server *self, const struct database *database)
{
    return !server_is_assigning(self) && *assignment_policy(&database->assignment);
}

// A cursor is the number of the last database of the page before.
int
server_list_unmatched(struct server *self, const Wire__Query *query, size_t limit, table_t **table,
                      char **cursor, struct error *error)
{
    static const char *const texts[] = {"name", "engine", "account", "region", "outcome", "reason"};
    size_t count = 0;
    int64_t after = strtoll(query->cursor, NULL, 10);
    CLEAN(memory_free)
    struct database **databases = server_select(self, query->terms, query->n_terms, &count, error);
    if (!databases)
        return -1;
    *table = table_new();
    table_add_column(*table, "id", TABLE_INTEGER);
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++)
        table_add_column(*table, texts[index], TABLE_TEXT);
    int64_t last = after;
    for (size_t index = 0; index < count; index++) {
        struct policy_choice choice;
        if (databases[index]->id <= after || has_policy(self, databases[index]) ||
            server_policy(self, databases[index], &choice))
            continue;
        if (table_rows(*table) == limit) {
            *cursor = memory_format("%" PRId64, last);
            break;
        }
        last = databases[index]->id;
        add_unmatched(databases[index], &choice, *table);
    }
    return 0;
}
