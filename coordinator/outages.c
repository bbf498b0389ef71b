#include "coordinator/outages.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/outages_parts.h"

enum { GATHER_PRESET_MS = 120000, REMIND_PRESET_MS = 86400000 };

// ---- making

static void
outage_free(void **outage_p)
{
    outage_destroy((struct outage **)outage_p);
}

static void
item_free(void **item_p)
{
    struct outages_item *item = *item_p;
    outage_member_destroy(&item->member);
    memory_free(item_p);
}

outages_t *
outages_new(int64_t next_id, const struct outages_listener *listener)
{
    outages_t *self = memory_get(sizeof *self);
    self->listener = *listener;
    self->next_id = next_id;
    self->gather_ms = GATHER_PRESET_MS;
    self->remind_ms = REMIND_PRESET_MS;
    self->outages = zlistx_new();
    zlistx_set_destructor(self->outages, outage_free);
    self->items = zhashx_new();
    zhashx_set_destructor(self->items, item_free);
    return self;
}

void
outages_destroy(outages_t **self_p)
{
    if (!*self_p)
        return;
    zhashx_destroy(&(*self_p)->items);
    zlistx_destroy(&(*self_p)->outages);
    memory_free(self_p);
}

void
outages_set_times(outages_t *self, int64_t gather_ms, int64_t remind_ms)
{
    self->gather_ms = gather_ms;
    self->remind_ms = remind_ms;
}

// ---- as it was

void
outages_load(outages_t *self, struct outage **outage_p)
{
    struct outage *outage = STEAL(*outage_p);
    outage->members = 0;
    if (outage->id >= self->next_id)
        self->next_id = outage->id + 1;
    zlistx_add_end(self->outages, outage);
}

void
outages_load_member(outages_t *self, struct outage_member **member_p)
{
    CLEAN(outage_member_destroy) struct outage_member *member = STEAL(*member_p);
    for (struct outage *each = outages_first(self); each; each = outages_next(self)) {
        if (each->id == member->outage_id && !outages_item(self, each->kind, member->subject)) {
            outages_add_item(self, each, &member);
            return;
        }
    }
}

// ---- in and out

void
outages_report(outages_t *self, const struct outage_report *report, int64_t unix_ms)
{
    assert(strlen(report->subject) < OUTAGES_SUBJECT_SIZE - 16);
    struct outages_item *item = outages_item(self, report->kind, report->subject);
    struct outage *outage = outages_of_cause(self, report, unix_ms);
    if (item && item->outage == outage) {
        item->seen = self->rounds[report->kind];
        if (strcmp(item->member->policy, report->policy) != 0)
            outages_move(self, item, report->policy);
        return;
    }
    if (item)
        outages_leave(self, item, unix_ms);
    outages_join(self, outage, report, unix_ms);
}

void
outages_recover(outages_t *self, enum outage_kind kind, const char *subject, int64_t unix_ms)
{
    struct outages_item *item = outages_item(self, kind, subject);
    if (item)
        outages_leave(self, item, unix_ms);
}

// ---- all of a kind

void
outages_begin(outages_t *self, enum outage_kind kind)
{
    self->rounds[kind]++;
    self->is_listing = 1;
    self->has_begun = 0;
}

void
outages_end(outages_t *self, enum outage_kind kind, int64_t unix_ms)
{
    CLEAN(zlistx_destroy) zlistx_t *over = zlistx_new();
    struct outages_item *item = zhashx_first(self->items);
    for (; item; item = zhashx_next(self->items)) {
        if (item->outage->kind == kind && item->seen != self->rounds[kind])
            zlistx_add_end(over, item);
    }
    for (item = zlistx_first(over); item; item = zlistx_next(over))
        outages_leave(self, item, unix_ms);
    self->is_listing = 0;
}

// ---- time

// Whether a wait that began at *since_ms is over.
static int
has_passed(int64_t *since_ms, int64_t wait_ms, int64_t unix_ms)
{
    if (*since_ms > unix_ms)
        *since_ms = unix_ms;
    return unix_ms - *since_ms >= wait_ms;
}

