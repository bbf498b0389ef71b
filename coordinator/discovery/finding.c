#include "coordinator/discovery/finding.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

static const char *const state_names[SCOPE_STATES] = {
    [SCOPE_ANSWERS] = "answers",
    [SCOPE_FAILED] = "failed",
    [SCOPE_UNLISTED] = "unlisted",
    [SCOPE_EXCLUDED] = "excluded",
};

const char *
scope_state_name(enum scope_state state)
{
    return state_names[state];
}

int
scope_is(const struct scope *scope, enum scope_state state)
{
    return strcmp(scope->state, state_names[state]) == 0;
}

struct finding_list *
finding_list_new(void)
{
    return memory_get(sizeof(struct finding_list));
}

void
finding_list_destroy(struct finding_list **self_p)
{
    struct finding_list *self = *self_p;
    if (!self)
        return;
    for (size_t index = 0; index < self->count; index++)
        database_destroy(&self->databases[index]);
    for (size_t index = 0; index < self->scope_count; index++)
        scope_destroy(&self->scopes[index]);
    for (size_t index = 0; index < self->provider_count; index++)
        free(self->providers[index].name);
    free(self->databases);
    free(self->scopes);
    free(self->providers);
    free(self);
    *self_p = NULL;
}

static struct finding_provider *
current(const struct finding_list *self)
{
    assert(self->provider_count > 0);
    return &self->providers[self->provider_count - 1];
}

void
finding_list_begin(struct finding_list *self, const char *provider)
{
    size_t count = self->provider_count + 1;
    self->providers = memory_resize(self->providers, count * sizeof *self->providers);
    self->providers[self->provider_count++] =
        (struct finding_provider){.name = memory_copy_text(provider)};
}

void
finding_list_spent(struct finding_list *self, int64_t requests, int64_t elapsed_ms)
{
    current(self)->requests += requests;
    current(self)->elapsed_ms += elapsed_ms;
}

void
finding_list_take(struct finding_list *self, struct database **database_p)
{
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? 2 * self->capacity : 64;
        self->databases =
            memory_resize(self->databases, self->capacity * sizeof(struct database *));
    }
    self->databases[self->count++] = STEAL(*database_p);
    current(self)->databases++;
}

void
finding_list_add(struct finding_list *self, const struct database *database)
{
    struct database *copy = database_new();
    database_copy(copy, database);
    finding_list_take(self, &copy);
}

void
finding_list_tell(struct finding_list *self, enum scope_state state, const char *account,
                  const char *region, const char *message)
{
    if (self->scope_count == self->scope_capacity) {
        self->scope_capacity = self->scope_capacity ? 2 * self->scope_capacity : 64;
        self->scopes = memory_resize(self->scopes, self->scope_capacity * sizeof(struct scope *));
    }
    struct scope *scope = self->scopes[self->scope_count++] = scope_new();
    record_set(&scope->provider, current(self)->name);
    record_set(&scope->account, account);
    record_set(&scope->region, region);
    record_set(&scope->state, scope_state_name(state));
    record_set(&scope->message, message);
    current(self)->answered += state == SCOPE_ANSWERS;
    current(self)->failed += state == SCOPE_FAILED;
}

void
finding_list_answered(struct finding_list *self)
{
    current(self)->covers_all = 1;
    finding_list_tell(self, SCOPE_ANSWERS, "", "", "");
}

void
finding_list_failed(struct finding_list *self, const char *message)
{
    const char *provider = current(self)->name;
    while (self->count > 0 && strcmp(self->databases[self->count - 1]->provider, provider) == 0)
        database_destroy(&self->databases[--self->count]);
    while (self->scope_count > 0 &&
           strcmp(self->scopes[self->scope_count - 1]->provider, provider) == 0)
        scope_destroy(&self->scopes[--self->scope_count]);
    current(self)->databases = current(self)->answered = current(self)->failed = 0;
    current(self)->covers_all = 0;
    finding_list_tell(self, SCOPE_FAILED, "", "", message);
}

struct finding_provider *
finding_list_provider(const struct finding_list *self, const char *name)
{
    for (size_t index = 0; index < self->provider_count; index++) {
        if (strcmp(self->providers[index].name, name) == 0)
            return &self->providers[index];
    }
    return NULL;
}

int64_t
finding_list_failures(const struct finding_list *self)
{
    int64_t count = 0;
    for (size_t index = 0; index < self->provider_count; index++)
        count += self->providers[index].failed;
    return count;
}
