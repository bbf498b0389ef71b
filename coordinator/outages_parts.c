#include "coordinator/outages_parts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/text.h"

#define OTHER_CAUSES "(others)"

// ---- what is struck

static void
key_of(enum outage_kind kind, const char *subject, char key[OUTAGES_SUBJECT_SIZE])
{
    snprintf(key, OUTAGES_SUBJECT_SIZE, "%d %s", (int)kind, subject);
}

struct outages_item *
outages_item(outages_t *self, enum outage_kind kind, const char *subject)
{
    char key[OUTAGES_SUBJECT_SIZE];
    key_of(kind, subject, key);
    return zhashx_lookup(self->items, key);
}

struct outages_item *
outages_add_item(outages_t *self, struct outage *outage, struct outage_member **member_p)
{
    char key[OUTAGES_SUBJECT_SIZE];
    struct outages_item *item = memory_get(sizeof *item);
    item->member = STEAL(*member_p);
    item->outage = outage;
    item->seen = self->rounds[outage->kind];
    outage->has_joined = 1;
    key_of(outage->kind, item->member->subject, key);
    zhashx_update(self->items, key, item);
    outage->members++;
    return item;
}

// ---- which outage

static struct outage *
find(outages_t *self, enum outage_kind kind, const char *key, size_t *count)
{
    *count = 0;
    for (struct outage *each = outages_first(self); each; each = outages_next(self)) {
        if (each->kind != kind)
            continue;
        if (strcmp(each->key, key) == 0)
            return each;
        ++*count;
    }
    return NULL;
}

static char *
words_of(const char *message)
{
    char *words = memory_format("%.*s", OUTAGE_MESSAGE_MAX, message);
    text_clean(words);
    return words;
}

// What a list changes is a transaction of its own; a list that changes nothing needs none.
static void
prepare(outages_t *self)
{
    if (!self->is_listing || self->has_begun)
        return;
    self->has_begun = 1;
    self->listener.begin(self->listener.context);
}

static struct outage *
open_outage(outages_t *self, enum outage_kind kind, const char *key, const char *message,
            int64_t unix_ms)
{
    struct outage *outage = outage_new();
    CLEAN(memory_free) char *words = words_of(message);
    outage->id = self->next_id++;
    outage->kind = kind;
    outage->opened_ms = unix_ms;
    record_set(&outage->key, key);
    record_set(&outage->cause, words);
    zlistx_add_end(self->outages, outage);
    prepare(self);
    self->listener.put(self->listener.context, outage);
    return outage;
}

struct outage *
outages_of_cause(outages_t *self, const struct outage_report *report, int64_t unix_ms)
{
    size_t count = 0;
    CLEAN(memory_free) char *cause = outage_cause(&report->cause);
    const char *key = cause;
    struct outage *outage = find(self, report->kind, key, &count);
    if (!outage && count >= OUTAGES_MAX) {
        key = OTHER_CAUSES;
        outage = find(self, report->kind, key, &count);
    }
    return outage ? outage : open_outage(self, report->kind, key, report->cause.message, unix_ms);
}

// ---- in and out

void
outages_join(outages_t *self, struct outage *outage, const struct outage_report *report,
             int64_t unix_ms)
{
    struct outage_member *member = outage_member_new();
    CLEAN(memory_free) char *name = memory_format("%.*s", OUTAGE_NAME_MAX, report->name);
    text_clean(name);
    member->outage_id = outage->id;
    member->since_ms = unix_ms;
    record_set(&member->subject, report->subject);
    record_set(&member->name, name);
    record_set(&member->policy, report->policy);
    prepare(self);
    self->listener.join(self->listener.context, member);
    outages_add_item(self, outage, &member);
    if (!outage->empty_ms)
        return;
    outage->empty_ms = 0;
    self->listener.put(self->listener.context, outage);
}

void
outages_shut(outages_t *self, struct outage *outage, int64_t unix_ms)
{
    outage->closed_ms = unix_ms;
    self->listener.put(self->listener.context, outage);
    void *handle = zlistx_find(self->outages, outage);
    assert(handle);
    zlistx_delete(self->outages, handle);
}

void
outages_move(outages_t *self, struct outages_item *item, const char *policy)
{
    record_set(&item->member->policy, policy);
    item->outage->has_joined = 1;
    prepare(self);
    self->listener.join(self->listener.context, item->member);
}

// What nobody was told of needs no all-clear.
void
outages_leave(outages_t *self, struct outages_item *item, int64_t unix_ms)
{
    char key[OUTAGES_SUBJECT_SIZE];
    struct outage *outage = item->outage;
    key_of(outage->kind, item->member->subject, key);
    prepare(self);
    self->listener.leave(self->listener.context, item->member);
    zhashx_delete(self->items, key);
    outage->members--;
    if (outage->members)
        return;
    outage->empty_ms = unix_ms;
    if (outage->told_ms)
        self->listener.put(self->listener.context, outage);
    else
        outages_shut(self, outage, unix_ms);
}

void
outages_drop(outages_t *self, struct outage *outage, int64_t unix_ms)
{
    size_t count = 0;
    CLEAN(memory_free) struct outage_member **members = outages_members(self, outage, &count);
    for (size_t index = 0; index < count; index++) {
        char key[OUTAGES_SUBJECT_SIZE];
        key_of(outage->kind, members[index]->subject, key);
        self->listener.leave(self->listener.context, members[index]);
        zhashx_delete(self->items, key);
    }
    outages_shut(self, outage, unix_ms);
}
