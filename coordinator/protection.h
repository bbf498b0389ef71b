// A protection's life: a table of states and events. No I/O, no clock.
//
//     pending -> created -> seen -> syncing -> off-site
//     pending -> seen (it was there, or was looked at in the same step)
//     created -> pending (what was made is not there: it is made again, by the same name)
//     seen -> off-site (the other side was faster), kept (nothing more is wanted)
//     kept -> seen (a copy elsewhere is wanted now)
//     any of them -> given up (its snapshot expired before it was seen, or is of another MTree now)
//
// Each step may be repeated: a snapshot that exists is taken for the one that was to be made, and
// to sync twice is to sync. What is not in the table is refused.

#pragma once

#include "coordinator/record.h"

enum protection_event {
    PROTECTION_MADE,    // the command succeeded
    PROTECTION_FOUND,   // it was looked at, with its epoch
    PROTECTION_GONE,    // it was looked for, and is not there
    PROTECTION_SYNC,    // the destination is told to catch up
    PROTECTION_SYNCED,  // the destination is as of its epoch or later
    PROTECTION_ENOUGH,  // no copy is wanted elsewhere
    PROTECTION_WANTED,  // one is, though it was not before
    PROTECTION_LOST,    // it cannot become what it was to be
    PROTECTION_EVENTS,
};

// Applies an event. Returns 0, or -1 if it makes no sense in this state, which stays.
int protection_apply(struct protection *self, enum protection_event event);

int protection_state_ended(enum protection_state state);
