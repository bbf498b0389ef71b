// Sockets of the talk: ROUTER and DEALER over ipc, and over tcp with CURVE. The one wrapper that
// hides which library serves, and sets what facts about ZeroMQ 4.3.4 demand: no routing ids,
// ROUTER_MANDATORY with DONTWAIT, IMMEDIATE, heartbeats of 10 s, TTL under 65 s, a size limit
// before any handshake, an enforced ZAP domain.
//
// A tcp endpoint needs keys; without them bind and connect are ERROR_CONFIG. Endpoints:
// "tcp://10.0.0.1:7310", "tcp://*:7310", "ipc:///run/dbhaul/workers.ipc". A port in the kernel's
// ephemeral range is refused with a sentence (a socket that connects to itself).
//
// What a caller must know:
// - A server with keys lets nobody in before zap_open (common/zap.h).
// - A DEALER that a CURVE server has refused stays dead without a word, even if its key is allowed
//   later: sends are refused (not connected) or vanish. On silence destroy it and connect again.
// - A DEALER that loses its connection comes back by itself, under a new address: the ROUTER's
//   answers to the old one are ERROR_NOT_FOUND. What was under way is lost without a word.
// - When a process has no descriptor left, libzmq aborts it at the next local connection: allow
//   one for each peer and some more (RLIMIT_NOFILE; the coordinator 65536).
// - A peer that was let in can send a message of frames without end; libzmq 4.3.4 keeps them until
// the
//   last, whatever its limits (300 MB sent, 300 MB held). Only a limit on the process helps: the
//   systemd units set MemoryMax.
// - One thread owns a socket.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/key.h"
#include "common/peer.h"

typedef struct sock sock_t;

// For main, before any thread and anything of czmq: makes the process's one context, keeps czmq
// from catching signals, and sets how many threads do I/O and CURVE (coordinator 2, others 1).
void sock_prepare(int io_threads);

// A ROUTER. `domain` is "worker" or "operator". key may be NULL for ipc. size_max: bytes of a
// message. On ipc who may connect is decided by the socket file's permissions, which are exactly
// `mode` (e.g. 0660); a lock file beside it ("<path>.lock") keeps two programs from sharing one
// path: ERROR_CONFIG. A socket file left by a program that died is replaced; a file of another
// type is not.
int sock_bind(sock_t **self_p, const char *endpoint, const char *domain, const struct key_pair *key,
              unsigned mode, size_t size_max, struct error *error);

// A DEALER. server_key may be NULL for ipc. Messages are taken only while connected.
int sock_connect(sock_t **self_p, const char *endpoint, const struct key_pair *key,
                 const char *server_key, size_t size_max, struct error *error);

// Closes at once; what was not sent yet gets linger_ms (0 unless set).
void sock_destroy(sock_t **self_p);
void sock_set_linger(sock_t *self, int linger_ms);

// The handle for zmq_poll (ZMQ_POLLIN; on a DEALER ZMQ_POLLOUT: connected and not full).
void *sock_handle(sock_t *self);

// Receives without waiting: ERROR_NOT_FOUND if there is nothing. *data is the caller's (free).
// `peer` is NULL for a DEALER. Messages with more or fewer frames than expected, too long ones, and
// those whose sender cannot be told are dropped and counted, and the next one is looked at; after
// 64 of them in a row it is ERROR_NOT_FOUND too, and the poll will say that there is more.
int sock_receive(sock_t *self, struct sock_peer *peer, uint8_t **data, size_t *size,
                 struct error *error);

// Sends without waiting. `peer` is NULL for a DEALER. ERROR_NOT_FOUND: no such peer any more;
// ERROR_UNAVAILABLE: its queue is full, or a DEALER is not connected; ERROR_INVALID: longer than
// size_max. 0 means that it was taken, not that it will arrive.
int sock_send(sock_t *self, const struct sock_peer *peer, const void *data, size_t size,
              struct error *error);

// Messages dropped because of their form.
uint64_t sock_dropped(const sock_t *self);
