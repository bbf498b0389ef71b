// Which policy a database has, over time: holds what is chosen now (policies.h) against what was
// told last, and says what happened. The record is kept in the catalog, so that nothing is told
// twice, whatever is restarted in between. No I/O, no clock.
//
//     picked          its owner's tag picked a policy, or another one
//     tag lost        its owner's tag picked a policy and does not any more: it was taken away,
//                     names nothing that may be picked, or the policy itself is not there or not
//                     selectable
//     opted out       by its owner's tag; opted in: it is in again
//     tag refused     its owner's tag says what changes nothing
//     policy changed  it has another policy, or has one now
//     policy lost     it has none any more
//
// A tag that was lost is remembered until its owner picks or opts out anew. Of a database that is
// new only a tag that opts out or is refused is told.
//
//     struct assignment_turn turn;
//     assignment_take(&database->assignment, &choice, "", unix_ms, &turn);
//     if (turn.is_changed) ...  // write the record, and the event turn.kind if there is one

#pragma once

#include <stdint.h>

#include "coordinator/policies.h"
#include "coordinator/record.h"

enum { ASSIGNMENT_MESSAGE_SIZE = 768 };

struct assignment_turn {
    int is_changed;
    const char *kind;  // NULL: nothing happened that is to be told
    char message[ASSIGNMENT_MESSAGE_SIZE];
};

// `why` is added to the message: what brought the change about; "" = what its provider says of it.
void assignment_take(struct assignment *self, const struct policy_choice *choice, const char *why,
                     int64_t unix_ms, struct assignment_turn *turn);

// What it was when it was looked at last.
int assignment_is(const struct assignment *self, enum policy_outcome outcome);

// The name of the policy that a database has by it; "" = none.
const char *assignment_policy(const struct assignment *self);
