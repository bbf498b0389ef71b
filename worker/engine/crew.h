// A crew: several connections to one server, each in a thread of its own, that work off a list.
//
// The caller's thread hands out tasks in the list's order, as members become free, so the longest
// should stand first. What a task needs of things that belong to the caller (a sink's file) is made
// in `begin` and taken back in `end`, both in the caller's thread; only `work` runs in the
// member's. The first failure ends all: what the others are at is cancelled, no task begins any
// more, and crew_run returns when all members have stopped, within seconds.
//
//     struct crew_job job = {.self = self, .members = 2, .tasks = count,
//                            .begin = begin, .work = work, .end = end, .cancel = cancel};
//     if (crew_run(&job, error))
//         return -1;
//
// Threads take no signals. Nothing is shared but what the caller lets them share; the two sides
// talk in messages over a socket.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum {
    CREW_MEMBERS_MAX = 32,
    CREW_TICK_MS = 200,
    CREW_HOLD_MS = 30000,  // the rest of who may not work: so rare a piece keeps a connection alive
};

typedef struct crew_member crew_member_t;

// How fast a crew works.
struct crew_gait {
    unsigned members;   // that may work; those beyond rest CREW_HOLD_MS at each crew_tell. 0 = all
    unsigned pause_ms;  // how long the others rest at each crew_tell
};

struct crew_job {
    void *self;
    size_t members;  // from 1 to CREW_MEMBERS_MAX
    size_t tasks;
    int stop;               // once it is readable all ends with ERROR_CANCELLED; 0: never
    struct crew_gait gait;  // until a tick changes it
    uint64_t loan_bytes;    // what members may borrow at a time, all together; 0: no limit

    // In the caller's thread, before a member starts with a task. May be NULL.
    int (*begin)(void *self, size_t task, struct error *error);

    // In a member's thread. `number` is the member's, from 0: for its connection.
    int (*work)(void *self, crew_member_t *member, size_t number, size_t task, struct error *error);

    // In the caller's thread, after the work; once for each begin, also if all has failed. May be
    // NULL. status: as work's. If work was well and this fails, the crew has failed.
    int (*end)(void *self, size_t task, int status, struct error *error);

    // In the caller's thread: makes what member `number` is at fail soon (KILL QUERY). Called again
    // every CREW_TICK_MS until it has stopped. May be NULL.
    void (*cancel)(void *self, size_t number);

    // In the caller's thread, every CREW_TICK_MS or so: open_bytes is the sum of what members told
    // of tasks that have not ended. Not 0 ends all. May change *gait, which holds from then on. May
    // be NULL. Of members that may not work the last begin no task.
    int (*tick)(void *self, uint64_t open_bytes, struct crew_gait *gait, struct error *error);
};

// Returns 0 if all tasks were done and ended well. Otherwise the first error.
int crew_run(const struct crew_job *job, struct error *error);

// For `work`: so many bytes of this task are done. Rests for a while if the crew was told to.
// ERROR_CANCELLED if the crew is ending; then work should return. Worth calling a few times a
// second.
int crew_tell(crew_member_t *member, uint64_t done_bytes, struct error *error);

// For `work`: waits until it may hold so much more memory than each member always may: whoever asks
// first is served first, and who wants more than there is gets all of it. A member has one loan at
// a time, and waits for no other member while it has it. Not given back it ends with the task.
// Errors as crew_tell.
int crew_borrow(crew_member_t *member, uint64_t size_bytes, struct error *error);
void crew_give_back(crew_member_t *member);

// For `work`: rests for so long, or until the crew is ending; errors as crew_tell.
int crew_rest(crew_member_t *member, int64_t rest_ms, struct error *error);

// For `work`: how long crew_tell would rest now, unless it is told otherwise meanwhile.
unsigned crew_pause_ms(crew_member_t *member);
