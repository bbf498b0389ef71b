// Quotas: how many jobs may run at once, by what they touch. A count for each server, account and
// so on that a job names; a job takes all of its counts when it starts and gives them back when it
// has ended. Nobody but the loop that decides has them, which is what makes them strict. Who waits
// for a count that is full is kept with it.
//
//     quota_t *quota = quota_new();
//     quota_set_limit(quota, QUOTA_SERVER, "", 1);            // each server: one job
//     quota_set_limit(quota, QUOTA_ACCOUNT, "123456789012", 20);
//     struct quota_count *count = quota_hold(quota, QUOTA_SERVER, "db1:5432");
//     if (quota_has_room(count))
//         quota_take(count);

#pragma once

#include <stddef.h>

enum quota_kind {
    QUOTA_ALL,  // of the name ""
    QUOTA_SERVER,
    QUOTA_DATABASE,
    QUOTA_ACCOUNT,
    QUOTA_REGION,
    QUOTA_STORE,
    QUOTA_POLICY,
    QUOTA_WORKER,
    QUOTA_LABEL,
    QUOTA_KINDS,
};

// One who waits, a part of the caller's struct; all 0 while it does not.
struct quota_waiter {
    struct quota_waiter *next, *previous;
    struct quota_line *line;
};

// Those who wait for one thing, in no order.
struct quota_line {
    struct quota_waiter *first;
};

struct quota_count {
    enum quota_kind kind;
    char *name;
    unsigned taken, limit;  // limit 0 = none
    size_t holders;
    struct quota_line line;
};

typedef struct quota quota_t;

quota_t *quota_new(void);
void quota_destroy(quota_t **self_p);

// Of one name, or of each that has no limit of its own (name ""). 0 = none. What runs already is
// not stopped.
void quota_set_limit(quota_t *self, enum quota_kind kind, const char *name, unsigned limit);

void quota_copy_limits(quota_t *self, quota_t *from);  // in place of its own

// Takes all limits away.
void quota_clear_limits(quota_t *self);

unsigned quota_limit(quota_t *self, enum quota_kind kind, const char *name);  // 0 = none

// The count of a name, made if need be, and lent until it is dropped.
struct quota_count *quota_hold(quota_t *self, enum quota_kind kind, const char *name);
void quota_drop(quota_t *self, struct quota_count **count_p);  // NULL is nothing

int quota_has_room(const struct quota_count *count);                      // also if count is NULL
int quota_allows(quota_t *self, enum quota_kind kind, const char *name);  // the same by name
void quota_take(struct quota_count *count);

// Gives back one. Returns 1 if there is room now and was none before.
int quota_give(struct quota_count *count);

void quota_wait(struct quota_line *line, struct quota_waiter *waiter);
void quota_leave(struct quota_waiter *waiter);  // nothing if it does not wait

const char *quota_kind_name(enum quota_kind kind);  // "server"
