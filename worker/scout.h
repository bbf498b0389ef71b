// Keeps what survey.h finds fresh: sends out a survey now and then, and holds what came back.
//
// A survey that takes too long is killed; what it had said by then counts, so a store that hangs is
// not there. Time is told; nothing here waits.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "proto/wire.h"

enum { SCOUT_STORES_MAX = 32, SCOUT_FDS_MAX = 2 };

enum scout_news {
    SCOUT_NOTHING,
    SCOUT_CHANGED,  // a tool or a store came or went, or this was the first survey
    SCOUT_ROOM,     // only the room of a store has changed by much
    SCOUT_FAILED,   // `error` says why; what was known is kept
};

typedef struct scout scout_t;

// `command` as for attempts_new; borrowed. A survey that takes longer than patience_ms is killed,
// and what it has said by then counts.
scout_t *scout_new(const char *const *command, int64_t interval_ms, int64_t patience_ms);
void scout_destroy(scout_t **self_p);

size_t scout_fds(const scout_t *self, int *fds, size_t size);  // to poll for reading
int64_t scout_deadline(const scout_t *self);
enum scout_news scout_tick(scout_t *self, int64_t now_ms, struct error *error);

int scout_has_looked(const scout_t *self);  // is the first survey over?
int scout_has_store(const scout_t *self, const char *identity);
int scout_has_tool(const scout_t *self, const char *name);

// Lends tools and stores to a Ready until the next tick.
void scout_fill(scout_t *self, Wire__Ready *ready);
