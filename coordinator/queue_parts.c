#include "coordinator/queue_parts.h"

#include <assert.h>

#include "common/clean.h"
#include "common/memory.h"

// ---- order

static int
later_is_before(const struct heap_node *a, const struct heap_node *b)
{
    const struct queue_member *first = (const struct queue_member *)a;
    const struct queue_member *second = (const struct queue_member *)b;
    if (first->not_before_ms != second->not_before_ms)
        return first->not_before_ms < second->not_before_ms;
    return first->id < second->id;
}

static int
job_is_before(const struct heap_node *a, const struct heap_node *b)
{
    const struct queue_member *first = (const struct queue_member *)a;
    const struct queue_member *second = (const struct queue_member *)b;
    if (first->order_ms != second->order_ms)
        return first->order_ms < second->order_ms;
    if (first->queued_ms != second->queued_ms)
        return first->queued_ms < second->queued_ms;
    return first->id < second->id;
}

int
queue_group_is_before(const struct heap_node *a, const struct heap_node *b)
{
    return job_is_before(heap_first(((const struct queue_group *)a)->jobs),
                         heap_first(((const struct queue_group *)b)->jobs));
}

int
queue_lane_is_before(const struct heap_node *a, const struct heap_node *b)
{
    const struct queue_account *first = ((const struct queue_lane *)a)->account;
    const struct queue_account *second = ((const struct queue_lane *)b)->account;
    if (first->share_ms != second->share_ms)
        return first->share_ms < second->share_ms;
    return strcmp(first->name, second->name) < 0;
}

static int64_t
order_of(const struct queue_rules *rules, const struct queue_job *job)
{
    int64_t early_ms = job->queued_ms - rules->late_ms;
    int64_t late_ms = job->queued_ms + rules->ahead_ms;
    int64_t order_ms = job->deadline_ms && job->deadline_ms < late_ms ? job->deadline_ms : late_ms;
    if (order_ms < early_ms)
        order_ms = early_ms;
    assert(job->priority >= 0 && job->priority <= QUEUE_PRIORITY_MAX);
    return order_ms - job->priority * rules->priority_ms;
}

// ---- what there is

static void
pool_destroy(void **pool_p)
{
    struct queue_pool *pool = *pool_p;
    heap_destroy(&pool->lanes);
    memory_free(&pool->need);
    memory_free(&pool->key);
    memory_free(pool_p);
}

static void
account_destroy(void **account_p)
{
    struct queue_account *account = *account_p;
    memory_free(&account->name);
    memory_free(account_p);
}

static void
lane_destroy(void **lane_p)
{
    struct queue_lane *lane = *lane_p;
    heap_destroy(&lane->groups);
    memory_free(&lane->key);
    memory_free(lane_p);
}

static void
group_destroy(void **group_p)
{
    struct queue_group *group = *group_p;
    heap_destroy(&group->jobs);
    memory_free(&group->key);
    memory_free(group_p);
}

static void
member_destroy(void **member_p)
{
    struct queue_member *member = *member_p;
    memory_free(&member->placed);
    memory_free(member_p);
}

static size_t
hash_id(const void *key)
{
    return (size_t)(*(const uint64_t *)key * UINT64_C(0x9e3779b97f4a7c15) >> 20);
}

static int
compare_ids(const void *a, const void *b)
{
    return *(const int64_t *)a == *(const int64_t *)b ? 0 : 1;
}

static struct queue_account *
account_new(const char *name)
{
    struct queue_account *account = memory_get(sizeof *account);
    account->name = memory_copy_text(name);
    account->weight = 1;
    return account;
}

static zhashx_t *
container_new(zhashx_destructor_fn *destructor)
{
    zhashx_t *container = zhashx_new();
    zhashx_set_destructor(container, destructor);
    return container;
}

void
queue_parts_init(queue_t *self)
{
    self->jobs = container_new(member_destroy);
    zhashx_set_key_duplicator(self->jobs, NULL);
    zhashx_set_key_destructor(self->jobs, NULL);
    zhashx_set_key_hasher(self->jobs, hash_id);
    zhashx_set_key_comparator(self->jobs, compare_ids);
    self->groups = container_new(group_destroy);
    self->lanes = container_new(lane_destroy);
    self->pools = container_new(pool_destroy);
    self->accounts = container_new(account_destroy);
    self->urgent = account_new("");
    self->urgent->share_ms = INT64_MIN;
    self->later = heap_new(later_is_before);
}

void
queue_parts_clear(queue_t *self)
{
    assert(zhashx_size(self->jobs) == 0);
    heap_destroy(&self->later);
    account_destroy((void **)&self->urgent);
    zhashx_destroy(&self->accounts);
    zhashx_destroy(&self->pools);
    zhashx_destroy(&self->lanes);
    zhashx_destroy(&self->groups);
    zhashx_destroy(&self->jobs);
}

struct queue_account *
queue_account(queue_t *self, const char *name)
{
    struct queue_account *account = zhashx_lookup(self->accounts, name);
    if (!account) {
        account = account_new(name);
        zhashx_insert(self->accounts, name, account);
    }
    return account;
}

void
queue_set_weight(queue_t *self, const char *account, unsigned weight)
{
    assert(weight >= 1 && weight <= QUEUE_WEIGHT_MAX);
    queue_account(self, account)->weight = weight;
}

void
queue_clear_weights(queue_t *self)
{
    struct queue_account *account = zhashx_first(self->accounts);
    for (; account; account = zhashx_next(self->accounts))
        account->weight = 1;
}

