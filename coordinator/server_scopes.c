// The operators' lists of what discovery asked: scopes as they are, and what the last one found.

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/server_state.h"

enum { FAILURES_MAX = 200 };

// ---- what a discovery found

static table_t *
new_findings(void)
{
    static const char *const numbers[] = {"scopes",   "answered",  "failed",  "databases",
                                          "new",      "gone",      "changed", "stale",
                                          "requests", "elapsed_ms"};
    table_t *table = table_new();
    table_add_column(table, "provider", TABLE_TEXT);
    table_add_column(table, "account", TABLE_TEXT);
    table_add_column(table, "region", TABLE_TEXT);
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++)
        table_add_column(table, numbers[index], TABLE_INTEGER);
    table_add_column(table, "message", TABLE_TEXT);
    return table;
}

static void
add_provider(table_t *table, const struct finding_provider *provider)
{
    table_add_row(table);
    table_set(table, "provider", provider->name);
    table_set_integer(table, "scopes", provider->answered + provider->failed);
    table_set_integer(table, "answered", provider->answered);
    table_set_integer(table, "failed", provider->failed);
    table_set_integer(table, "databases", provider->databases);
    table_set_integer(table, "new", provider->appeared);
    table_set_integer(table, "gone", provider->gone);
    table_set_integer(table, "changed", provider->changed);
    table_set_integer(table, "stale", provider->is_stale);
    table_set_integer(table, "requests", provider->requests);
    table_set_integer(table, "elapsed_ms", provider->elapsed_ms);
}

// A row for each provider, with numbers, and one for each scope that failed, without.
table_t *
server_list_findings(struct server *self, const struct finding_list *found)
{
    (void)self;
    table_t *table = new_findings();
    size_t failed = 0;
    for (size_t index = 0; index < found->provider_count; index++)
        add_provider(table, &found->providers[index]);
    for (size_t index = 0; index < found->scope_count; index++) {
        const struct scope *scope = found->scopes[index];
        if (!scope_is(scope, SCOPE_FAILED) || ++failed > FAILURES_MAX)
            continue;
        table_add_row(table);
        table_set(table, "provider", scope->provider);
        table_set(table, "account", scope->account);
        table_set(table, "region", scope->region);
        table_set(table, "message", scope->message);
    }
    return table;
}

// ---- scopes

static const char *
term_of(const Wire__Query *query, const char *key)
{
    for (size_t index = 0; index < query->n_terms; index++) {
        if (strcmp(query->terms[index]->key, key) == 0)
            return query->terms[index]->pattern;
    }
    return "";
}

static selector_t *
selector_of(const Wire__Query *query, struct error *error)
{
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    for (size_t index = 0; index < query->n_terms; index++) {
        const Wire__Term *term = query->terms[index];
        if (strcmp(term->key, "state") == 0)
            continue;
        if (strcmp(term->key, "provider") != 0 && strcmp(term->key, "account") != 0 &&
            strcmp(term->key, "region") != 0) {
            error_set(error, ERROR_CONFIG,
                      "scopes cannot be selected by '%.64s', but by provider, account, region or "
                      "state",
                      term->key);
            return NULL;
        }
        if (selector_add(selector, term->key, term->pattern, error))
            return NULL;
    }
    return STEAL(selector);
}

// A scope in whose account or provider nothing answers was not asked.
static const char *
state_of(scopes_t *scopes, const struct scope *scope)
{
    return scope_is(scope, SCOPE_ANSWERS) && scopes_is_shadowed(scopes, scope) ? "not asked"
                                                                               : scope->state;
}

static void
add_scope(table_t *table, const struct scope *scope, const char *state)
{
    table_add_row(table);
    table_set(table, "provider", scope->provider);
    table_set(table, "account", scope->account);
    table_set(table, "region", scope->region);
    table_set(table, "state", state);
    table_set_integer(table, "since", scope->since_ms);
    table_set(table, "message", scope->message);
}

// A cursor is the number of scopes before the page. They only become more, and seldom.
int
server_list_scopes(struct server *self, const Wire__Query *query, size_t limit, table_t **table,
                   char **cursor, struct error *error)
{
    CLEAN(selector_destroy) selector_t *selector = selector_of(query, error);
    if (!selector)
        return -1;
    const char *wanted = term_of(query, "state");
    uint64_t skip = strtoull(query->cursor, NULL, 10);
    scopes_t *scopes = estate_scopes(self->estate);
    *table = table_new();
    table_add_column(*table, "provider", TABLE_TEXT);
    table_add_column(*table, "account", TABLE_TEXT);
    table_add_column(*table, "region", TABLE_TEXT);
    table_add_column(*table, "state", TABLE_TEXT);
    table_add_column(*table, "since", TABLE_TIME);
    table_add_column(*table, "message", TABLE_TEXT);
    uint64_t number = 0;
    for (struct scope *scope = scopes_first(scopes); scope; scope = scopes_next(scopes)) {
        const char *state = state_of(scopes, scope);
        if (number++ < skip || (*wanted && strcasecmp(wanted, state) != 0) ||
            !selector_may_match(selector, scope->provider, scope->account, scope->region))
            continue;
        if (table_rows(*table) == limit) {
            *cursor = memory_format("%" PRIu64, number - 1);
            break;
        }
        add_scope(*table, scope, state);
    }
    return 0;
}
