#include "coordinator/discovery/scopes.h"

#include <assert.h>
#include <czmq.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/discovery/difference.h"

struct scopes {
    zhashx_t *by_key;   // owned
    zlistx_t *ordered;  // the same, sorted whenever it is walked after an addition
    int is_sorted;
};

// The scopes around a database, from the nearest.
enum around { AROUND_REGION, AROUND_ACCOUNT, AROUND_REGION_OF_ALL, AROUND_PROVIDER, AROUNDS };

static const char not_configured[] = "its provider is not configured any more";
static const char not_listed[] = "its provider does not list it any more";
static const char excluded[] = "the configuration excludes its account or region";
static const char no_account[] = "its account is not listed any more";
static const char no_region[] = "its region is not enabled for the account any more";

static void
destroy_scope(void **scope_p)
{
    scope_destroy((struct scope **)scope_p);
}

static int
compare(const void *left, const void *right)
{
    const struct scope *a = left;
    const struct scope *b = right;
    int order = strcmp(a->provider, b->provider);
    if (order == 0)
        order = strcmp(a->account, b->account);
    return order ? order : strcmp(a->region, b->region);
}

scopes_t *
scopes_new(void)
{
    scopes_t *self = memory_get(sizeof *self);
    self->by_key = zhashx_new();
    zhashx_set_destructor(self->by_key, destroy_scope);
    self->ordered = zlistx_new();
    zlistx_set_comparator(self->ordered, compare);
    return self;
}

void
scopes_destroy(scopes_t **self_p)
{
    scopes_t *self = *self_p;
    if (!self)
        return;
    zlistx_destroy(&self->ordered);
    zhashx_destroy(&self->by_key);
    free(self);
    *self_p = NULL;
}

static char *
key_of(const char *provider, const char *account, const char *region)
{
    return memory_format("%s\n%s\n%s", provider, account, region);
}

static struct scope *
find(const scopes_t *self, const char *provider, const char *account, const char *region)
{
    CLEAN(memory_free) char *key = key_of(provider, account, region);
    return zhashx_lookup(self->by_key, key);
}

void
scopes_load(scopes_t *self, struct scope **scope_p)
{
    struct scope *scope = *scope_p;
    CLEAN(memory_free) char *key = key_of(scope->provider, scope->account, scope->region);
    if (zhashx_insert(self->by_key, key, scope)) {
        scope_destroy(scope_p);
        return;
    }
    *scope_p = NULL;
    zlistx_add_end(self->ordered, scope);
    self->is_sorted = 0;
}

// The one around a database or a scope, NULL if it was never asked.
static const struct scope *
around(const scopes_t *self, enum around which, const char *provider, const char *account,
       const char *region)
{
    int has_account = which == AROUND_REGION || which == AROUND_ACCOUNT;
    int has_region = which == AROUND_REGION || which == AROUND_REGION_OF_ALL;
    return find(self, provider, has_account ? account : "", has_region ? region : "");
}

int
scopes_is_shadowed(const scopes_t *self, const struct scope *scope)
{
    const struct scope *provider = around(self, AROUND_PROVIDER, scope->provider, "", "");
    const struct scope *account = around(self, AROUND_ACCOUNT, scope->provider, scope->account, "");
    return (provider && provider != scope && scope_is(provider, SCOPE_FAILED)) ||
           (account && account != scope && scope_is(account, SCOPE_FAILED));
}

int
scopes_is_gone(const scopes_t *self, const struct finding_list *found,
               const struct database *database, const char **why)
{
    const struct finding_provider *provider = finding_list_provider(found, database->provider);
    *why = provider ? not_listed : not_configured;
    if (!provider || provider->covers_all)
        return 1;
    const struct scope *scopes[AROUNDS];
    for (int which = 0; which < AROUNDS; which++) {
        scopes[which] = around(self, (enum around)which, database->provider, database->account,
                               database->region);
        if (scopes[which] && scope_is(scopes[which], SCOPE_EXCLUDED)) {
            *why = excluded;
            return 1;
        }
    }
    for (int which = AROUND_PROVIDER; which >= 0; which--) {
        if (scopes[which] && !scope_is(scopes[which], SCOPE_ANSWERS)) {
            *why = scopes[which]->message;
            return 0;
        }
    }
    *why = !scopes[AROUND_ACCOUNT] ? no_account : !scopes[AROUND_REGION] ? no_region : not_listed;
    return scopes[AROUND_REGION] != NULL;
}

