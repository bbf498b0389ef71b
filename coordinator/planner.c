#include "coordinator/planner.h"

#include <czmq.h>

#include "common/memory.h"

enum { STEP_MS = 1000 };

struct item {
    struct firing *firing;
    int64_t next_ms;  // when the policy is to be asked; 0 = now
};

struct planner {
    zhashx_t *items;    // policy's name -> struct item
    int64_t offset_ms;  // of the clock against the monotonic one, when it was looked at last
};

static void
item_destroy(void **item_p)
{
    struct item *item = *item_p;
    firing_destroy(&item->firing);
    memory_free(item_p);
}

planner_t *
planner_new(void)
{
    planner_t *self = memory_get(sizeof *self);
    self->items = zhashx_new();
    zhashx_set_destructor(self->items, item_destroy);
    return self;
}

void
planner_destroy(planner_t **self_p)
{
    if (!*self_p)
        return;
    zhashx_destroy(&(*self_p)->items);
    memory_free(self_p);
}

static struct item *
add_item(planner_t *self, struct firing *firing)
{
    struct item *item = memory_get(sizeof *item);
    item->firing = firing;
    zhashx_update(self->items, firing->policy, item);
    return item;
}

void
planner_load(planner_t *self, struct firing **firing_p)
{
    struct firing *firing = *firing_p;
    *firing_p = NULL;
    add_item(self, firing);
}

int64_t
planner_closes(planner_t *self, const char *policy)
{
    const struct item *item = zhashx_lookup(self->items, policy);
    return item ? item->firing->closes_ms : 0;
}

static struct item *
item_of(planner_t *self, const struct policy *policy)
{
    struct item *item = zhashx_lookup(self->items, policy->name);
    if (item)
        return item;
    struct firing *firing = firing_new();
    record_set(&firing->policy, policy->name);
    return add_item(self, firing);
}

static void
close_window(struct item *item, const struct planner_listener *listener)
{
    if (item->firing->closes_ms)
        listener->close(listener->context, item->firing->policy);
    item->firing->closes_ms = 0;
}

// Of policies that were taken out, too: what they queued has its window still.
static void
close_windows(planner_t *self, int64_t unix_ms, const struct planner_listener *listener)
{
    struct item *item = zhashx_first(self->items);
    for (; item; item = zhashx_next(self->items)) {
        if (item->firing->closes_ms && item->firing->closes_ms <= unix_ms)
            close_window(item, listener);
    }
}

static struct schedule_memory
memory_of(const struct firing *firing)
{
    return (struct schedule_memory){.seen_ms = firing->seen_ms,
                                    .fired_ms = firing->fired_ms,
                                    .skipped_after_ms = firing->skipped_after_ms,
                                    .skipped_until_ms = firing->skipped_until_ms};
}

// Takes the policy's turn with what is remembered of it.
static void
take_turn(struct firing *firing, const struct policy *policy, int64_t unix_ms,
          struct schedule_turn *turn)
{
    struct schedule_memory memory = memory_of(firing);
    schedule_turn(&policy->schedule, &memory, unix_ms, turn);
    firing->seen_ms = memory.seen_ms;
    firing->fired_ms = memory.fired_ms;
    firing->skipped_after_ms = memory.skipped_after_ms;
    firing->skipped_until_ms = memory.skipped_until_ms;
}

static void
look_at(struct item *item, const struct policy *policy, int64_t unix_ms,
        const struct planner_listener *listener)
{
    struct schedule_turn turn;
    struct firing *firing = item->firing;
    take_turn(firing, policy, unix_ms, &turn);
    item->next_ms = turn.next_ms;
    if (turn.missed || turn.back_ms)
        listener->warn(listener->context, policy, &turn);
    if (turn.fires || turn.back_ms)
        close_window(item, listener);
    if (turn.fires) {
        firing->closes_ms = turn.closes_ms;
        listener->fire(listener->context, policy, &turn, firing);
    } else if (turn.is_changed) {
        listener->keep(listener->context, firing);
    }
}

void
planner_look(planner_t *self, const policies_t *policies, int64_t unix_ms, int64_t now_ms,
             const struct planner_listener *listener)
{
    int64_t step_ms = unix_ms - now_ms - self->offset_ms;
    int has_stepped = step_ms < -STEP_MS || step_ms > STEP_MS;
    if (has_stepped)
        self->offset_ms = unix_ms - now_ms;
    close_windows(self, unix_ms, listener);
    for (size_t index = 0; index < policies_count(policies); index++) {
        const struct policy *policy = policies_at(policies, index);
        if (!policy->timetable)
            continue;
        struct item *item = item_of(self, policy);
        if (has_stepped || item->next_ms <= unix_ms)
            look_at(item, policy, unix_ms, listener);
    }
}

void
planner_foresee(planner_t *self, const policies_t *policies, int64_t unix_ms, int64_t until_ms,
                planner_turn_fn *tell, void *context)
{
    for (size_t index = 0; index < policies_count(policies); index++) {
        const struct policy *policy = policies_at(policies, index);
        const struct item *item = zhashx_lookup(self->items, policy->name);
        struct schedule_memory memory =
            item ? memory_of(item->firing) : (struct schedule_memory){0};
        struct schedule_turn turn = {.next_ms = policy->timetable ? unix_ms : TIMETABLE_NEVER};
        while (turn.next_ms <= until_ms) {
            int64_t at_ms = turn.next_ms;
            schedule_turn(&policy->schedule, &memory, at_ms, &turn);
            if (turn.fires && tell(context, index, at_ms, &turn))
                return;
        }
    }
}

void
planner_ask_all(planner_t *self)
{
    struct item *item = zhashx_first(self->items);
    for (; item; item = zhashx_next(self->items))
        item->next_ms = 0;
}

void
planner_reload(planner_t *self, const policies_t *policies, const struct planner_listener *listener)
{
    planner_ask_all(self);
    struct item *item = zhashx_first(self->items);
    for (; item; item = zhashx_next(self->items)) {
        struct firing *firing = item->firing;
        const struct policy *policy = policies_by_name(policies, firing->policy);
        if ((policy && policy->timetable) || !firing->seen_ms)
            continue;
        firing->seen_ms = firing->fired_ms = 0;
        firing->skipped_after_ms = firing->skipped_until_ms = 0;
        listener->keep(listener->context, firing);
    }
}
