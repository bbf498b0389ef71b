#include "coordinator/queue.h"

#include <assert.h>
#include <inttypes.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/queue_parts.h"

enum { COUNTS_MAX = QUEUE_POOL_COUNTS + 2 + QUEUE_OWN_COUNTS + 2 + QUEUE_LABELS_MAX };

queue_t *
queue_new(const struct queue_rules *rules, quota_t *quota)
{
    queue_t *self = memory_get(sizeof *self);
    self->rules = *rules;
    self->quota = quota;
    queue_parts_init(self);
    return self;
}

// ---- what can be picked: what has something to start and does not wait is in its heap

static void
put_right(heap_t *heap, struct heap_node *node, int can_start)
{
    if (can_start && node->place)
        heap_moved(heap, node);
    else if (can_start)
        heap_add(heap, node);
    else if (node->place)
        heap_remove(heap, node);
}

static void
lane_changed(struct queue_lane *lane)
{
    int can_start = heap_first(lane->groups) && !lane->waiter.line;
    put_right(lane->pool->lanes, &lane->node, can_start);
}

static void
group_changed(struct queue_group *group)
{
    int can_start = heap_first(group->jobs) && !group->waiter.line;
    put_right(group->lane->groups, &group->node, can_start);
    lane_changed(group->lane);
}

static void
make_ready(struct queue_member *member)
{
    heap_add(member->group->jobs, &member->node);
    group_changed(member->group);
}

// Out of the heap or the line that it is in.
static void
take_out(queue_t *self, struct queue_member *member)
{
    quota_leave(&member->waiter);
    if (member->is_later)
        heap_remove(self->later, &member->node);
    else if (member->node.place) {
        heap_remove(member->group->jobs, &member->node);
        group_changed(member->group);
    }
    member->is_later = 0;
}

static void
wake(enum quota_kind kind, struct quota_waiter *waiter)
{
    quota_leave(waiter);
    if (kind == QUOTA_ACCOUNT)
        lane_changed((struct queue_lane *)((char *)waiter - offsetof(struct queue_lane, waiter)));
    else if (kind == QUOTA_POLICY)
        group_changed(
            (struct queue_group *)((char *)waiter - offsetof(struct queue_group, waiter)));
    else
        make_ready((struct queue_member *)((char *)waiter - offsetof(struct queue_member, waiter)));
}

static void
wake_all(struct quota_count *count)
{
    while (count && count->line.first)
        wake(count->kind, count->line.first);
}

void
queue_workers_changed(queue_t *self)
{
    if (self->nobodies == 0)
        return;
    struct queue_pool *pool = zhashx_first(self->pools);
    for (; pool; pool = zhashx_next(self->pools))
        pool->has_nobody = 0;
    self->nobodies = 0;
}

void
queue_limits_changed(queue_t *self)
{
    struct queue_member *member = zhashx_first(self->jobs);
    for (; member; member = zhashx_next(self->jobs)) {
        for (size_t index = 0; index < QUEUE_OWN_COUNTS; index++)
            wake_all(member->counts[index]);
        wake_all(member->group->count);
        wake_all(member->group->lane->count);
    }
    queue_workers_changed(self);
}

// ---- counting

static size_t
counts_of(const struct queue_member *member, struct quota_count *counts[COUNTS_MAX])
{
    size_t count = 0;
    for (size_t index = 0; index < QUEUE_OWN_COUNTS; index++)
        counts[count++] = member->counts[index];
    for (size_t index = 0; index < QUEUE_POOL_COUNTS; index++)
        counts[count++] = member->group->lane->pool->counts[index];
    counts[count++] = member->group->lane->count;
    counts[count++] = member->group->count;
    for (size_t index = 0; index < member->placed_count; index++)
        counts[count++] = member->placed[index];
    return count;
}