// ---- taking in

struct merge {
    scopes_t *scopes;
    const struct finding_list *found;
    zhashx_t *asked;  // key -> what was found
    int64_t unix_ms;
    void (*changed)(void *context, const struct scope *scope, const char *kind);
    void *context;
};

static const char *
kind_of(const struct scope *scope, int is_new)
{
    static const char *const kinds[SCOPE_STATES] = {
        [SCOPE_ANSWERS] = "scope answers",
        [SCOPE_FAILED] = "scope failed",
        [SCOPE_UNLISTED] = "scope unlisted",
        [SCOPE_EXCLUDED] = "scope excluded",
    };
    for (int state = 0; state < SCOPE_STATES; state++) {
        if (scope_is(scope, (enum scope_state)state))
            return is_new && state != SCOPE_FAILED ? "" : kinds[state];
    }
    return "";
}

static void
set_state(const struct merge *self, struct scope *scope, const char *state, const char *message)
{
    CLEAN(memory_free) char *steady = memory_copy_text(message);
    difference_steady(steady);
    int is_new = !*scope->state;
    if (strcmp(scope->state, state) == 0 && difference_is_wording(scope->message, steady))
        return;
    record_set(&scope->state, state);
    record_set(&scope->message, steady);
    scope->since_ms = self->unix_ms;
    self->changed(self->context, scope, kind_of(scope, is_new));
}

static void
take_in(const struct merge *self, const struct scope *found)
{
    struct scope *known = find(self->scopes, found->provider, found->account, found->region);
    if (!known) {
        struct scope *scope = known = scope_new();
        record_set(&scope->provider, found->provider);
        record_set(&scope->account, found->account);
        record_set(&scope->region, found->region);
        scopes_load(self->scopes, &scope);
    }
    set_state(self, known, found->state, found->message);
}

static const struct scope *
asked(const struct merge *self, const char *provider, const char *account, const char *region)
{
    CLEAN(memory_free) char *key = key_of(provider, account, region);
    return zhashx_lookup(self->asked, key);
}

// What is to be thought of a scope that was not asked.
static void
leave_out(const struct merge *self, struct scope *scope)
{
    if (!finding_list_provider(self->found, scope->provider)) {
        set_state(self, scope, scope_state_name(SCOPE_EXCLUDED), not_configured);
        return;
    }
    const struct scope *whole = asked(self, scope->provider, "", "");
    const struct scope *account = asked(self, scope->provider, scope->account, "");
    const struct scope *region =
        *scope->region ? asked(self, scope->provider, "", scope->region) : NULL;
    if ((account && scope_is(account, SCOPE_EXCLUDED)) ||
        (region && scope_is(region, SCOPE_EXCLUDED)))
        set_state(self, scope, scope_state_name(SCOPE_EXCLUDED), excluded);
    else if (account && scope_is(account, SCOPE_ANSWERS))
        set_state(self, scope, scope_state_name(SCOPE_UNLISTED), no_region);
    else if (account ? scope_is(account, SCOPE_UNLISTED) : whole && scope_is(whole, SCOPE_ANSWERS))
        set_state(self, scope, scope_state_name(SCOPE_UNLISTED),
                  account ? account->message : no_account);
}

void
scopes_merge(scopes_t *self, const struct finding_list *found, int64_t unix_ms,
             void (*changed)(void *context, const struct scope *scope, const char *kind),
             void *context)
{
    struct merge merge = {.scopes = self,
                          .found = found,
                          .asked = zhashx_new(),
                          .unix_ms = unix_ms,
                          .changed = changed,
                          .context = context};
    for (size_t index = 0; index < found->scope_count; index++) {
        struct scope *scope = found->scopes[index];
        CLEAN(memory_free) char *key = key_of(scope->provider, scope->account, scope->region);
        if (zhashx_insert(merge.asked, key, scope) == 0)
            take_in(&merge, scope);
    }
    for (struct scope *scope = scopes_first(self); scope; scope = scopes_next(self)) {
        if (!asked(&merge, scope->provider, scope->account, scope->region))
            leave_out(&merge, scope);
    }
    zhashx_destroy(&merge.asked);
}

struct scope *
scopes_first(scopes_t *self)
{
    if (!self->is_sorted)
        zlistx_sort(self->ordered);
    self->is_sorted = 1;
    return zlistx_first(self->ordered);
}

struct scope *
scopes_next(scopes_t *self)
{
    return zlistx_next(self->ordered);
}
