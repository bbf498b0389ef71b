// What tests of the talk share: waiting with a deadline, ports, and a client that sees how its
// handshake ends.

#pragma once

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "common/clean.h"
#include "common/key.h"
#include "common/memory.h"
#include "common/sock.h"
#include "tests/check.h"

enum { PATIENCE_MS = 10000, SIZE_MAX_HERE = 65000 };

static inline long
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Waits until condition holds; fails the test after PATIENCE_MS.
#define WAIT_UNTIL(condition) \
    for (long wait_end_ = now_ms() + PATIENCE_MS; !(condition); poll(NULL, 0, 2)) \
    assert_true(now_ms() < wait_end_)

// Waits for a message. It is the caller's.
static inline char *
receive_text(sock_t *sock, struct sock_peer *peer)
{
    struct error error = {0};
    uint8_t *data = NULL;
    size_t size = 0;
    WAIT_UNTIL(!sock_receive(sock, peer, &data, &size, &error));
    data = memory_resize(data, size + 1);
    data[size] = '\0';
    return (char *)data;
}

static inline void
assert_receives(sock_t *sock, struct sock_peer *peer, const char *text)
{
    CLEAN(memory_free) char *got = receive_text(sock, peer);
    assert_string_equal(got, text);
}

// A DEALER may not be connected yet.
static inline void
send_text(sock_t *sock, const struct sock_peer *peer, const char *text)
{
    struct error error = {0};
    WAIT_UNTIL(!sock_send(sock, peer, text, strlen(text), &error));
}

static inline void
assert_silent(sock_t *sock, struct sock_peer *peer)
{
    struct error error = {0};
    uint8_t *data = NULL;
    size_t size = 0;
    assert_int_equal(sock_receive(sock, peer, &data, &size, &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
}

// Binds to a port of loopback that is free; writes the endpoint.
static inline sock_t *
bind_somewhere(const char *domain, const struct key_pair *key, char endpoint[64])
{
    struct error error = {0};
    sock_t *sock = NULL;
    for (int tries = 0; tries < 100 && !sock; tries++) {
        snprintf(endpoint, 64, "tcp://127.0.0.1:%d", 20000 + (int)(random() % 12000));
        if (sock_bind(&sock, endpoint, domain, key, 0, SIZE_MAX_HERE, &error))
            assert_int_equal(error.code, ERROR_CONFIG);
    }
    assert_non_null(sock);
    return sock;
}

// A client of libzmq's own, without our wrapper's care.
struct client {
    void *context, *socket, *monitor;
};

static inline void
client_close(struct client *self)
{
    if (self->socket)
        zmq_socket_monitor(self->socket, NULL, 0);
    if (self->monitor)
        zmq_close(self->monitor);
    if (self->socket)
        zmq_close(self->socket);
    if (self->context)
        zmq_ctx_term(self->context);
    *self = (struct client){0};
}

// key may be NULL.
static inline void
client_open(struct client *self, const char *endpoint, const struct key_pair *key,
            const char *server_key)
{
    int none = 0;
    self->context = zmq_ctx_new();
    self->socket = zmq_socket(self->context, ZMQ_DEALER);
    self->monitor = zmq_socket(self->context, ZMQ_PAIR);
    zmq_setsockopt(self->socket, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(self->monitor, ZMQ_LINGER, &none, sizeof none);
    assert_int_equal(zmq_socket_monitor(self->socket, "inproc://events", ZMQ_EVENT_ALL), 0);
    assert_int_equal(zmq_connect(self->monitor, "inproc://events"), 0);
    if (key) {
        zmq_setsockopt(self->socket, ZMQ_CURVE_PUBLICKEY, key->public_text, KEY_TEXT_SIZE);
        zmq_setsockopt(self->socket, ZMQ_CURVE_SECRETKEY, key->secret_text, KEY_TEXT_SIZE);
        zmq_setsockopt(self->socket, ZMQ_CURVE_SERVERKEY, server_key, KEY_TEXT_SIZE);
    }
    assert_int_equal(zmq_connect(self->socket, endpoint), 0);
}

// The next event of those in mask; fails the test after PATIENCE_MS.
static inline int
client_event(struct client *self, int mask)
{
    for (long end = now_ms() + PATIENCE_MS; now_ms() < end;) {
        zmq_pollitem_t item = {self->monitor, 0, ZMQ_POLLIN, 0};
        if (zmq_poll(&item, 1, 100) <= 0)
            continue;
        uint8_t event[6];
        char address[256];
        assert_int_equal(zmq_recv(self->monitor, event, sizeof event, 0), sizeof event);
        zmq_recv(self->monitor, address, sizeof address, 0);
        uint16_t name;
        memcpy(&name, event, sizeof name);
        if (name & mask)
            return name;
    }
    fail_msg("none of the events %#x came", (unsigned)mask);
    return 0;
}

// How the handshake of a client with this key ends.
static inline int
handshake(const char *endpoint, const struct key_pair *key, const char *server_key)
{
    CLEAN(client_close) struct client client = {0};
    client_open(&client, endpoint, key, server_key);
    return client_event(&client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                                     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                                     ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_DISCONNECTED);
}
