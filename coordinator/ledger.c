#include "coordinator/ledger.h"

#include <assert.h>
#include <czmq.h>

#include "common/memory.h"

enum { RETRY_FIRST_MS = 250, RETRY_LAST_MS = 15000 };

struct ledger {
    catalog_writer_t *writer;
    ledger_send *send;
    void *context;
    batch_t *gathering;
    zlistx_t *gathering_messages;  // struct outgoing
    batch_t *failed;               // waits for its next try
    zlistx_t *under_way_messages;  // of the batch that is applied, or has failed
    int is_applying;
    int64_t retry_ms;  // the wait before the next try
    int64_t due_ms;    // of it; -1 = none
    struct error trouble;
};

static void
outgoing_destroy(void **message_p)
{
    struct outgoing *message = *message_p;
    free(message->data);
    free(message);
    *message_p = NULL;
}

static zlistx_t *
new_messages(void)
{
    zlistx_t *messages = zlistx_new();
    zlistx_set_destructor(messages, outgoing_destroy);
    return messages;
}

ledger_t *
ledger_new(catalog_writer_t **writer_p, ledger_send *send, void *context)
{
    ledger_t *self = memory_get(sizeof *self);
    self->writer = *writer_p;
    *writer_p = NULL;
    self->send = send;
    self->context = context;
    self->gathering = batch_new();
    self->gathering_messages = new_messages();
    self->under_way_messages = new_messages();
    self->retry_ms = RETRY_FIRST_MS;
    self->due_ms = -1;
    return self;
}

void
ledger_destroy(ledger_t **self_p)
{
    assert(self_p);
    ledger_t *self = *self_p;
    if (!self)
        return;
    catalog_writer_destroy(&self->writer);
    batch_destroy(&self->failed);
    batch_destroy(&self->gathering);
    zlistx_destroy(&self->under_way_messages);
    zlistx_destroy(&self->gathering_messages);
    memory_free(self_p);
}

void *
ledger_handle(ledger_t *self)
{
    return catalog_writer_handle(self->writer);
}

batch_t *
ledger_batch(ledger_t *self)
{
    return self->gathering;
}

void
ledger_after(ledger_t *self, size_t endpoint, const struct sock_peer *peer, uint8_t **data_p,
             size_t size)
{
    struct outgoing *message = memory_get(sizeof *message);
    *message =
        (struct outgoing){.endpoint = endpoint, .peer = *peer, .data = *data_p, .size = size};
    *data_p = NULL;
    zlistx_add_end(self->gathering_messages, message);
}

static void
send_waiting(ledger_t *self)
{
    struct outgoing *message = zlistx_first(self->under_way_messages);
    for (; message; message = zlistx_next(self->under_way_messages))
        self->send(self->context, message);
    zlistx_purge(self->under_way_messages);
}

static void
start_gathered(ledger_t *self)
{
    zlistx_t *messages = self->under_way_messages;
    self->under_way_messages = self->gathering_messages;
    self->gathering_messages = messages;
    if (batch_count(self->gathering) == 0) {
        send_waiting(self);
        return;
    }
    self->is_applying = 1;
    catalog_writer_apply(self->writer, &self->gathering);
    self->gathering = batch_new();
}

void
ledger_flush(ledger_t *self, int64_t now_ms)
{
    if (self->is_applying)
        return;
    if (self->failed) {
        if (now_ms < self->due_ms)
            return;
        self->is_applying = 1;
        self->due_ms = -1;
        catalog_writer_apply(self->writer, &self->failed);
        return;
    }
    if (batch_count(self->gathering) > 0 || zlistx_size(self->gathering_messages) > 0)
        start_gathered(self);
}

static int
keep_for_retry(ledger_t *self, batch_t **batch_p, int64_t now_ms, struct error *error)
{
    self->trouble = *error;
    self->failed = *batch_p;
    *batch_p = NULL;
    self->due_ms = now_ms + self->retry_ms;
    self->retry_ms = self->retry_ms * 2 < RETRY_LAST_MS ? self->retry_ms * 2 : RETRY_LAST_MS;
    return -1;
}

int
ledger_take(ledger_t *self, int64_t now_ms, struct error *error)
{
    assert(self->is_applying);
    self->is_applying = 0;
    batch_t *batch = NULL;
    if (catalog_writer_take(self->writer, &batch, error))
        return keep_for_retry(self, &batch, now_ms, error);

    size_t refused = batch_refused(batch);
    batch_destroy(&batch);
    self->retry_ms = RETRY_FIRST_MS;
    self->trouble = (struct error){0};
    if (refused > 0)
        return error_set(error, ERROR_INTERNAL,
                         "the catalog refused %zu changes: it is not as this process knows it",
                         refused);
    send_waiting(self);
    return 0;
}

int64_t
ledger_due(const ledger_t *self)
{
    return self->due_ms;
}

int
ledger_is_idle(const ledger_t *self)
{
    return !self->is_applying && !self->failed && batch_count(self->gathering) == 0 &&
           zlistx_size(self->gathering_messages) == 0;
}

const char *
ledger_trouble(const ledger_t *self)
{
    return self->trouble.message;
}
