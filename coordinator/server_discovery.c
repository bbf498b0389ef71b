// Discovery: a backup is of what is there now. What it finds goes into the estate and from there
// into the catalog; what does not answer is kept in mind for the runs that begin now.

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/server_policies.h"

enum { DOUBTS_MAX = 3, PLACE_SIZE = 400 };

void
server_discover(struct server *self)
{
    if (self->is_discovering)
        return;
    self->is_discovering = 1;
    discovery_start(self->discovery);
}

// ---- into the catalog

static batch_t *
begin(struct server *self)
{
    batch_t *batch = ledger_batch(self->ledger);
    batch_unit(batch);
    return batch;
}

static void
write_put(void *context, const struct database *database)
{
    batch_add(begin(context), STATEMENT_DATABASE_PUT,
              "ittttttttt"
              "ittttttt"
              "ii",
              database->id, database->provider, database->resource_id, database->name,
              database->long_name, database->engine, database->version, database->account,
              database->region, database->host, database->port, database->source, database->secret,
              database->role_arn, database->external_id, database->state, database->tags,
              database->skip_reason, database->size_bytes, database->last_seen_ms);
    batch_add(ledger_batch(((struct server *)context)->ledger), STATEMENT_DATABASE_ENDPOINTS, "ti",
              database->endpoints, database->id);
    server_assign(context, database);
}

static void
write_seen(void *context, const struct database *database)
{
    batch_add(begin(context), STATEMENT_DATABASE_SEEN, "ii", database->last_seen_ms, database->id);
}

static void
write_stale(void *context, const struct database *database)
{
    batch_add(begin(context), STATEMENT_DATABASE_STALE, "ii", database->stale_ms, database->id);
}

static void
write_gone(void *context, const struct database *database)
{
    log_warning("database '%s' (%s) is gone", database->name, database->resource_id);
    batch_add(begin(context), STATEMENT_DATABASE_GONE, "ii", database->gone_ms, database->id);
    server_notify_gone(context, database);
}

static void
scope_place(const struct scope *scope, char place[PLACE_SIZE])
{
    snprintf(place, PLACE_SIZE, "%s%s%s%s%s", scope->provider, *scope->account ? " " : "",
             scope->account, *scope->region ? " " : "", scope->region);
}

static void
write_scope(void *context, const struct scope *scope)
{
    char place[PLACE_SIZE];
    scope_place(scope, place);
    if (scope_is(scope, SCOPE_FAILED))
        log_error("discovery: %s does not answer: %s", place, scope->message);
    batch_add(begin(context), STATEMENT_SCOPE_PUT, "ttttti", scope->provider, scope->account,
              scope->region, scope->state, scope->message, scope->since_ms);
}

// In the unit of what it is about.
static void
write_event(void *context, const struct estate_event *event)
{
    struct server *self = context;
    batch_add(ledger_batch(self->ledger), STATEMENT_EVENT_ADD, "iiittttt", self->next_event_id++,
              self->unix_ms, event->database_id, event->provider, event->account, event->region,
              event->kind, event->message);
}

void
server_take_discovery(struct server *self)
{
    CLEAN(finding_list_destroy) struct finding_list *found = discovery_take(self->discovery);
    struct estate_listener listener = {.put = write_put,
                                       .seen = write_seen,
                                       .stale = write_stale,
                                       .gone = write_gone,
                                       .scope = write_scope,
                                       .event = write_event,
                                       .context = self};
    size_t count = found->count;
    size_t failed = 0;
    self->is_discovering = 0;
    self->discovered_ms = self->now_ms;
    self->discover_ms = self->now_ms + self->settings->discover_every_ms;
    for (size_t index = 0; index < found->scope_count; index++) {
        const struct scope *scope = found->scopes[index];
        failed += !*scope->account && !*scope->region && scope_is(scope, SCOPE_FAILED);
    }
    estate_merge(self->estate, found, self->unix_ms, &listener);
    server_check_assignments(self);  // of few at once, so that who waits sees them
    log_info("discovery: %zu databases, %zu providers failed, %" PRId64 " scopes failed", count,
             failed, finding_list_failures(found));
    server_answer_waiting(self, found);
    if (!self->must_discover)
        return;
    self->must_discover = 0;
    server_discover(self);
}

// ---- what it means for a run

static int64_t
count_stale(struct database *const *databases, size_t count)
{
    int64_t stale = 0;
    for (size_t index = 0; index < count; index++)
        stale += databases[index]->stale_ms > 0;
    return stale;
}

static selector_t *
select_terms(Wire__Term *const *terms, size_t count)
{
    struct error ignored = {0};
    selector_t *selector = selector_new();
    for (size_t index = 0; index < count; index++)
        selector_add(selector, terms[index]->key, terms[index]->pattern, &ignored);
    return selector;
}

char *
server_doubt(struct server *self, Wire__Term *const *terms, size_t term_count,
             struct database *const *databases, size_t count)
{
    CLEAN(selector_destroy) selector_t *selector = select_terms(terms, term_count);
    scopes_t *scopes = estate_scopes(self->estate);
    int64_t failed = 0;
    char *text = memory_copy_text("");
    for (struct scope *scope = scopes_first(scopes); scope; scope = scopes_next(scopes)) {
        char place[PLACE_SIZE];
        if (!scope_is(scope, SCOPE_FAILED) || scopes_is_shadowed(scopes, scope) ||
            !selector_may_match(selector, scope->provider, scope->account, scope->region) ||
            ++failed > DOUBTS_MAX)
            continue;
        scope_place(scope, place);
        char *longer = memory_format("%s%s%s: %s", text, *text ? "; " : "", place, scope->message);
        free(text);
        text = longer;
    }
    int64_t stale = count_stale(databases, count);
    if (!failed && !stale)
        return text;
    CLEAN(memory_free)
    char *more = failed > DOUBTS_MAX
                     ? memory_format("; and %" PRId64 " more do not answer", failed - DOUBTS_MAX)
                     : memory_copy_text("");
    char *note =
        memory_format("discovery is partial: %s%s%s%" PRId64 " databases are as last known", text,
                      more, *text ? "; " : "", stale);
    free(text);
    return note;
}
