// The ledger: gathers changes for the catalog and the messages that may only be sent once they are
// durable. While one batch is under way the next one gathers (group commit); nothing is lost when
// the catalog is locked or full: the batch is applied again, and its messages wait.

#pragma once

#include "common/sock.h"
#include "coordinator/catalog/writer.h"

typedef struct ledger ledger_t;

// A packed message on its way to a peer of one of the server's sockets.
struct outgoing {
    size_t endpoint;
    struct sock_peer peer;
    uint8_t *data;
    size_t size;
};

typedef void(ledger_send)(void *context, const struct outgoing *message);

// Takes the writer over.
ledger_t *ledger_new(catalog_writer_t **writer_p, ledger_send *send, void *context);
void ledger_destroy(ledger_t **self_p);

void *ledger_handle(ledger_t *self);  // for zmq_poll

// The batch that gathers.
batch_t *ledger_batch(ledger_t *self);

// Sends data (taken over) after the changes gathered so far are durable.
void ledger_after(ledger_t *self, size_t endpoint, const struct sock_peer *peer, uint8_t **data_p,
                  size_t size);

// Starts the next commit if none is under way and something has gathered. now_ms: monotonic.
void ledger_flush(ledger_t *self, int64_t now_ms);

// Takes the outcome of a commit when the handle is readable, and sends what waited for it. Returns
// 0; -1 with ERROR_UNAVAILABLE if it failed and will be tried again, with any other code if this
// process may not go on: it was deposed, or a guard was refused, so another process writes or
// memory is wrong.
int ledger_take(ledger_t *self, int64_t now_ms, struct error *error);

// When ledger_flush is to be called next (monotonic), or -1.
int64_t ledger_due(const ledger_t *self);

int ledger_is_idle(const ledger_t *self);

// The last failure, "" if the last commit went well. For the status.
const char *ledger_trouble(const ledger_t *self);