static void
tell(outages_t *self, struct outage *outage, enum outage_turn turn, int64_t unix_ms)
{
    self->listener.begin(self->listener.context);
    self->listener.tell(self->listener.context, outage, turn);
    outage->told_ms = unix_ms;
    outage->told_members = (int64_t)outage->members;
    outage->has_joined = 0;
    if (turn == OUTAGE_ENDS)
        outages_shut(self, outage, unix_ms);
    else
        self->listener.put(self->listener.context, outage);
}

// A few databases were told, and now it is a storm. Each such message is of twice as many as the
// one before, so that there are never many.
static int
has_grown(const struct outage *outage)
{
    int64_t members = (int64_t)outage->members, told = outage->told_members;
    return members >= 2 * told && members >= told + OUTAGE_GROWTH_MIN;
}

static void
look_at(outages_t *self, struct outage *outage, int64_t unix_ms)
{
    if (!outage->told_ms) {
        if (has_passed(&outage->opened_ms, self->gather_ms, unix_ms))
            tell(self, outage, OUTAGE_BEGINS, unix_ms);
    } else if (!outage->members) {
        if (!outage->empty_ms)
            outage->empty_ms = unix_ms;
        if (has_passed(&outage->empty_ms, self->gather_ms, unix_ms))
            tell(self, outage, OUTAGE_ENDS, unix_ms);
    } else if (has_passed(&outage->told_ms, self->remind_ms, unix_ms)) {
        tell(self, outage, OUTAGE_LASTS, unix_ms);
    } else if (outage->has_joined && has_passed(&outage->told_ms, self->gather_ms, unix_ms)) {
        outage->has_joined = 0;
        if (has_grown(outage))
            tell(self, outage, OUTAGE_GROWS, unix_ms);
        else
            self->listener.joined(self->listener.context, outage);
    }
}

// A list of its own: what is told may close.
static zlistx_t *
all(outages_t *self)
{
    zlistx_t *list = zlistx_new();
    for (struct outage *each = outages_first(self); each; each = outages_next(self))
        zlistx_add_end(list, each);
    return list;
}

void
outages_look(outages_t *self, int64_t unix_ms)
{
    CLEAN(zlistx_destroy) zlistx_t *list = all(self);
    for (struct outage *each = zlistx_first(list); each; each = zlistx_next(list))
        look_at(self, each, unix_ms);
}

int
outages_close(outages_t *self, int64_t id, int64_t unix_ms, struct error *error)
{
    for (struct outage *each = outages_first(self); each; each = outages_next(self)) {
        if (each->id != id)
            continue;
        self->listener.begin(self->listener.context);
        outages_drop(self, each, unix_ms);
        return 0;
    }
    return error_set(error, ERROR_NOT_FOUND,
                     "no such outage is open; `dbhaul notify outages` shows those that are");
}

void
outages_clear(outages_t *self, int64_t unix_ms)
{
    CLEAN(zlistx_destroy) zlistx_t *list = all(self);
    if (zlistx_size(list))
        self->listener.begin(self->listener.context);
    for (struct outage *each = zlistx_first(list); each; each = zlistx_next(list))
        outages_drop(self, each, unix_ms);
}

// ---- looking

struct outage *
outages_first(outages_t *self)
{
    return zlistx_first(self->outages);
}

struct outage *
outages_next(outages_t *self)
{
    return zlistx_next(self->outages);
}

static int
by_name(const void *left, const void *right)
{
    const struct outage_member *const *a = left;
    const struct outage_member *const *b = right;
    int order = strcmp((*a)->name, (*b)->name);
    return order ? order : strcmp((*a)->subject, (*b)->subject);
}

struct outage_member **
outages_members(outages_t *self, const struct outage *outage, size_t *count)
{
    struct outage_member **found = memory_get((outage->members + 1) * sizeof *found);
    *count = 0;
    for (struct outages_item *item = zhashx_first(self->items); item;
         item = zhashx_next(self->items)) {
        if (item->outage == outage)
            found[(*count)++] = item->member;
    }
    qsort(found, *count, sizeof(struct outage_member *), by_name);
    return found;
}
