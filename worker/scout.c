#include "worker/scout.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/child.h"

enum {
    TOOLS_EVERY = 15,  // surveys; tools change seldom, and looking at them runs them
    FRAMES_MAX = SCOUT_STORES_MAX + 1,
    STUCK_MAX = SCOUT_STORES_MAX + 1,  // each store is left out while one hangs in it
};

// What one survey said: its messages as they came.
struct findings {
    Wire__Envelope *tools;  // NULL: it did not look at tools
    Wire__Envelope *stores[SCOUT_STORES_MAX];
    size_t store_count;
};

struct scout {
    const char *const *command;
    int64_t interval_ms, patience_ms;
    int64_t due_ms;  // of the next survey, or when the present one has taken too long
    child_t *child;  // NULL: none is under way
    unsigned surveys;
    int has_looked;
    int was_killed;  // the present survey: it took too long, and is not listened to any more
    wire_decoder_t *decoder;
    struct findings known;
    struct findings coming;
    Wire__Store *lent[SCOUT_STORES_MAX];
    child_t *stuck[STUCK_MAX];  // surveys that were killed, and hang in the kernel
    size_t stuck_count;
};

static void
findings_clear(struct findings *findings)
{
    wire_free(&findings->tools);
    for (size_t index = 0; index < findings->store_count; index++)
        wire_free(&findings->stores[index]);
    *findings = (struct findings){0};
}

scout_t *
scout_new(const char *const *command, int64_t interval_ms, int64_t patience_ms)
{
    scout_t *self = memory_get(sizeof *self);
    self->command = command;
    self->interval_ms = interval_ms;
    self->patience_ms = patience_ms;
    self->due_ms = INT64_MIN;
    self->decoder = wire_decoder_new();
    return self;
}

void
scout_destroy(scout_t **self_p)
{
    scout_t *self = *self_p;
    if (!self)
        return;
    if (self->was_killed)
        child_leave(&self->child);
    child_destroy(&self->child);
    while (self->stuck_count > 0)
        child_leave(&self->stuck[--self->stuck_count]);
    findings_clear(&self->known);
    findings_clear(&self->coming);
    wire_decoder_destroy(&self->decoder);
    memory_free(self_p);
}

size_t
scout_fds(const scout_t *self, int *fds, size_t size)
{
    size_t count = 0;
    if (self->child && child_frames_fd(self->child) >= 0 && count < size)
        fds[count++] = child_frames_fd(self->child);
    if (self->child && count < size)
        fds[count++] = child_end_fd(self->child);
    return count;
}

int64_t
scout_deadline(const scout_t *self)
{
    return self->due_ms;
}

static const char *
identity_of(const Wire__Envelope *message)
{
    return message->ready->stores[0]->identity;
}

static int
has_store(const struct findings *findings, const char *identity)
{
    for (size_t index = 0; index < findings->store_count; index++) {
        if (strcmp(identity_of(findings->stores[index]), identity) == 0)
            return 1;
    }
    return 0;
}

static int
take_frame(scout_t *self, const uint8_t *data, size_t size, struct error *error)
{
    const Wire__Envelope *message = NULL;
    if (wire_unpack(self->decoder, data, size, WIRE_FROM_WORKER, &message, error))
        return -1;
    struct findings *coming = &self->coming;
    if (message->body_case != WIRE__ENVELOPE__BODY_READY)
        return error_set(error, ERROR_INTERNAL, "a survey said '%s'", wire_body_name(message));
    if (message->ready->n_stores == 0) {
        wire_free(&coming->tools);
        coming->tools = wire_clone(message);
    } else if (coming->store_count < SCOUT_STORES_MAX && !has_store(coming, identity_of(message))) {
        coming->stores[coming->store_count++] = wire_clone(message);
    }
    return 0;
}

static int
are_tools_equal(const Wire__Ready *one, const Wire__Ready *other)
{
    if (one->n_tools != other->n_tools)
        return 0;
    for (size_t index = 0; index < one->n_tools; index++) {
        if (strcmp(one->tools[index]->name, other->tools[index]->name) != 0 ||
            strcmp(one->tools[index]->version, other->tools[index]->version) != 0)
            return 0;
    }
    return 1;
}

// Has the room in a store that is still there changed by a sixteenth?
static int
is_room_news(const scout_t *self)
{
    const struct findings *known = &self->known;
    const struct findings *coming = &self->coming;
    for (size_t one = 0; one < coming->store_count; one++) {
        for (size_t other = 0; other < known->store_count; other++) {
            uint64_t now = coming->stores[one]->ready->stores[0]->free_bytes;
            uint64_t before = known->stores[other]->ready->stores[0]->free_bytes;
            uint64_t change = now > before ? now - before : before - now;
            if (strcmp(identity_of(coming->stores[one]), identity_of(known->stores[other])) == 0 &&
                change > before / 16)
                return 1;
        }
    }
    return 0;
}

