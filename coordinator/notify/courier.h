// A courier: an actor that delivers messages to one target, one at a time, so that neither the
// server's loop nor another target waits for it.
//
//     courier_send(courier, &message);
//     ... courier_handle(courier) is readable ...
//     courier_take(courier, &result);

#pragma once

#include "coordinator/notify/channel.h"

typedef struct courier courier_t;

// All of the place must outlive the courier.
courier_t *courier_new(const struct channel_ops *ops, const struct channel_place *place);

// Makes a delivery under way end soon; its result still comes. No other one follows.
void courier_stop(courier_t *self);

// The same, and waits for it: seconds, if a program hangs in the kernel.
void courier_destroy(courier_t **self_p);

void *courier_handle(courier_t *self);  // for zmq_poll
int courier_is_busy(const courier_t *self);

// Starts a delivery; only if it is not busy (assert). The texts are copied.
void courier_send(courier_t *self, const struct channel_message *message);

// Whether a result is there to be taken.
int courier_is_ready(courier_t *self);
void courier_take(courier_t *self, struct channel_result *result);
