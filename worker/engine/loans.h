// Memory that the members of a crew borrow for what is too large for the room that each has of its
// own: a long row, or part of one. Who asks first is served first, so that nobody who asks for much
// waits for ever behind those who ask for little. A plain record of who has what and who waits:
// knows no thread and no memory. crew.h puts it between threads.
//
//     struct loans loans = loans_of(128 << 20);
//     size_t member = 0;
//     loans_ask(&loans, 3, 40 << 20);
//     while (loans_grant(&loans, &member))
//         tell(member);

#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    LOANS_MEMBERS_MAX = 32,

    // What all connections of a job have for long rows: two rows of 32 MiB whose text is twice as
    // long. With it a job stays below 256 MiB.
    LOANS_BYTES = 128 << 20,
};

struct loan {
    uint64_t size_bytes;
    uint64_t turn;  // of those who wait, the lowest is the next; 0: has asked for nothing
    int is_lent;
};

struct loans {
    uint64_t room_bytes, lent_bytes, turns;
    struct loan list[LOANS_MEMBERS_MAX];
};

// 0 bytes: there is no limit.
struct loans loans_of(uint64_t room_bytes);

// A member, who has none, wants a loan. Of more than there is he wants all.
void loans_ask(struct loans *self, size_t member, uint64_t size_bytes);

// Lends to the next one, if there is room for what he wants: returns 1 and who it is, else 0.
int loans_grant(struct loans *self, size_t *member);

// The member gives back what he has, and waits for nothing.
void loans_end(struct loans *self, size_t member);

int loans_is_waiting(const struct loans *self, size_t member);

// Has he a loan while others wait?
int loans_is_awaited(const struct loans *self, size_t member);
