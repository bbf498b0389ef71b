// Which sets would go, and why: by the policy that their database has now. The list `expiry` tells
// it of each, a page after the other, and changes nothing.

#include <fnmatch.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/server_policies.h"
#include "coordinator/server_sets.h"

// ---- what is asked for

static const char policy_key[] = "policy", verdict_key[] = "verdict";

int
server_select_kept(Wire__Term *const *terms, size_t count, selector_t *selector,
                   struct error *error)
{
    for (size_t index = 0; index < count; index++) {
        const char *key = terms[index]->key;
        if (strcmp(key, policy_key) != 0 && strcmp(key, verdict_key) != 0 &&
            selector_add(selector, key, terms[index]->pattern, error))
            return -1;
    }
    return 0;
}

// ---- verdicts

static int
is_used(struct server *self, int64_t set_id)
{
    for (struct board_job *job = board_first(self->board); job; job = board_next(self->board)) {
        enum job_kind kind = job->record->kind;
        if ((kind == JOB_RESTORE || kind == JOB_VERIFY) && job->record->set_id == set_id &&
            !job_state_ended(job->record->state))
            return 1;
    }
    return 0;
}

// The policy that decides of a database's sets; NULL: none, and all stay. It is the one that the
// database has now; of one that is gone, the one that it would have.
static const struct policy *
policy_of(struct server *self, int64_t database_id, int *is_gone)
{
    struct policy_choice choice;
    const struct database *database = estate_find(self->estate, database_id);
    *is_gone = !database || database->gone_ms > 0;
    return database ? server_policy(self, database, &choice) : NULL;
}

int
server_is_kept_by(struct server *self, Wire__Term *const *terms, size_t count, int64_t database_id)
{
    int is_gone = 0;
    const struct policy *policy = policy_of(self, database_id, &is_gone);
    for (size_t index = 0; index < count; index++) {
        if (strcmp(terms[index]->key, policy_key) == 0 &&
            (!policy || fnmatch(terms[index]->pattern, policy->name, FNM_CASEFOLD) != 0))
            return 0;
    }
    return 1;
}

static const struct policy *
read_rules(struct server *self, const struct shelf_part *part, struct retention_rules *rules)
{
    int is_gone = 0;
    const struct policy *policy = policy_of(self, part->database_id, &is_gone);
    *rules = policy ? policy->retention : (struct retention_rules){0};
    rules->is_database_gone = is_gone;
    return policy;
}

int
server_wants_offsite(struct server *self, int64_t database_id)
{
    int is_gone = 0;
    const struct policy *policy = policy_of(self, database_id, &is_gone);
    return policy && policy->retention.is_offsite_wanted;
}

void
server_judge_sets(struct server *self, const struct shelf_part *part,
                  struct retention_verdict *verdicts)
{
    struct retention_rules rules;
    const struct policy *policy = read_rules(self, part, &rules);
    const zone_t *zone = policy ? policy->retention_zone : NULL;
    retention_judge(&rules, zone, part->sets, part->count, self->unix_ms, verdicts);
    int is_anew = 0;  // few go, and only of those the board need be looked at
    for (size_t index = 0; index < part->count; index++) {
        if (verdicts[index].may_go && is_used(self, part->sets[index].id))
            is_anew = part->sets[index].is_used = 1;
    }
    if (is_anew)
        retention_judge(&rules, zone, part->sets, part->count, self->unix_ms, verdicts);
}

void
server_judge_named(struct server *self, const struct shelf_part *part, size_t named,
                   struct retention_verdict *verdict)
{
    struct retention_rules rules;
    read_rules(self, part, &rules);
    part->sets[named].is_used = is_used(self, part->sets[named].id);
    retention_judge_named(&rules, part->sets, part->count, named, verdict);
}

int
server_ask_kept(struct server *self, const selector_t *selector, const char *cursor, uint64_t *tag,
                struct error *error)
{
    struct query query = {
        .name = "kept", .selector = selector, .cursor = cursor, .limit = PAGE_ROWS_MAX};
    if (catalog_reader_ask(self->reader, self->next_tag, &query, error))
        return -1;
    *tag = self->next_tag++;
    return 0;
}

// ---- the list

static table_t *
new_verdicts(void)
{
    static const struct {
        const char *name;
        enum table_type type;
    } columns[] = {{"set", TABLE_INTEGER},  {"database", TABLE_INTEGER}, {"name", TABLE_TEXT},
                   {"state", TABLE_TEXT},   {"created", TABLE_TIME},     {"policy", TABLE_TEXT},
                   {"verdict", TABLE_TEXT}, {"reason", TABLE_TEXT}};
    table_t *table = table_new();
    for (size_t index = 0; index < sizeof columns / sizeof *columns; index++)
        table_add_column(table, columns[index].name, columns[index].type);
    return table;
}

