#include "coordinator/discovery/estate.h"

#include <assert.h>
#include <czmq.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/text.h"
#include "coordinator/discovery/difference.h"
#include "coordinator/discovery/eligible.h"

enum { ID_SIZE = 24 };

struct estate {
    int64_t next_id;
    zhashx_t *by_id;    // number -> struct database, owned
    zhashx_t *by_name;  // provider and resource id -> the same
    scopes_t *scopes;
};

static void
destroy_database(void **database_p)
{
    database_destroy((struct database **)database_p);
}

estate_t *
estate_new(int64_t next_id)
{
    estate_t *self = memory_get(sizeof *self);
    self->next_id = next_id;
    self->by_id = zhashx_new();
    zhashx_set_destructor(self->by_id, destroy_database);
    self->by_name = zhashx_new();
    self->scopes = scopes_new();
    return self;
}

void
estate_destroy(estate_t **self_p)
{
    assert(self_p);
    if (!*self_p)
        return;
    scopes_destroy(&(*self_p)->scopes);
    zhashx_destroy(&(*self_p)->by_name);
    zhashx_destroy(&(*self_p)->by_id);
    memory_free(self_p);
}

static char *
full_name(const struct database *database)
{
    return memory_format("%s\n%s", database->provider, database->resource_id);
}

void
estate_load(estate_t *self, struct database **database_p)
{
    struct database *database = *database_p;
    *database_p = NULL;
    char key[ID_SIZE];
    snprintf(key, sizeof key, "%" PRId64, database->id);
    int rc = zhashx_insert(self->by_id, key, database);
    assert(rc == 0);
    CLEAN(memory_free) char *name = full_name(database);
    zhashx_update(self->by_name, name, database);
}

// ---- taking in

struct merge {
    struct estate *estate;
    struct finding_list *found;
    const struct estate_listener *listener;
    int64_t unix_ms;
    zhashx_t *seen;                  // full names of what is listed
    zhashx_t *names;                 // place and name -> a database that is gone
    struct finding_provider nobody;  // counts for one that is not configured any more
};

static void
tell(const struct merge *self, const struct database *database, const char *kind,
     const char *message)
{
    struct estate_event event = {.database_id = database->id,
                                 .provider = database->provider,
                                 .account = database->account,
                                 .region = database->region,
                                 .kind = kind,
                                 .message = message};
    self->listener->event(self->listener->context, &event);
}

static void
take_scope(void *context, const struct scope *scope, const char *kind)
{
    const struct merge *self = context;
    self->listener->scope(self->listener->context, scope);
    struct estate_event event = {.provider = scope->provider,
                                 .account = scope->account,
                                 .region = scope->region,
                                 .kind = kind,
                                 .message = scope->message};
    if (*kind)
        self->listener->event(self->listener->context, &event);
}

static struct finding_provider *
counts_of(struct merge *self, const struct database *database)
{
    struct finding_provider *provider = finding_list_provider(self->found, database->provider);
    return provider ? provider : &self->nobody;
}

static char *
place_and_name(const struct database *database)
{
    return memory_format("%s\n%s\n%s\n%s", database->provider, database->account, database->region,
                         database->name);
}

// The youngest of one name is the one that a new one takes the place of.
static void
remember_gone(struct merge *self, struct database *database)
{
    CLEAN(memory_free) char *name = place_and_name(database);
    struct database *other = zhashx_lookup(self->names, name);
    if (!other || other->gone_ms < database->gone_ms)
        zhashx_update(self->names, name, database);
}

static void
judge_unlisted(struct merge *self, struct database *known)
{
    const char *why = "";
    if (known->gone_ms)
        return;
    if (scopes_is_gone(self->estate->scopes, self->found, known, &why)) {
        known->gone_ms = self->unix_ms;
        known->stale_ms = 0;
        counts_of(self, known)->gone++;
        self->listener->gone(self->listener->context, known);
        tell(self, known, "gone", why);
        return;
    }
    counts_of(self, known)->is_stale++;
    if (known->stale_ms)
        return;
    known->stale_ms = self->unix_ms;
    counts_of(self, known)->stale++;
    self->listener->stale(self->listener->context, known);
    tell(self, known, "stale", why);
}

