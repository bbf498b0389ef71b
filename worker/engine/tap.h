// A tap in a pipe: all that flows through it is also shown to a watcher, piece by piece, in a
// thread of its own. What flows is not copied for that but only looked at (tee), and never changed.
//
//     CLEAN(tap_destroy) tap_t *tap = NULL;
//     int reader;
//     tap_open(&tap, tool_output, watch, context, &reader, error);
//     ... read `reader` to its end ...
//     fd_close(&reader);
//     tap_destroy(&tap);  // waits until the watcher has seen all that was read
//
// The watcher must not be used by anybody else until tap_destroy has returned. Close the reader
// before: a tap whose reader is gone stops and closes its source, as a pipe does.

#pragma once

#include <stddef.h>

#include "common/error.h"

typedef void(tap_watch)(void *context, const char *data, size_t size);

typedef struct tap tap_t;

// Takes `*source` (a pipe's end) over and leaves -1. *reader is the caller's.
int tap_open(tap_t **self_p, int *source, tap_watch *watch, void *context, int *reader,
             struct error *error);
void tap_destroy(tap_t **self_p);
