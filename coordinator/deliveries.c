#include "coordinator/deliveries.h"

#include <assert.h>
#include <czmq.h>
#include <string.h>

#include "common/memory.h"

enum {
    BACKOFF_FIRST_MS = 10000,
    BACKOFF_MAX_MS = 600000,
    ASKED_MAX_MS = 3600000,
};

struct deliveries {
    zlistx_t *list;  // struct delivery, by age
};

static void
delivery_free(void **delivery_p)
{
    delivery_destroy((struct delivery **)delivery_p);
}

deliveries_t *
deliveries_new(void)
{
    deliveries_t *self = memory_get(sizeof *self);
    self->list = zlistx_new();
    zlistx_set_destructor(self->list, delivery_free);
    return self;
}

void
deliveries_destroy(deliveries_t **self_p)
{
    if (!*self_p)
        return;
    zlistx_destroy(&(*self_p)->list);
    memory_free(self_p);
}

struct delivery *
deliveries_first(deliveries_t *self)
{
    return zlistx_first(self->list);
}

struct delivery *
deliveries_next(deliveries_t *self)
{
    return zlistx_next(self->list);
}

size_t
deliveries_waiting(deliveries_t *self, const char *target)
{
    size_t count = 0;
    for (struct delivery *each = deliveries_first(self); each; each = deliveries_next(self))
        count += strcmp(each->target, target) == 0;
    return count;
}

struct delivery *
deliveries_take(deliveries_t *self, struct delivery *delivery)
{
    void *handle = zlistx_find(self->list, delivery);
    assert(handle);
    return zlistx_detach(self->list, handle);
}

// The oldest of a target's that nobody sends right now, after `after` (NULL: of all).
static struct delivery *
oldest(deliveries_t *self, const char *target, const struct delivery *after)
{
    int is_after = after == NULL;
    for (struct delivery *each = deliveries_first(self); each; each = deliveries_next(self)) {
        if (is_after && !each->is_under_way && strcmp(each->target, target) == 0)
            return each;
        is_after |= each == after;
    }
    return NULL;
}

void
deliveries_add(deliveries_t *self, struct delivery **delivery_p, struct delivery **dropped,
               const struct delivery **heir)
{
    struct delivery *delivery = *delivery_p;
    *delivery_p = NULL;
    *dropped = NULL;
    *heir = NULL;
    zlistx_add_end(self->list, delivery);
    if (deliveries_waiting(self, delivery->target) <= DELIVERIES_MAX)
        return;
    struct delivery *first = oldest(self, delivery->target, NULL);
    struct delivery *second = oldest(self, delivery->target, first);
    second->merged += first->merged + 1;
    *heir = second;
    *dropped = deliveries_take(self, first);
}

struct delivery *
deliveries_find(deliveries_t *self, const char *id)
{
    struct delivery *each = deliveries_first(self);
    while (each && strcmp(each->id, id) != 0)
        each = deliveries_next(self);
    return each;
}

struct delivery *
deliveries_due(deliveries_t *self, const char *target, int64_t unix_ms)
{
    struct delivery *first = NULL;
    for (struct delivery *each = deliveries_first(self); each; each = deliveries_next(self)) {
        if (strcmp(each->target, target) != 0)
            continue;
        if (each->is_under_way)
            return NULL;
        if (each->next_ms - unix_ms > ASKED_MAX_MS)
            each->next_ms = unix_ms + ASKED_MAX_MS;  // the clock went back
        if (!first && each->is_written && each->next_ms <= unix_ms)
            first = each;
    }
    return first;
}

int
deliveries_again(struct delivery *delivery, int64_t unix_ms, int64_t asked_ms, int64_t give_up_ms,
                 uint64_t random)
{
    int64_t wait_ms = BACKOFF_FIRST_MS;
    delivery->is_under_way = 0;
    if (delivery->at_ms > unix_ms)
        delivery->at_ms = unix_ms;
    if (unix_ms - delivery->at_ms >= give_up_ms)
        return 0;
    for (int64_t tries = delivery->tries; tries > 0 && wait_ms < BACKOFF_MAX_MS; tries--)
        wait_ms *= 2;
    if (wait_ms > BACKOFF_MAX_MS)
        wait_ms = BACKOFF_MAX_MS;
    wait_ms = wait_ms / 2 + (int64_t)(random % (uint64_t)(wait_ms / 2 + 1));
    if (asked_ms > ASKED_MAX_MS)
        asked_ms = ASKED_MAX_MS;
    delivery->tries++;
    delivery->next_ms = unix_ms + (asked_ms > wait_ms ? asked_ms : wait_ms);
    if (delivery->next_ms > delivery->at_ms + give_up_ms)
        delivery->next_ms = delivery->at_ms + give_up_ms;
    return 1;
}
