#include "coordinator/forecaster.h"

#include <assert.h>
#include <czmq.h>

#include "common/clean.h"
#include "common/memory.h"

struct forecaster {
    zactor_t *actor;
    int is_busy;
};

// A message is a forecast, or the end.
static void
forecaster_actor(zsock_t *pipe, void *argument)
{
    (void)argument;
    zsock_signal(pipe, 0);
    for (;;) {
        CLEAN(zmsg_destroy) zmsg_t *message = zmsg_recv(pipe);
        zframe_t *frame = message ? zmsg_first(message) : NULL;
        forecast_t *forecast = NULL;
        if (!frame || zframe_streq(frame, "$TERM"))
            return;
        assert(zframe_size(frame) == sizeof forecast);
        memcpy(&forecast, zframe_data(frame), sizeof forecast);
        forecast_play(forecast);
        zsock_send(pipe, "p", forecast);
    }
}

forecaster_t *
forecaster_new(void)
{
    forecaster_t *self = memory_get(sizeof *self);
    self->actor = zactor_new(forecaster_actor, NULL);
    assert(self->actor);
    return self;
}

void
forecaster_destroy(forecaster_t **self_p)
{
    forecaster_t *self = *self_p;
    if (!self)
        return;
    if (self->is_busy) {
        forecast_t *forecast = forecaster_take(self);
        forecast_destroy(&forecast);
    }
    zactor_destroy(&self->actor);
    memory_free(self_p);
}

void *
forecaster_handle(forecaster_t *self)
{
    return zsock_resolve(self->actor);
}

int
forecaster_is_busy(const forecaster_t *self)
{
    return self->is_busy;
}

void
forecaster_play(forecaster_t *self, forecast_t **forecast_p)
{
    assert(!self->is_busy);
    self->is_busy = 1;
    zsock_send(self->actor, "p", STEAL(*forecast_p));
}

forecast_t *
forecaster_take(forecaster_t *self)
{
    forecast_t *forecast = NULL;
    int rc = zsock_recv(self->actor, "p", &forecast);
    assert(rc == 0 && forecast);
    self->is_busy = 0;
    return forecast;
}
