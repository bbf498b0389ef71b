// The fleet: the workers that are connected, and how much each is doing.
//
// A worker is an instance (an id kept in its state folder), reached at a peer of one of our
// sockets. Credit is counted here: slots less what was booked, never what a worker says of itself.
// No clock and no sockets: the caller says what time it is (monotonic) and who spoke.

#pragma once

#include "common/peer.h"
#include "proto/wire.h"

struct worker {
    Wire__Envelope *hello;  // its last Ready, a copy
    size_t endpoint;        // which of the server's sockets
    struct sock_peer peer;
    unsigned booked;
    int draining;
    int gone;  // cannot be reached; fleet_bury removes it
    int64_t heard_ms;
};

typedef struct fleet fleet_t;

fleet_t *fleet_new(int64_t patience_ms);
void fleet_destroy(fleet_t **self_p);

// Takes a worker in, or replaces what is known of it; nothing is booked then. `hello` must be a
// Ready and is copied. The worker stays the fleet's.
struct worker *fleet_join(fleet_t *self, const Wire__Envelope *hello, size_t endpoint,
                          const struct sock_peer *peer, int64_t now_ms);

struct worker *fleet_by_instance(fleet_t *self, const char *instance);  // NULL if unknown
struct worker *fleet_by_peer(fleet_t *self, size_t endpoint, const struct sock_peer *peer);
struct worker *fleet_by_name(fleet_t *self, const char *name);

// Removes the workers that are marked as gone. Workers are only removed here, so that whoever holds
// one may go on until its caller's turn ends.
void fleet_bury(fleet_t *self);

// A worker that was silent for longer than the fleet's patience, or NULL. It is not removed.
struct worker *fleet_silent(fleet_t *self, int64_t now_ms);

struct worker *fleet_first(fleet_t *self);
struct worker *fleet_next(fleet_t *self);
size_t fleet_count(fleet_t *self);

// Places that can be booked now: of one worker, of all.
unsigned worker_free(const struct worker *worker);
unsigned fleet_free(fleet_t *self);

const char *worker_instance(const struct worker *worker);
const char *worker_name(const struct worker *worker);
