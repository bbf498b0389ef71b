// The limits of messages: one walk over the generated descriptors, for what comes and what goes.
// Only wire.c uses it.
//
// A new field is held to the general limits (below) without a line here. One that needs another
// limit gets a row in the tables of wire_check.c.

#pragma once

#include "proto/wire.h"
#include "proto/wire_arena.h"

enum {
    WIRE_TEXT_MAX = 512,          // bytes of a text
    WIRE_COUNT_MAX = 64,          // of a repeated field
    WIRE_UNKNOWN_MAX = 64,        // fields of a newer minor version, per message
    WIRE_NUMBER_MAX = INT32_MAX,  // uint32; the 64 bit ones end at INT64_MAX
};
#define WIRE_TIME_MAX INT64_C(253402300799999)  // ms: the end of the year 9999

// The longest message that `role` may send.
size_t wire_check_size_max(enum wire_role role);

// Everything that wire.h promises. `arena` is where the message was unpacked into, or NULL.
int wire_check(const Wire__Envelope *message, enum wire_role role, const wire_arena_t *arena,
               struct error *error);

// Makes the texts for people fit, in place: what is no UTF-8 becomes '?', what is too long is cut
// before a character.
void wire_check_cut(Wire__Envelope *message);
