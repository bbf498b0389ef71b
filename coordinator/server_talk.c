// Messages in and out: who may say what, counted refusals, packing.

#include <assert.h>

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/server_sets.h"

enum { RECEIVE_BURST = 200, REFUSED_LOG_STEP_MS = 10000 };

const char *
endpoint_domain(enum endpoint endpoint)
{
    return endpoint == WORKERS_TCP || endpoint == WORKERS_IPC ? "worker" : "operator";
}

static int
is_for_workers(enum endpoint endpoint)
{
    return endpoint == WORKERS_TCP || endpoint == WORKERS_IPC;
}

// A flood of bad messages is one line each ten seconds.
static void
refuse_message(struct server *self, enum endpoint endpoint, const struct sock_peer *peer,
               const char *why)
{
    self->refused_messages++;
    if (self->refused_logged_ms && self->now_ms - self->refused_logged_ms < REFUSED_LOG_STEP_MS)
        return;
    self->refused_logged_ms = self->now_ms;
    log_warning("refused a message on the %s endpoint from '%s': %s (%" PRIu64 " since the start)",
                endpoint_domain(endpoint), peer->principal, why, self->refused_messages);
}

// A key may have been revoked since its handshake: connections outlive that.
static int
is_still_allowed(struct server *self, enum endpoint endpoint, const struct sock_peer *peer)
{
    if (endpoint == WORKERS_IPC || endpoint == OPERATORS_IPC)
        return 1;
    return zap_allows(self->zap, endpoint_domain(endpoint), peer->public_key) != NULL;
}

static void
hear(struct server *self, enum endpoint endpoint, const struct sock_peer *peer, const uint8_t *data,
     size_t size)
{
    struct error error = {0};
    const Wire__Envelope *message = NULL;
    if (!is_still_allowed(self, endpoint, peer)) {
        refuse_message(self, endpoint, peer, "its key is not on the allow-list any more");
        return;
    }
    enum wire_role role = is_for_workers(endpoint) ? WIRE_FROM_WORKER : WIRE_FROM_OPERATOR;
    if (wire_unpack(self->decoder, data, size, role, &message, &error)) {
        refuse_message(self, endpoint, peer, error.message);
        server_bye(self, endpoint, peer, error.message);
        return;
    }
    if (is_for_workers(endpoint))
        server_hear_worker(self, endpoint, peer, message);
    else
        server_hear_operator(self, endpoint, peer, message);
}

void
server_receive(struct server *self, enum endpoint endpoint)
{
    for (int count = 0; count < RECEIVE_BURST; count++) {
        struct error error = {0};
        struct sock_peer peer;
        CLEAN(memory_free) uint8_t *data = NULL;
        size_t size = 0;
        if (sock_receive(self->sockets[endpoint], &peer, &data, &size, &error)) {
            if (error.code != ERROR_NOT_FOUND)
                log_warning("cannot receive on the %s endpoint: %s", endpoint_domain(endpoint),
                            error.message);
            return;
        }
        hear(self, endpoint, &peer, data, size);
    }
}

int
server_pack(enum endpoint endpoint, Wire__Envelope *message, uint8_t **data, size_t *size,
            struct error *error)
{
    message->version = WIRE_VERSION;
    enum wire_role role = is_for_workers(endpoint) ? WIRE_FROM_COORDINATOR : WIRE_TO_OPERATOR;
    return wire_pack(message, role, data, size, error);
}

void
server_deliver(void *context, const struct outgoing *message)
{
    struct server *self = context;
    struct error error = {0};
    if (message->endpoint == TO_COURIERS) {
        server_delivery_written(self, (const char *)message->data);
        return;
    }
    if (message->endpoint == ORDERS) {
        server_deliver_order(self, message);
        return;
    }
    if (message->endpoint == EXPIRIES) {
        server_expiry_written(self);
        return;
    }
    if (sock_send(self->sockets[message->endpoint], &message->peer, message->data, message->size,
                  &error) == 0)
        return;
    struct worker *worker = fleet_by_peer(self->fleet, message->endpoint, &message->peer);
    if (worker && !worker->gone)
        server_drop_worker(worker, error.message);
}

void
server_send(struct server *self, enum endpoint endpoint, const struct sock_peer *peer,
            Wire__Envelope *message)
{
    struct error error = {0};
    struct outgoing outgoing = {.endpoint = endpoint, .peer = *peer};
    message->epoch = (uint64_t)self->epoch;
    if (server_pack(endpoint, message, &outgoing.data, &outgoing.size, &error)) {
        log_error("cannot pack a message '%s': %s", wire_body_name(message), error.message);
        return;
    }
    server_deliver(self, &outgoing);
    free(outgoing.data);
}

void
server_send_after(struct server *self, enum endpoint endpoint, const struct sock_peer *peer,
                  Wire__Envelope *message)
{
    struct error error = {0};
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    message->epoch = (uint64_t)self->epoch;
    if (server_pack(endpoint, message, &data, &size, &error)) {
        log_error("cannot pack a message '%s': %s", wire_body_name(message), error.message);
        return;
    }
    ledger_after(self->ledger, endpoint, peer, &data, size);
}

void
server_bye(struct server *self, enum endpoint endpoint, const struct sock_peer *peer,
           const char *reason)
{
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    Wire__Bye bye = WIRE__BYE__INIT;
    bye.reason = (char *)(uintptr_t)reason;
    message.body_case = WIRE__ENVELOPE__BODY_BYE;
    message.bye = &bye;
    server_send(self, endpoint, peer, &message);
}
