// The roll: which databases each policy has, as of one moment. Each database is looked at once,
// however many policies are asked for then. It lends from both; no I/O.
//
//     CLEAN(roll_destroy) roll_t *roll = roll_new(policies, estate);
//     struct database *const *databases = roll_of(roll, policy, &count);

#pragma once

#include <stddef.h>

#include "coordinator/discovery/estate.h"
#include "coordinator/policies.h"

typedef struct roll roll_t;

// Of the databases that are still listed, by choosing for each.
roll_t *roll_new(const policies_t *policies, estate_t *estate);

// By what was chosen for each before (struct assignment), which is a hundredth of the work. The
// same, if each was looked at since it or the policies changed.
roll_t *roll_of_assigned(const policies_t *policies, estate_t *estate);
void roll_destroy(roll_t **self_p);

// By number; lent.
struct database *const *roll_of(const roll_t *self, const struct policy *policy, size_t *count);
