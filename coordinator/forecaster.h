// The forecaster: an actor that plays forecasts, so that the server's loop never waits for one.
// Playing 10,000 databases takes longer than a turn of the loop may (docs/performance.md); a
// forecast lends nothing, so it is given away and comes back played.

#pragma once

#include "coordinator/forecast.h"

typedef struct forecaster forecaster_t;

forecaster_t *forecaster_new(void);
void forecaster_destroy(forecaster_t **self_p);  // waits for one that is being played

void *forecaster_handle(forecaster_t *self);  // for zmq_poll

int forecaster_is_busy(const forecaster_t *self);

// Takes the forecast over and plays it. One at a time (assert).
void forecaster_play(forecaster_t *self, forecast_t **forecast_p);

// Takes it back when the handle is readable; it is the caller's.
forecast_t *forecaster_take(forecaster_t *self);