void
queue_copy_weights(queue_t *self, queue_t *from)
{
    struct queue_account *account = zhashx_first(from->accounts);
    for (; account; account = zhashx_next(from->accounts))
        queue_account(self, account->name)->weight = account->weight;
}

// ---- holding and dropping: what has no members is not kept

static struct quota_count *
hold_count(queue_t *self, enum quota_kind kind, const char *name)
{
    return *name ? quota_hold(self->quota, kind, name) : NULL;
}

static struct queue_pool *
hold_pool(queue_t *self, const struct queue_job *job, const char *key)
{
    struct queue_pool *pool = zhashx_lookup(self->pools, key);
    if (!pool) {
        pool = memory_get(sizeof *pool);
        pool->key = memory_copy_text(key);
        pool->need = memory_copy_text(job->need);
        pool->counts[0] = quota_hold(self->quota, QUOTA_ALL, "");
        pool->counts[1] = hold_count(self, QUOTA_REGION, job->region);
        pool->counts[2] = hold_count(self, QUOTA_STORE, job->store);
        pool->lanes = heap_new(queue_lane_is_before);
        zhashx_insert(self->pools, key, pool);
    }
    pool->members++;
    return pool;
}

static void
drop_pool(queue_t *self, struct queue_pool *pool)
{
    if (--pool->members > 0)
        return;
    self->nobodies -= (size_t)pool->has_nobody;
    for (size_t index = 0; index < QUEUE_POOL_COUNTS; index++)
        quota_drop(self->quota, &pool->counts[index]);
    zhashx_delete(self->pools, pool->key);
}

static struct queue_lane *
hold_lane(queue_t *self, const struct queue_job *job, const char *pool_key)
{
    CLEAN(memory_free)
    char *key =
        memory_format("%d%zu:%s%s", job->is_urgent, strlen(job->account), job->account, pool_key);
    struct queue_lane *lane = zhashx_lookup(self->lanes, key);
    if (!lane) {
        lane = memory_get(sizeof *lane);
        lane->key = memory_copy_text(key);
        lane->pool = hold_pool(self, job, pool_key);
        lane->account = job->is_urgent ? self->urgent : queue_account(self, job->account);
        lane->next = lane->account->lanes;
        lane->account->lanes = lane;
        lane->count = hold_count(self, QUOTA_ACCOUNT, job->account);
        lane->groups = heap_new(queue_group_is_before);
        zhashx_insert(self->lanes, key, lane);
    }
    lane->members++;
    return lane;
}

static void
drop_lane(queue_t *self, struct queue_lane *lane)
{
    if (--lane->members > 0)
        return;
    struct queue_lane **link = &lane->account->lanes;
    while (*link != lane)
        link = &(*link)->next;
    *link = lane->next;
    quota_leave(&lane->waiter);
    quota_drop(self->quota, &lane->count);
    drop_pool(self, lane->pool);
    zhashx_delete(self->lanes, lane->key);
}

// In a key each text but the last has its length, so that no two groups have one key.
static struct queue_group *
hold_group(queue_t *self, const struct queue_job *job)
{
    CLEAN(memory_free)
    char *key = memory_format("%d%zu:%s%zu:%s%zu:%s%zu:%s%s", job->is_urgent, strlen(job->policy),
                              job->policy, strlen(job->account), job->account, strlen(job->region),
                              job->region, strlen(job->store), job->store, job->need);
    struct queue_group *group = zhashx_lookup(self->groups, key);
    if (!group) {
        CLEAN(memory_free)
        char *pool_key = memory_format("%zu:%s%zu:%s%s", strlen(job->region), job->region,
                                       strlen(job->store), job->store, job->need);
        group = memory_get(sizeof *group);
        group->lane = hold_lane(self, job, pool_key);
        group->count = hold_count(self, QUOTA_POLICY, job->policy);
        group->jobs = heap_new(job_is_before);
        zhashx_insert(self->groups, key, group);
        group->key = STEAL(key);
    }
    group->members++;
    return group;
}

static void
drop_group(queue_t *self, struct queue_group *group)
{
    if (--group->members > 0)
        return;
    quota_leave(&group->waiter);
    quota_drop(self->quota, &group->count);
    drop_lane(self, group->lane);
    zhashx_delete(self->groups, group->key);
}

// ---- jobs

struct queue_member *
queue_member_new(queue_t *self, const struct queue_job *job)
{
    struct queue_member *member = memory_get(sizeof *member);
    member->id = job->id;
    member->order_ms = order_of(&self->rules, job);
    member->queued_ms = job->queued_ms;
    member->not_before_ms = job->not_before_ms;
    member->expected_ms = job->expected_ms;
    member->group = hold_group(self, job);
    member->counts[0] = hold_count(self, QUOTA_SERVER, job->server);
    member->counts[1] = hold_count(self, QUOTA_DATABASE, job->database);
    int rc = zhashx_insert(self->jobs, &member->id, member);
    assert(rc == 0);
    (void)rc;
    return member;
}

void
queue_member_end(queue_t *self, struct queue_member *member)
{
    for (size_t index = 0; index < QUEUE_OWN_COUNTS; index++)
        quota_drop(self->quota, &member->counts[index]);
    for (size_t index = 0; index < member->placed_count; index++)
        quota_drop(self->quota, &member->placed[index]);
    drop_group(self, member->group);
    zhashx_delete(self->jobs, &member->id);
}

struct queue_member *
queue_member(queue_t *self, int64_t id)
{
    return zhashx_lookup(self->jobs, &id);
}