static void
begin_running(queue_t *self, struct queue_member *member, const struct queue_place *place)
{
    struct quota_count *counts[COUNTS_MAX];
    assert(place->label_count <= QUEUE_LABELS_MAX);
    member->placed = memory_get((place->label_count + 2) * sizeof(struct quota_count *));
    member->placed[member->placed_count++] = quota_hold(self->quota, QUOTA_WORKER, place->name);
    if (place->store && *place->store)
        member->placed[member->placed_count++] = quota_hold(self->quota, QUOTA_STORE, place->store);
    for (size_t index = 0; index < place->label_count; index++)
        member->placed[member->placed_count++] =
            quota_hold(self->quota, QUOTA_LABEL, place->labels[index]);
    size_t count = counts_of(member, counts);
    for (size_t index = 0; index < count; index++)
        quota_take(counts[index]);
    member->is_running = 1;
    self->running++;
}

static void
charge(queue_t *self, struct queue_account *account, int64_t time_ms)
{
    if (account == self->urgent)
        return;
    account->share_ms += time_ms * QUEUE_SHARES / account->weight;
    for (struct queue_lane *lane = account->lanes; lane; lane = lane->next) {
        if (lane->node.place)
            heap_moved(lane->pool->lanes, &lane->node);
    }
}

// ---- coming and going

void
queue_add(queue_t *self, const struct queue_job *job)
{
    struct queue_member *member = queue_member_new(self, job);
    struct queue_account *account = member->group->lane->account;
    if (account->waiting++ == 0 && account != self->urgent && account->share_ms < self->share_ms)
        account->share_ms = self->share_ms;
    self->waiting++;
    member->is_later = 1;
    heap_add(self->later, &member->node);
}

void
queue_adopt(queue_t *self, const struct queue_job *job, const struct queue_place *place)
{
    struct queue_member *member = queue_member_new(self, job);
    charge(self, member->group->lane->account, member->expected_ms);
    begin_running(self, member, place);
}

static void
forget_waiting(queue_t *self, struct queue_member *member)
{
    take_out(self, member);
    member->group->lane->account->waiting--;
    self->waiting--;
}

void
queue_remove(queue_t *self, int64_t id)
{
    struct queue_member *member = queue_member(self, id);
    assert(member && !member->is_running);
    forget_waiting(self, member);
    queue_member_end(self, member);
}

void
queue_end(queue_t *self, int64_t id, int64_t used_ms)
{
    struct queue_member *member = queue_member(self, id);
    assert(member && member->is_running);
    struct quota_count *counts[COUNTS_MAX];
    size_t count = counts_of(member, counts);
    for (size_t index = 0; index < count; index++) {
        if (quota_give(counts[index]))
            wake_all(counts[index]);
    }
    charge(self, member->group->lane->account, used_ms - member->expected_ms);
    self->running--;
    queue_member_end(self, member);
    queue_workers_changed(self);
}

void
queue_destroy(queue_t **self_p)
{
    queue_t *self = *self_p;
    if (!self)
        return;
    struct queue_member *member = NULL;
    while ((member = zhashx_first(self->jobs))) {
        if (member->is_running)
            queue_end(self, member->id, 0);
        else
            queue_remove(self, member->id);
    }
    queue_parts_clear(self);
    memory_free(self_p);
}

// ---- picking

static void
bring_due(queue_t *self, int64_t now_ms)
{
    struct queue_member *member = NULL;
    while ((member = (struct queue_member *)heap_first(self->later)) &&
           member->not_before_ms <= now_ms) {
        heap_remove(self->later, &member->node);
        member->is_later = 0;
        make_ready(member);
    }
}

static struct quota_count *
first_full(struct quota_count *const *counts, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (!quota_has_room(counts[index]))
            return counts[index];
    }
    return NULL;
}

static void
start(queue_t *self, struct queue_member *member, const struct queue_place *place)
{
    struct queue_account *account = member->group->lane->account;
    if (account->share_ms > self->share_ms)
        self->share_ms = account->share_ms;
    begin_running(self, member, place);
    forget_waiting(self, member);
    charge(self, account, member->expected_ms);
}