static void
add_row(struct server *self, table_t *table, int64_t database_id, const struct retention_set *set,
        const struct retention_verdict *verdict)
{
    int is_gone = 0;
    const struct database *database = estate_find(self->estate, database_id);
    const struct policy *policy = policy_of(self, database_id, &is_gone);
    const char *reason = strchr(verdict->reason, ' ');
    table_add_row(table);
    table_set_integer(table, "set", set->id);
    table_set_integer(table, "database", database_id);
    table_set(table, "name", database ? database->name : "");
    table_set(table, "state", set->is_good ? "good" : "damaged");
    table_set_integer(table, "created", set->created_ms);
    table_set(table, "policy", policy ? policy->name : "");
    table_set(table, "verdict", verdict->may_go ? "goes" : "kept");
    table_set(table, "reason", reason ? reason + 1 : "");
}

// A cursor of the list is "DATABASE.SET": all of that database up to the set were told.
static void
read_cursor(const char *cursor, int64_t *database_id, int64_t *set_id)
{
    char *end = NULL;
    *database_id = strtoll(cursor, &end, 10);
    *set_id = *end == '.' ? strtoll(end + 1, NULL, 10) : 0;
}

static int
ask_page(struct server *self, struct question **question_p, const char *cursor, struct error *error)
{
    const Wire__Query *wish = (*question_p)->ask->ask->query;
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    struct query query = {
        .name = "kept", .selector = selector, .cursor = cursor, .limit = PAGE_ROWS_MAX};
    if (server_select_kept(wish->terms, wish->n_terms, selector, error))
        return -1;
    return server_ask_reader(self, question_p, &query, error);
}

int
server_ask_expiry(struct server *self, struct question **question_p, struct error *error)
{
    int64_t database_id = 0, set_id = 0;
    struct question *question = *question_p;
    question->shelf = shelf_new(self->unix_ms, self->settings->expire.locked_ms);
    question->verdicts = new_verdicts();
    read_cursor(question->ask->ask->query->cursor, &database_id, &set_id);
    // From the database's first set on: it is judged by all of them.
    CLEAN(memory_free) char *cursor = memory_format("kept.%" PRId64 ".0", database_id);
    return ask_page(self, question_p, cursor, error);
}

// Adds what was not told yet of a database, as far as the page has room. Returns the cursor of the
// next page, which is the caller's, or NULL if there is room for more.
static char *
tell_part(struct server *self, struct question *question, const struct shelf_part *part)
{
    int64_t told_database = 0, told_set = 0;
    const Wire__Query *wish = question->ask->ask->query;
    const char *wanted = server_query_term(wish, verdict_key);
    if (!server_is_kept_by(self, wish->terms, wish->n_terms, part->database_id))
        return NULL;
    CLEAN(memory_free)
    struct retention_verdict *verdicts = memory_get((part->count + 1) * sizeof *verdicts);
    read_cursor(wish->cursor, &told_database, &told_set);
    server_judge_sets(self, part, verdicts);
    for (size_t index = 0; index < part->count; index++) {
        const struct retention_set *set = &part->sets[index];
        if ((part->database_id == told_database && set->id <= told_set) ||
            (*wanted && strcmp(wanted, verdicts[index].may_go ? "goes" : "kept") != 0))
            continue;
        add_row(self, question->verdicts, part->database_id, set, &verdicts[index]);
        if (table_rows(question->verdicts) == question->limit)
            return memory_format("%" PRId64 ".%" PRId64, part->database_id, set->id);
    }
    return NULL;
}

void
server_take_verdicts(struct server *self, struct question **question_p, const table_t *sets,
                     const char *cursor)
{
    struct error error = {0};
    struct shelf_part part;
    struct question *question = *question_p;
    CLEAN(memory_free) char *next = NULL;
    shelf_add(question->shelf, sets);
    if (!cursor)
        shelf_end(question->shelf);
    while (!next && shelf_next(question->shelf, &part))
        next = tell_part(self, question, &part);
    int failed = !next && cursor
                     ? ask_page(self, question_p, cursor, &error)
                     : server_answer_table(self, question, question->verdicts, next, &error);
    if (failed)
        server_answer(self, question, &error, 0);
}
