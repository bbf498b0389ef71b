// Sockets of the talk: ROUTER and DEALER over ipc, and over tcp with CURVE. The one wrapper that
// hides which library serves, and sets what facts about ZeroMQ 4.3.4 demand: no routing ids,
// ROUTER_MANDATORY with DONTWAIT, IMMEDIATE, heartbeats of 10 s, TTL under 65 s, a size limit
// before any handshake, an enforced ZAP domain.
//
// A tcp endpoint needs keys; without them bind and connect are ERROR_CONFIG. Endpoints:
// "tcp://10.0.0.1:7310", "ipc:///run/dbhaul/workers.ipc". A port in the kernel's ephemeral range is
// refused with a sentence (a socket that connects to itself).
// One thread owns a socket.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/key.h"

enum { SOCK_PEER_SIZE = 16, SOCK_PRINCIPAL_SIZE = 128 };

// Whom a message came from: an address to answer to, and who that is.
struct sock_peer {
    uint8_t address[SOCK_PEER_SIZE];
    size_t address_size;
    char principal[SOCK_PRINCIPAL_SIZE];  // "key:<name>" from the allow-list, or "uid:<number>"
    char public_key[KEY_TEXT_SIZE];       // "" on ipc
};

typedef struct sock sock_t;

// A ROUTER. `domain` is "worker" or "operator"; on ipc, bound under `mode` (e.g. 0660), who may
// connect is decided by the file's permissions. key may be NULL for ipc. size_max: of a message.
// backlog per peer is bounded. An ipc path is locked beside it, so that two programs cannot share
// one: ERROR_CONFIG.
int sock_bind(sock_t **self_p, const char *endpoint, const char *domain, const struct key_pair *key,
              unsigned mode, size_t size_max, struct error *error);

// A DEALER. server_key may be NULL for ipc. Messages are taken only while connected.
int sock_connect(sock_t **self_p, const char *endpoint, const struct key_pair *key,
                 const char *server_key, size_t size_max, struct error *error);

// Closes at once; what was not sent yet gets linger_ms.
void sock_destroy(sock_t **self_p);
void sock_set_linger(sock_t *self, int linger_ms);

// The handle for zmq_poll (ZMQ_POLLIN).
void *sock_handle(sock_t *self);

// Receives without waiting: ERROR_NOT_FOUND if there is nothing. *data is the caller's (free).
// `peer` is NULL for a DEALER. Messages with more or fewer frames than expected are dropped and
// counted, and the next one is looked at.
int sock_receive(sock_t *self, struct sock_peer *peer, uint8_t **data, size_t *size,
                 struct error *error);

// Sends without waiting. ERROR_NOT_FOUND: no such peer any more; ERROR_UNAVAILABLE: its queue is
// full, or a DEALER is not connected.
int sock_send(sock_t *self, const struct sock_peer *peer, const void *data, size_t size,
              struct error *error);

// Messages dropped because of their form.
uint64_t sock_dropped(const sock_t *self);
