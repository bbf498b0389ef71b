#include "coordinator/fleet.h"

#include <assert.h>
#include <czmq.h>

#include "common/clean.h"
#include "common/memory.h"

enum { PEER_KEY_SIZE = 2 * SOCK_PEER_SIZE + 24 };

struct fleet {
    int64_t patience_ms;
    zhashx_t *workers;  // instance -> struct worker, owned
    zhashx_t *peers;    // endpoint and address -> struct worker
};

static void
worker_destroy(void **worker_p)
{
    struct worker *worker = *worker_p;
    wire_free(&worker->hello);
    free(worker);
    *worker_p = NULL;
}

static const char *
peer_key(size_t endpoint, const struct sock_peer *peer, char key[PEER_KEY_SIZE])
{
    int length = snprintf(key, PEER_KEY_SIZE, "%zu:", endpoint);
    for (size_t index = 0; index < peer->address_size; index++)
        length +=
            snprintf(key + length, PEER_KEY_SIZE - (size_t)length, "%02x", peer->address[index]);
    return key;
}

fleet_t *
fleet_new(int64_t patience_ms)
{
    fleet_t *self = memory_get(sizeof *self);
    self->patience_ms = patience_ms;
    self->workers = zhashx_new();
    zhashx_set_destructor(self->workers, worker_destroy);
    self->peers = zhashx_new();
    return self;
}

void
fleet_destroy(fleet_t **self_p)
{
    assert(self_p);
    if (!*self_p)
        return;
    zhashx_destroy(&(*self_p)->peers);
    zhashx_destroy(&(*self_p)->workers);
    free(*self_p);
    *self_p = NULL;
}

static void
forget_peer(fleet_t *self, const struct worker *worker)
{
    char key[PEER_KEY_SIZE];
    zhashx_delete(self->peers, peer_key(worker->endpoint, &worker->peer, key));
}

struct worker *
fleet_join(fleet_t *self, const Wire__Envelope *hello, size_t endpoint,
           const struct sock_peer *peer, int64_t now_ms)
{
    assert(hello->body_case == WIRE__ENVELOPE__BODY_READY);
    Wire__Envelope *copy = wire_clone(hello);  // first: the caller's may be the fleet's own
    struct worker *worker = fleet_by_instance(self, copy->ready->instance_id);
    if (worker) {
        forget_peer(self, worker);
        wire_free(&worker->hello);
    } else {
        worker = memory_get(sizeof *worker);
        zhashx_insert(self->workers, copy->ready->instance_id, worker);
    }
    worker->hello = copy;
    worker->endpoint = endpoint;
    worker->peer = *peer;
    worker->booked = 0;
    worker->gone = 0;
    worker->heard_ms = now_ms;

    char key[PEER_KEY_SIZE];
    zhashx_update(self->peers, peer_key(endpoint, peer, key), worker);
    return worker;
}

struct worker *
fleet_by_instance(fleet_t *self, const char *instance)
{
    return zhashx_lookup(self->workers, instance);
}

struct worker *
fleet_by_peer(fleet_t *self, size_t endpoint, const struct sock_peer *peer)
{
    char key[PEER_KEY_SIZE];
    return zhashx_lookup(self->peers, peer_key(endpoint, peer, key));
}

struct worker *
fleet_by_name(fleet_t *self, const char *name)
{
    struct worker *worker = fleet_first(self);
    while (worker && strcmp(worker_name(worker), name) != 0 &&
           strcmp(worker_instance(worker), name) != 0)
        worker = fleet_next(self);
    return worker;
}

static struct worker *
first_gone(fleet_t *self)
{
    struct worker *worker = fleet_first(self);
    while (worker && !worker->gone)
        worker = fleet_next(self);
    return worker;
}

void
fleet_bury(fleet_t *self)
{
    struct worker *worker = NULL;
    while ((worker = first_gone(self))) {
        forget_peer(self, worker);
        CLEAN(memory_free) char *instance = memory_copy_text(worker_instance(worker));
        zhashx_delete(self->workers, instance);
    }
}

struct worker *
fleet_silent(fleet_t *self, int64_t now_ms)
{
    struct worker *worker = fleet_first(self);
    while (worker && (worker->gone || now_ms - worker->heard_ms <= self->patience_ms))
        worker = fleet_next(self);
    return worker;
}

struct worker *
fleet_first(fleet_t *self)
{
    return zhashx_first(self->workers);
}

struct worker *
fleet_next(fleet_t *self)
{
    return zhashx_next(self->workers);
}

size_t
fleet_count(fleet_t *self)
{
    return zhashx_size(self->workers);
}

unsigned
worker_free(const struct worker *worker)
{
    unsigned slots = worker->hello->ready->slots;
    int is_closed = worker->draining || worker->gone;
    return is_closed || worker->booked >= slots ? 0 : slots - worker->booked;
}

unsigned
fleet_free(fleet_t *self)
{
    unsigned count = 0;
    for (struct worker *worker = fleet_first(self); worker; worker = fleet_next(self))
        count += worker_free(worker);
    return count;
}

const char *
worker_instance(const struct worker *worker)
{
    return worker->hello->ready->instance_id;
}

const char *
worker_name(const struct worker *worker)
{
    return worker->hello->ready->name;
}
