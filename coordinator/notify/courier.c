#include "coordinator/notify/courier.h"

#include <assert.h>
#include <czmq.h>
#include <sys/eventfd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

struct courier {
    zactor_t *actor;
    const struct channel_ops *ops;
    const struct channel_place *place;
    int stop_fd;  // readable: whatever is under way is to end soon
    int is_busy;
};

enum { FIELDS = 6 };

static void
deliver(const courier_t *self, zmsg_t *request, struct channel_result *result)
{
    char *fields[FIELDS];
    int64_t unix_ms = 0;
    for (size_t index = 0; index < FIELDS; index++)
        fields[index] = zmsg_popstr(request);
    CLEAN(zframe_destroy) zframe_t *time = zmsg_pop(request);
    assert(time && zframe_size(time) == sizeof unix_ms);
    memcpy(&unix_ms, zframe_data(time), sizeof unix_ms);
    struct channel_message message = {.id = fields[0],
                                      .event = fields[1],
                                      .severity = fields[2],
                                      .title = fields[3],
                                      .text = fields[4],
                                      .document = fields[5],
                                      .unix_ms = unix_ms};
    self->ops->deliver(self->place, &message, self->stop_fd, result);
    for (size_t index = 0; index < FIELDS; index++)
        zstr_free(&fields[index]);
}

static void
courier_actor(zsock_t *pipe, void *argument)
{
    const courier_t *self = argument;
    zsock_signal(pipe, 0);
    for (;;) {
        CLEAN(zmsg_destroy) zmsg_t *request = zmsg_recv(pipe);
        if (!request || zmsg_size(request) != FIELDS + 1)
            return;  // $TERM
        struct channel_result result = {.asked_ms = -1};
        deliver(self, request, &result);
        zsock_send(pipe, "b", (const void *)&result, sizeof result);
    }
}

courier_t *
courier_new(const struct channel_ops *ops, const struct channel_place *place)
{
    courier_t *self = memory_get(sizeof *self);
    self->ops = ops;
    self->place = place;
    self->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert(self->stop_fd >= 0);
    self->actor = zactor_new(courier_actor, self);
    assert(self->actor);
    return self;
}

void
courier_stop(courier_t *self)
{
    eventfd_write(self->stop_fd, 1);
}

void
courier_destroy(courier_t **self_p)
{
    courier_t *self = *self_p;
    if (!self)
        return;
    courier_stop(self);
    if (self->is_busy) {
        struct channel_result ignored;
        courier_take(self, &ignored);
    }
    zactor_destroy(&self->actor);
    fd_close(&self->stop_fd);
    memory_free(self_p);
}

void *
courier_handle(courier_t *self)
{
    return zsock_resolve(self->actor);
}

int
courier_is_busy(const courier_t *self)
{
    return self->is_busy;
}

void
courier_send(courier_t *self, const struct channel_message *message)
{
    assert(!self->is_busy);
    self->is_busy = 1;
    zsock_send(self->actor, "ssssssb", message->id, message->event, message->severity,
               message->title, message->text, message->document, (const void *)&message->unix_ms,
               sizeof message->unix_ms);
}

int
courier_is_ready(courier_t *self)
{
    return self->is_busy && (zsock_events(self->actor) & ZMQ_POLLIN);
}

void
courier_take(courier_t *self, struct channel_result *result)
{
    CLEAN(zframe_destroy) zframe_t *frame = zframe_recv(self->actor);
    assert(frame && zframe_size(frame) == sizeof *result);
    memcpy(result, zframe_data(frame), sizeof *result);
    self->is_busy = 0;
}