static int
is_news(const scout_t *self)
{
    const struct findings *known = &self->known;
    const struct findings *coming = &self->coming;
    if (!self->has_looked || known->store_count != coming->store_count)
        return 1;
    for (size_t index = 0; index < coming->store_count; index++) {
        if (!has_store(known, identity_of(coming->stores[index])))
            return 1;
    }
    if (!coming->tools)
        return 0;
    return !known->tools || !are_tools_equal(known->tools->ready, coming->tools->ready);
}

// What has come by now becomes what is known.
static enum scout_news
publish(scout_t *self)
{
    enum scout_news news = SCOUT_NOTHING;
    if (is_news(self))
        news = SCOUT_CHANGED;
    else if (is_room_news(self))
        news = SCOUT_ROOM;
    if (!self->coming.tools)
        self->coming.tools = STEAL(self->known.tools);
    findings_clear(&self->known);
    self->known = self->coming;
    self->coming = (struct findings){0};
    self->has_looked = 1;
    return news;
}

static enum scout_news
start(scout_t *self, int64_t now_ms, struct error *error)
{
    const char *role = self->surveys % TOOLS_EVERY == 0 ? "--survey" : "--survey-stores";
    if (child_start(&self->child, self->command, role, NULL, 0, error)) {
        self->due_ms = now_ms + self->interval_ms;
        return SCOUT_FAILED;
    }
    self->surveys++;
    self->was_killed = 0;
    self->due_ms = now_ms + self->patience_ms;
    return SCOUT_NOTHING;
}

static enum scout_news
finish(scout_t *self, int64_t now_ms, const struct process_end *end, struct error *error)
{
    child_destroy(&self->child);
    self->due_ms = now_ms + self->interval_ms;
    if (self->was_killed)
        return SCOUT_NOTHING;
    if (end->exit_code == 0)
        return publish(self);
    findings_clear(&self->coming);
    char how[64];
    error_set(error, ERROR_INTERNAL, "the survey of tools and stores failed: %s",
              process_end_text(end, how));
    return SCOUT_FAILED;
}

// One that cannot even be killed (it hangs in the kernel) holds up nothing: the next survey leaves
// out what it hangs in.
static enum scout_news
give_up(scout_t *self, int64_t now_ms)
{
    if (self->was_killed && self->stuck_count < STUCK_MAX) {
        self->stuck[self->stuck_count++] = STEAL(self->child);
        self->due_ms = now_ms + self->interval_ms;
        return SCOUT_NOTHING;
    }
    child_kill(self->child);
    self->due_ms = now_ms + CHILD_STUCK_MS;
    if (self->was_killed)
        return SCOUT_NOTHING;
    self->was_killed = 1;
    return publish(self);
}

static void
reap_stuck(scout_t *self)
{
    for (size_t index = 0; index < self->stuck_count;) {
        struct process_end end;
        if (!child_ended(self->stuck[index], &end)) {
            index++;
            continue;
        }
        child_destroy(&self->stuck[index]);
        self->stuck[index] = self->stuck[--self->stuck_count];
    }
}

enum scout_news
scout_tick(scout_t *self, int64_t now_ms, struct error *error)
{
    reap_stuck(self);
    if (!self->child)
        return now_ms < self->due_ms ? SCOUT_NOTHING : start(self, now_ms, error);
    struct process_end end;
    int has_ended = child_ended(self->child, &end);
    for (int count = 0; count < FRAMES_MAX && !self->was_killed; count++) {
        const uint8_t *data = NULL;
        size_t size = 0;
        if (child_next(self->child, &data, &size, error)) {
            if (error->code == ERROR_UNAVAILABLE || error->code == ERROR_NOT_FOUND)
                break;
            return SCOUT_FAILED;
        }
        if (take_frame(self, data, size, error))
            return SCOUT_FAILED;
    }
    if (has_ended)
        return finish(self, now_ms, &end, error);
    return now_ms < self->due_ms ? SCOUT_NOTHING : give_up(self, now_ms);
}

int
scout_has_looked(const scout_t *self)
{
    return self->has_looked;
}

int
scout_has_store(const scout_t *self, const char *identity)
{
    return has_store(&self->known, identity);
}

int
scout_has_tool(const scout_t *self, const char *name)
{
    for (size_t index = 0; self->known.tools && index < self->known.tools->ready->n_tools;
         index++) {
        if (strcmp(self->known.tools->ready->tools[index]->name, name) == 0)
            return 1;
    }
    return 0;
}

void
scout_fill(scout_t *self, Wire__Ready *ready)
{
    if (self->known.tools) {
        ready->tools = self->known.tools->ready->tools;
        ready->n_tools = self->known.tools->ready->n_tools;
    }
    for (size_t index = 0; index < self->known.store_count; index++)
        self->lent[index] = self->known.stores[index]->ready->stores[0];
    ready->stores = self->lent;
    ready->n_stores = self->known.store_count;
}
