#include "coordinator/roll.h"

#include <stdlib.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/assignment.h"

struct entry {
    const struct policy *policy;
    struct database *database;
};

struct roll {
    const struct policy **policies;  // of each database, in order
    struct database **databases;     // by policy, then by number
    size_t count;
};

static int
by_policy(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    if (a->policy != b->policy)
        return (uintptr_t)a->policy < (uintptr_t)b->policy ? -1 : 1;
    return (a->database->id > b->database->id) - (a->database->id < b->database->id);
}

typedef const struct policy *find_fn(const policies_t *policies, const struct database *database);

static const struct policy *
choose(const policies_t *policies, const struct database *database)
{
    struct policy_choice choice;
    policies_choose(policies, database, &choice);
    return choice.outcome == POLICY_SELECTED || choice.outcome == POLICY_TAGGED ? choice.policy
                                                                                : NULL;
}

static const struct policy *
recall(const policies_t *policies, const struct database *database)
{
    const char *name = assignment_policy(&database->assignment);
    return *name ? policies_by_name(policies, name) : NULL;
}

static size_t
gather(const policies_t *policies, estate_t *estate, find_fn *find, struct entry *entries)
{
    size_t count = 0;
    for (struct database *each = estate_first(estate); each; each = estate_next(estate)) {
        const struct policy *policy = each->gone_ms ? NULL : find(policies, each);
        if (policy)
            entries[count++] = (struct entry){policy, each};
    }
    return count;
}

static roll_t *
make(const policies_t *policies, estate_t *estate, find_fn *find)
{
    roll_t *self = memory_get(sizeof *self);
    size_t size = estate_count(estate) + 1;
    CLEAN(memory_free) struct entry *entries = memory_get(size * sizeof *entries);
    self->policies = memory_get(size * sizeof(struct policy *));
    self->databases = memory_get(size * sizeof(struct database *));
    self->count = gather(policies, estate, find, entries);
    qsort(entries, self->count, sizeof *entries, by_policy);
    for (size_t index = 0; index < self->count; index++) {
        self->policies[index] = entries[index].policy;
        self->databases[index] = entries[index].database;
    }
    return self;
}

roll_t *
roll_new(const policies_t *policies, estate_t *estate)
{
    return make(policies, estate, choose);
}

roll_t *
roll_of_assigned(const policies_t *policies, estate_t *estate)
{
    return make(policies, estate, recall);
}

void
roll_destroy(roll_t **self_p)
{
    if (!*self_p)
        return;
    memory_free(&(*self_p)->databases);
    memory_free(&(*self_p)->policies);
    memory_free(self_p);
}

// Where a policy's databases begin, or would.
static size_t
begin_of(const roll_t *self, uintptr_t policy)
{
    size_t low = 0, high = self->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((uintptr_t)self->policies[middle] < policy)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct database *const *
roll_of(const roll_t *self, const struct policy *policy, size_t *count)
{
    size_t first = begin_of(self, (uintptr_t)policy);
    *count = begin_of(self, (uintptr_t)policy + 1) - first;
    return self->databases + first;
}
