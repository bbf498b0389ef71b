// What a queue is made of. A part of queue; nobody else calls it.

#pragma once

#include <czmq.h>

#include "common/heap.h"
#include "coordinator/queue.h"

enum { QUEUE_SHARES = 1000, QUEUE_POOL_COUNTS = 3, QUEUE_OWN_COUNTS = 2 };

// Jobs that the same workers can take and that go the same way: of one region, store and need.
struct queue_pool {
    char *key, *need;
    struct quota_count *counts[QUEUE_POOL_COUNTS];  // all, region, store
    heap_t *lanes;                                  // with something to start
    size_t members;
    int has_nobody;  // no worker had room when one was looked for
};

// Who fairness is between.
struct queue_account {
    char *name;
    struct queue_lane *lanes;
    size_t waiting;
    unsigned weight;
    int64_t share_ms;  // the time it had, in parts of its weight; INT64_MIN: before all others
};

struct queue_lane {
    struct heap_node node;
    struct quota_waiter waiter;
    char *key;
    struct queue_pool *pool;
    struct queue_account *account;
    struct queue_lane *next;    // of the account
    struct quota_count *count;  // of the account
    heap_t *groups;             // with something to start
    size_t members;
};

struct queue_group {
    struct heap_node node;
    struct quota_waiter waiter;
    char *key;
    struct queue_lane *lane;
    struct quota_count *count;  // of the policy
    heap_t *jobs;               // that may start
    size_t members;
};

struct queue_member {
    struct heap_node node;
    struct quota_waiter waiter;
    int64_t id, order_ms, queued_ms, not_before_ms, expected_ms;
    int is_running, is_later;
    struct queue_group *group;
    struct quota_count *counts[QUEUE_OWN_COUNTS];  // server, database
    struct quota_count **placed;                   // of its worker, while it runs
    size_t placed_count;
};

struct queue {
    struct queue_rules rules;
    quota_t *quota;
    zhashx_t *jobs;      // id -> struct queue_member, owned
    zhashx_t *groups;    // key -> struct queue_group, owned
    zhashx_t *lanes;     // key -> struct queue_lane, owned
    zhashx_t *pools;     // key -> struct queue_pool, owned
    zhashx_t *accounts;  // name -> struct queue_account, owned
    struct queue_account *urgent;
    heap_t *later;  // jobs whose time has not come
    size_t waiting, running, nobodies;
    int64_t share_ms;  // of the account that was served last
};

// What is first, as heaps ask: of groups with jobs, of lanes.
int queue_group_is_before(const struct heap_node *a, const struct heap_node *b);
int queue_lane_is_before(const struct heap_node *a, const struct heap_node *b);

void queue_parts_init(queue_t *self);
void queue_parts_clear(queue_t *self);  // no job may be left

// The account of a name, made if need be. It stays.
struct queue_account *queue_account(queue_t *self, const char *name);

// A job with all that it belongs to, in no heap and no line; and its end.
struct queue_member *queue_member_new(queue_t *self, const struct queue_job *job);
void queue_member_end(queue_t *self, struct queue_member *member);

struct queue_member *queue_member(queue_t *self, int64_t id);  // NULL if unknown
