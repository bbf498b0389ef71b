// Deliveries: messages on their way to targets, one at a time for each target, the oldest first;
// when a failed one is tried again, and when it is given up. One that waits for its next try holds
// up no other. No I/O, no clock; time and randomness are arguments.
//
// For a target at most DELIVERIES_MAX wait. The oldest one that is not under way then goes, and the
// one after it says for how many older ones it stands.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "coordinator/record.h"

enum { DELIVERIES_MAX = 100 };

typedef struct deliveries deliveries_t;

deliveries_t *deliveries_new(void);
void deliveries_destroy(deliveries_t **self_p);

// Takes it over. If too many wait now, *dropped is the one that has to go (the caller's) and *heir
// the one that stands for it, whose `merged` has changed; else both are NULL.
void deliveries_add(deliveries_t *self, struct delivery **delivery_p, struct delivery **dropped,
                    const struct delivery **heir);

struct delivery *deliveries_find(deliveries_t *self, const char *id);  // NULL if there is none

// The one to be sent to the target now: the oldest that is written and due, if none of the target's
// is under way; else NULL.
struct delivery *deliveries_due(deliveries_t *self, const char *target, int64_t unix_ms);

// Takes it out; the caller's.
struct delivery *deliveries_take(deliveries_t *self, struct delivery *delivery);

// After a failed try: sets when the next one is, `asked_ms` (what the other side asks for; -1 =
// nothing) later at least, within limits; the last one is after give_up_ms. Returns 0 if it was
// tried for so long: then it is to be taken out. `random` is uniform over its whole range.
int deliveries_again(struct delivery *delivery, int64_t unix_ms, int64_t asked_ms,
                     int64_t give_up_ms, uint64_t random);

size_t deliveries_waiting(deliveries_t *self, const char *target);

struct delivery *deliveries_first(deliveries_t *self);  // by age
struct delivery *deliveries_next(deliveries_t *self);
