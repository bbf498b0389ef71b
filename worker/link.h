// The worker's connection to a coordinator, and its standing there: one DEALER to one endpoint of
// the list at a time.
//
// A coordinator that has been silent for too long, or says Bye again and again, is given up: the
// socket is closed and a fresh one connected to the next endpoint, after a pause with backoff and
// full jitter. A fresh socket matters: libzmq never tries again after a handshake that was refused.
// It does reconnect by itself to a coordinator that was restarted; that one does not know us and
// says Bye, and Ready is due again.
//
//     fresh --Ready--> greeted --any word but Bye--> known --Bye--> fresh
//
// Time and randomness are told. Nothing here waits.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/key.h"
#include "proto/wire.h"
#include "worker/settings.h"

enum link_news {
    LINK_NOTHING,
    LINK_OPENED,  // a fresh socket
    LINK_LOST,    // the coordinator was given up; the socket is gone
    LINK_FAILED,  // no socket could be opened: `error` says why
};

enum link_duty { LINK_DUTY_NONE, LINK_DUTY_READY, LINK_DUTY_BEAT };

typedef struct link link_t;

// Both are borrowed and must outlive the link. key may be NULL (ipc only).
link_t *link_new(const struct settings *settings, const struct key_pair *key);
void link_destroy(link_t **self_p);  // what was sent last has 2 s to leave

void *link_handle(link_t *self);                // for a poll; NULL: there is no socket
const char *link_endpoint(const link_t *self);  // of the present or next attempt
int64_t link_deadline(const link_t *self);      // of the next link_tick or link_duty

// Looks at the time, opens or gives up. `chance` is a random number.
enum link_news link_tick(link_t *self, int64_t now_ms, uint64_t chance, struct error *error);

// What is to be said now. It stays due until link_say succeeds.
enum link_duty link_duty(const link_t *self, int64_t now_ms);
int link_say(link_t *self, enum link_duty duty, const Wire__Envelope *message, int64_t now_ms,
             struct error *error);

// Has Ready been sent? Before it, nothing else may be.
int link_is_greeted(const link_t *self);

// The next message, checked; lent until the next call. ERROR_NOT_FOUND: there is none. Any other
// error: one message was refused, and there may be more.
int link_receive(link_t *self, const Wire__Envelope **message, struct error *error);

// Tells what came: a sensible word, or Bye.
void link_heard(link_t *self, int64_t now_ms);
enum link_news link_dismissed(link_t *self, int64_t now_ms, uint64_t chance);

// Says Ready again: something in it has changed.
void link_greet_again(link_t *self, int64_t now_ms);

// Stays away for a while, then greets anew.
void link_rest(link_t *self, int64_t until_ms);

// ERROR_UNAVAILABLE: there is no connection now.
int link_send(link_t *self, const Wire__Envelope *message, struct error *error);
int link_send_packed(link_t *self, const void *data, size_t size, struct error *error);

// A pause before try number `failures` (from 1): full jitter up to 1 s, 2 s, 4 s ... max_ms.
int64_t link_pause(unsigned failures, int64_t max_ms, uint64_t chance);