static void
take_new(struct merge *self, struct database **found_p)
{
    struct database *database = *found_p;
    database->id = self->estate->next_id++;
    database->first_seen_ms = database->last_seen_ms = self->unix_ms;
    estate_load(self->estate, found_p);
    counts_of(self, database)->appeared++;
    self->listener->put(self->listener->context, database);
    CLEAN(memory_free) char *name = place_and_name(database);
    const struct database *before = zhashx_lookup(self->names, name);
    CLEAN(memory_free)
    char *what =
        before ? memory_format("'%s' is another one now than %" PRId64 " (%s)", database->name,
                               before->id, before->resource_id)
               : memory_format("'%s', %s%s%s, %s%s%s", database->name, database->engine,
                               *database->version ? " " : "", database->version, database->state,
                               *database->skip_reason ? "; not backed up: " : "",
                               database->skip_reason);
    tell(self, database, before ? "recreated" : "appeared", what);
}

static void
tell_return(const struct merge *self, const struct database *known, int64_t gone_ms,
            int64_t stale_ms)
{
    if (gone_ms)
        tell(self, known, "back", "its provider lists it again");
    else if (stale_ms)
        tell(self, known, "fresh", "its account and region answer again");
}

static void
take_known(struct merge *self, struct database *known, const struct database *found)
{
    int64_t gone_ms = known->gone_ms, stale_ms = known->stale_ms;
    int is_same = difference_is_none(known, found);
    if (is_same && !gone_ms && !stale_ms) {
        if (self->unix_ms - known->last_seen_ms < ESTATE_SEEN_STEP_MS)
            return;
        known->last_seen_ms = self->unix_ms;
        self->listener->seen(self->listener->context, known);
        return;
    }
    int is_renamed = strcmp(known->name, found->name) != 0;
    CLEAN(memory_free) char *difference = difference_text(known, found);
    database_copy(known, found);
    known->last_seen_ms = self->unix_ms;
    known->gone_ms = known->stale_ms = 0;
    self->listener->put(self->listener->context, known);
    tell_return(self, known, gone_ms, stale_ms);
    if (is_same)
        return;
    counts_of(self, known)->changed++;
    tell(self, known, is_renamed ? "renamed" : "changed", difference);
}

static void
judge(struct database *database)
{
    char reason[ELIGIBLE_REASON_SIZE];
    if (!*database->skip_reason && !eligible_judge(database, reason))
        record_set(&database->skip_reason, reason);
    text_clean(database->skip_reason);  // a reason may have been cut within a character
}

// What is listed twice is taken once: the first one stands.
static void
mark_seen(struct merge *self)
{
    for (size_t index = 0; index < self->found->count; index++) {
        struct database **found = &self->found->databases[index];
        CLEAN(memory_free) char *name = full_name(*found);
        if (zhashx_insert(self->seen, name, *found))
            database_destroy(found);
    }
}

static void
judge_all_unlisted(struct merge *self)
{
    struct estate *estate = self->estate;
    for (struct database *known = estate_first(estate); known; known = estate_next(estate)) {
        CLEAN(memory_free) char *name = full_name(known);
        if (zhashx_lookup(self->seen, name))
            continue;
        judge_unlisted(self, known);
        if (known->gone_ms)
            remember_gone(self, known);
    }
}

static void
take_all_listed(struct merge *self)
{
    for (size_t index = 0; index < self->found->count; index++) {
        struct database **found = &self->found->databases[index];
        if (!*found)
            continue;
        judge(*found);
        CLEAN(memory_free) char *name = full_name(*found);
        struct database *known = zhashx_lookup(self->estate->by_name, name);
        if (known)
            take_known(self, known, *found);
        else
            take_new(self, found);
    }
}

void
estate_merge(estate_t *self, struct finding_list *found, int64_t unix_ms,
             const struct estate_listener *listener)
{
    struct merge merge = {.estate = self,
                          .found = found,
                          .listener = listener,
                          .unix_ms = unix_ms,
                          .seen = zhashx_new(),
                          .names = zhashx_new()};
    scopes_merge(self->scopes, found, unix_ms, take_scope, &merge);
    mark_seen(&merge);
    judge_all_unlisted(&merge);
    take_all_listed(&merge);
    zhashx_destroy(&merge.names);
    zhashx_destroy(&merge.seen);
}

// ---- looking

struct database *
estate_find(estate_t *self, int64_t id)
{
    char key[ID_SIZE];
    snprintf(key, sizeof key, "%" PRId64, id);
    return zhashx_lookup(self->by_id, key);
}

struct database *
estate_first(estate_t *self)
{
    return zhashx_first(self->by_id);
}

struct database *
estate_next(estate_t *self)
{
    return zhashx_next(self->by_id);
}

size_t
estate_count(estate_t *self)
{
    return zhashx_size(self->by_id);
}

scopes_t *
estate_scopes(estate_t *self)
{
    return self->scopes;
}