// An account's lanes in several pools are one line: its job that is first is.
static int
is_before(const struct queue_pool *pool, const struct queue_pool *other)
{
    const struct queue_lane *lane = (const struct queue_lane *)heap_first(pool->lanes);
    const struct queue_lane *second = (const struct queue_lane *)heap_first(other->lanes);
    if (lane->account != second->account)
        return queue_lane_is_before(&lane->node, &second->node);
    return queue_group_is_before(heap_first(lane->groups), heap_first(second->groups));
}

// The pool whose first lane is before all others, of those that may start something.
static struct queue_pool *
best_pool(queue_t *self)
{
    struct queue_pool *best = NULL;
    struct queue_pool *pool = zhashx_first(self->pools);
    for (; pool; pool = zhashx_next(self->pools)) {
        struct queue_lane *lane = (struct queue_lane *)heap_first(pool->lanes);
        if (!lane || pool->has_nobody || first_full(pool->counts, QUEUE_POOL_COUNTS))
            continue;
        if (!best || is_before(pool, best))
            best = pool;
    }
    return best;
}

// The first job of a lane that may start. What may not is set aside; NULL if nothing is left.
static struct queue_member *
first_of(queue_t *self, struct queue_lane *lane)
{
    struct queue_group *group = NULL;
    if (!quota_has_room(lane->count)) {
        quota_wait(&lane->count->line, &lane->waiter);
        lane_changed(lane);
        return NULL;
    }
    while ((group = (struct queue_group *)heap_first(lane->groups))) {
        if (!quota_has_room(group->count)) {
            quota_wait(&group->count->line, &group->waiter);
            group_changed(group);
            continue;
        }
        struct queue_member *member = (struct queue_member *)heap_first(group->jobs);
        struct quota_count *full = first_full(member->counts, QUEUE_OWN_COUNTS);
        if (!full)
            return member;
        take_out(self, member);
        quota_wait(&full->line, &member->waiter);
    }
    return NULL;
}

int
queue_pick(queue_t *self, int64_t now_ms, queue_place_fn *place, void *context,
           struct queue_choice *choice)
{
    bring_due(self, now_ms);
    struct queue_pool *pool = NULL;
    while ((pool = best_pool(self))) {
        struct queue_member *member = first_of(self, (struct queue_lane *)heap_first(pool->lanes));
        if (!member)
            continue;
        choice->place = (struct queue_place){0};
        if (place(context, pool->need, &choice->place)) {
            choice->id = member->id;
            start(self, member, &choice->place);
            return 1;
        }
        pool->has_nobody = 1;
        self->nobodies++;
    }
    return 0;
}

// ---- telling

size_t
queue_waiting(const queue_t *self)
{
    return self->waiting;
}

size_t
queue_running(const queue_t *self)
{
    return self->running;
}

int64_t
queue_due_ms(const queue_t *self)
{
    const struct queue_member *member = (const struct queue_member *)heap_first(self->later);
    return member ? member->not_before_ms : INT64_MAX;
}

static void
tell_full(const struct quota_count *count, char reason[QUEUE_REASON_SIZE])
{
    if (count->kind == QUOTA_ALL)
        snprintf(reason, QUEUE_REASON_SIZE, "%u of %u jobs run in all", count->taken, count->limit);
    else
        snprintf(reason, QUEUE_REASON_SIZE, "%s '%.128s' has %u of %u jobs running",
                 quota_kind_name(count->kind), count->name, count->taken, count->limit);
}

int
queue_why(queue_t *self, int64_t id, char reason[QUEUE_REASON_SIZE])
{
    struct queue_member *member = queue_member(self, id);
    if (!member || member->is_running)
        return -1;
    struct quota_count *counts[COUNTS_MAX];
    struct quota_count *full = first_full(counts, counts_of(member, counts));
    if (member->is_later)
        snprintf(reason, QUEUE_REASON_SIZE, "its time has not come");
    else if (full)
        tell_full(full, reason);
    else if (member->group->lane->pool->has_nobody)
        snprintf(reason, QUEUE_REASON_SIZE, "no worker that fits has room");
    else
        snprintf(reason, QUEUE_REASON_SIZE, QUEUE_BEHIND);
    return 0;
}
