#include "coordinator/protection.h"

enum { REFUSED = 0 };

// States plus one, so that what is not in the table is refused.
// clang-format off
static const enum protection_state moves[PROTECTION_STATES][PROTECTION_EVENTS] = {
    [PROTECTION_PENDING][PROTECTION_MADE]   = PROTECTION_CREATED + 1,
    [PROTECTION_PENDING][PROTECTION_FOUND]  = PROTECTION_SEEN + 1,
    [PROTECTION_CREATED][PROTECTION_MADE]   = PROTECTION_CREATED + 1,
    [PROTECTION_CREATED][PROTECTION_FOUND]  = PROTECTION_SEEN + 1,
    [PROTECTION_CREATED][PROTECTION_GONE]   = PROTECTION_PENDING + 1,
    [PROTECTION_SEEN][PROTECTION_SYNC]      = PROTECTION_SYNCING + 1,
    [PROTECTION_SEEN][PROTECTION_SYNCED]    = PROTECTION_OFFSITE + 1,
    [PROTECTION_SEEN][PROTECTION_ENOUGH]    = PROTECTION_KEPT + 1,
    [PROTECTION_SYNCING][PROTECTION_SYNC]   = PROTECTION_SYNCING + 1,
    [PROTECTION_SYNCING][PROTECTION_SYNCED] = PROTECTION_OFFSITE + 1,
    [PROTECTION_SYNCING][PROTECTION_ENOUGH] = PROTECTION_KEPT + 1,
    [PROTECTION_KEPT][PROTECTION_WANTED]    = PROTECTION_SEEN + 1,
    [PROTECTION_SYNCING][PROTECTION_LOST]   = PROTECTION_GIVEN_UP + 1,
    [PROTECTION_SEEN][PROTECTION_LOST]      = PROTECTION_GIVEN_UP + 1,
    [PROTECTION_CREATED][PROTECTION_LOST]   = PROTECTION_GIVEN_UP + 1,
    [PROTECTION_PENDING][PROTECTION_LOST]   = PROTECTION_GIVEN_UP + 1,
};
// clang-format on

int
protection_apply(struct protection *self, enum protection_event event)
{
    int next = (int)moves[self->state][event];
    if (next == REFUSED)
        return -1;
    self->state = (enum protection_state)(next - 1);
    return 0;
}

int
protection_state_ended(enum protection_state state)
{
    return state == PROTECTION_OFFSITE || state == PROTECTION_KEPT || state == PROTECTION_GIVEN_UP;
}
