#include "coordinator/discovery/estate.h"

#include <assert.h>
#include <czmq.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/discovery/eligible.h"

enum { ID_SIZE = 24 };

struct estate {
    int64_t next_id;
    zhashx_t *by_id;    // number -> struct database, owned
    zhashx_t *by_name;  // provider and resource id -> the same
};

// ---- what was found

static void
copy_database(struct database *to, const struct database *from)
{
    char **old[DATABASE_TEXTS], **new[DATABASE_TEXTS];
    database_texts(to, old);
    database_texts((struct database *)(uintptr_t)from, new);  // only read
    for (size_t index = 0; index < DATABASE_TEXTS; index++)
        record_set(old[index], *new[index]);
    to->port = from->port;
    to->size_bytes = from->size_bytes;
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
    for (size_t index = 0; index < self->provider_count; index++)
        free(self->providers[index]);
    for (size_t index = 0; index < self->failure_count; index++)
        free(self->failures[index]);
    free(self->databases);
    free(self->providers);
    free(self->failures);
    free(self);
    *self_p = NULL;
}

void
finding_list_add(struct finding_list *self, const struct database *database)
{
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? 2 * self->capacity : 64;
        self->databases =
            memory_resize(self->databases, self->capacity * sizeof(struct database *));
    }
    struct database *copy = database_new();
    copy_database(copy, database);
    self->databases[self->count++] = copy;
}

static void
add_text(char ***texts, size_t *count, const char *text)
{
    *texts = memory_resize(*texts, (*count + 1) * sizeof **texts);
    (*texts)[(*count)++] = memory_copy_text(text);
}

void
finding_list_answered(struct finding_list *self, const char *provider)
{
    add_text(&self->providers, &self->provider_count, provider);
}

void
finding_list_failed(struct finding_list *self, const char *sentence)
{
    add_text(&self->failures, &self->failure_count, sentence);
}

// ---- the estate

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
    return self;
}

void
estate_destroy(estate_t **self_p)
{
    assert(self_p);
    if (!*self_p)
        return;
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

static int
is_same(struct database *known, struct database *found)
{
    char **old[DATABASE_TEXTS], **new[DATABASE_TEXTS];
    database_texts(known, old);
    database_texts(found, new);
    for (size_t index = 0; index < DATABASE_TEXTS; index++) {
        if (strcmp(*old[index], *new[index]) != 0)
            return 0;
    }
    return known->port == found->port && known->size_bytes == found->size_bytes && !known->gone_ms;
}

static struct database *
add_database(estate_t *self, const struct database *found, int64_t unix_ms)
{
    struct database *database = database_new();
    copy_database(database, found);
    database->id = self->next_id++;
    database->first_seen_ms = unix_ms;
    struct database *lent = database;
    estate_load(self, &database);
    return lent;
}

static void
judge(struct database *database)
{
    char reason[ELIGIBLE_REASON_SIZE];
    if (*database->skip_reason)
        return;
    if (!eligible_judge(database, reason))
        record_set(&database->skip_reason, reason);
}

// Marks whatever was seen with the discovery's number in size_t `seen`, so that the rest is gone.
static void
merge_one(estate_t *self, struct database *found, zhashx_t *seen, int64_t unix_ms,
          void (*changed)(void *context, const struct database *database, int gone), void *context)
{
    judge(found);
    CLEAN(memory_free) char *name = full_name(found);
    if (zhashx_insert(seen, name, found))
        return;  // listed twice: the first one stands
    struct database *known = zhashx_lookup(self->by_name, name);
    int is_changed =
        !known || !is_same(known, found) || unix_ms - known->last_seen_ms >= ESTATE_SEEN_STEP_MS;
    if (!known)
        known = add_database(self, found, unix_ms);
    if (!is_changed)
        return;
    copy_database(known, found);
    known->last_seen_ms = unix_ms;
    known->gone_ms = 0;
    changed(context, known, 0);
}

static int
has_answered(const struct finding_list *found, const char *provider)
{
    for (size_t index = 0; index < found->provider_count; index++) {
        if (strcmp(found->providers[index], provider) == 0)
            return 1;
    }
    return 0;
}

void
estate_merge(estate_t *self, const struct finding_list *found, int64_t unix_ms,
             void (*changed)(void *context, const struct database *database, int gone),
             void *context)
{
    zhashx_t *seen = zhashx_new();
    for (size_t index = 0; index < found->count; index++)
        merge_one(self, found->databases[index], seen, unix_ms, changed, context);
    for (struct database *known = estate_first(self); known; known = estate_next(self)) {
        CLEAN(memory_free) char *name = full_name(known);
        if (known->gone_ms || zhashx_lookup(seen, name) || !has_answered(found, known->provider))
            continue;
        known->gone_ms = unix_ms;
        changed(context, known, 1);
    }
    zhashx_destroy(&seen);
}

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
