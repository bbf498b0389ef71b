#include "coordinator/quota.h"

#include <assert.h>
#include <czmq.h>

#include "common/clean.h"
#include "common/memory.h"

struct quota {
    unsigned presets[QUOTA_KINDS];  // limits of each that has none of its own
    zhashx_t *limits[QUOTA_KINDS];  // name -> unsigned
    zhashx_t *counts[QUOTA_KINDS];  // name -> struct quota_count
};

static void
limit_destroy(void **limit_p)
{
    memory_free(limit_p);
}

static void
count_destroy(void **count_p)
{
    struct quota_count *count = *count_p;
    memory_free(&count->name);
    memory_free(count_p);
}

quota_t *
quota_new(void)
{
    quota_t *self = memory_get(sizeof *self);
    for (size_t kind = 0; kind < QUOTA_KINDS; kind++) {
        self->limits[kind] = zhashx_new();
        zhashx_set_destructor(self->limits[kind], limit_destroy);
        self->counts[kind] = zhashx_new();
        zhashx_set_destructor(self->counts[kind], count_destroy);
    }
    return self;
}

void
quota_destroy(quota_t **self_p)
{
    if (!*self_p)
        return;
    for (size_t kind = 0; kind < QUOTA_KINDS; kind++) {
        zhashx_destroy(&(*self_p)->limits[kind]);
        zhashx_destroy(&(*self_p)->counts[kind]);
    }
    memory_free(self_p);
}

unsigned
quota_limit(quota_t *self, enum quota_kind kind, const char *name)
{
    const unsigned *limit = zhashx_lookup(self->limits[kind], name);
    return limit ? *limit : self->presets[kind];
}

void
quota_set_limit(quota_t *self, enum quota_kind kind, const char *name, unsigned limit)
{
    if (*name) {
        unsigned *own = memory_get(sizeof *own);
        *own = limit;
        zhashx_delete(self->limits[kind], name);
        zhashx_insert(self->limits[kind], name, own);
    } else
        self->presets[kind] = limit;
    zhashx_t *counts = self->counts[kind];
    for (struct quota_count *count = zhashx_first(counts); count; count = zhashx_next(counts))
        count->limit = quota_limit(self, kind, count->name);
}

void
quota_clear_limits(quota_t *self)
{
    for (size_t kind = 0; kind < QUOTA_KINDS; kind++) {
        zhashx_purge(self->limits[kind]);
        quota_set_limit(self, (enum quota_kind)kind, "", 0);
    }
}

void
quota_copy_limits(quota_t *self, quota_t *from)
{
    quota_clear_limits(self);
    for (size_t kind = 0; kind < QUOTA_KINDS; kind++) {
        zhashx_t *limits = from->limits[kind];
        quota_set_limit(self, (enum quota_kind)kind, "", from->presets[kind]);
        for (const unsigned *limit = zhashx_first(limits); limit; limit = zhashx_next(limits))
            quota_set_limit(self, (enum quota_kind)kind, zhashx_cursor(limits), *limit);
    }
}

struct quota_count *
quota_hold(quota_t *self, enum quota_kind kind, const char *name)
{
    struct quota_count *count = zhashx_lookup(self->counts[kind], name);
    if (!count) {
        count = memory_get(sizeof *count);
        count->kind = kind;
        count->name = memory_copy_text(name);
        count->limit = quota_limit(self, kind, name);
        zhashx_insert(self->counts[kind], name, count);
    }
    count->holders++;
    return count;
}

void
quota_drop(quota_t *self, struct quota_count **count_p)
{
    struct quota_count *count = STEAL(*count_p);
    if (!count || --count->holders > 0)
        return;
    assert(count->taken == 0 && !count->line.first);
    zhashx_delete(self->counts[count->kind], count->name);
}

int
quota_has_room(const struct quota_count *count)
{
    return !count || !count->limit || count->taken < count->limit;
}

int
quota_allows(quota_t *self, enum quota_kind kind, const char *name)
{
    return quota_has_room(zhashx_lookup(self->counts[kind], name));
}

void
quota_take(struct quota_count *count)
{
    if (count)
        count->taken++;
}

int
quota_give(struct quota_count *count)
{
    if (!count)
        return 0;
    int had_room = quota_has_room(count);
    assert(count->taken > 0);
    count->taken--;
    return !had_room && quota_has_room(count);
}

void
quota_wait(struct quota_line *line, struct quota_waiter *waiter)
{
    assert(!waiter->line);
    waiter->line = line;
    waiter->next = line->first;
    if (line->first)
        line->first->previous = waiter;
    line->first = waiter;
}

void
quota_leave(struct quota_waiter *waiter)
{
    if (!waiter->line)
        return;
    if (waiter->previous)
        waiter->previous->next = waiter->next;
    else
        waiter->line->first = waiter->next;
    if (waiter->next)
        waiter->next->previous = waiter->previous;
    *waiter = (struct quota_waiter){0};
}

const char *
quota_kind_name(enum quota_kind kind)
{
    static const char *const names[QUOTA_KINDS] = {
        [QUOTA_ALL] = "all",         [QUOTA_SERVER] = "server", [QUOTA_DATABASE] = "database",
        [QUOTA_ACCOUNT] = "account", [QUOTA_REGION] = "region", [QUOTA_STORE] = "store",
        [QUOTA_POLICY] = "policy",   [QUOTA_WORKER] = "worker", [QUOTA_LABEL] = "label",
    };
    return names[kind];
}
