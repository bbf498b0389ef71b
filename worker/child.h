// A child process of the daemon that is the same program in another role (--task, --survey): its
// process, the frames that it sends, and how it is made to stop.
//
// It gets its messages on descriptor 0 and sends frames on descriptor 1; its standard error is
// ours. It dies with the daemon. Nothing here waits.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/process.h"

enum { CHILD_STUCK_MS = 4000 };

typedef struct child child_t;

// Runs `command` (NULL-terminated, the program first) with `role` as one more argument. `message`
// (may be NULL) becomes the first frame on its descriptor 0.
int child_start(child_t **self_p, const char *const *command, const char *role, const void *message,
                size_t size, struct error *error);

// Gives it one more frame. ERROR_BUSY if it has not read yet what it was given before: it asks for
// one at a time, so what does not fit now is not waited for.
int child_give(child_t *self, const void *data, size_t size, struct error *error);

// Kills it if it still runs.
void child_destroy(child_t **self_p);

// As child_destroy, for one that is stuck: does not wait for it.
void child_leave(child_t **self_p);

// For poll: readable when there are frames, or has ended. -1 when there is nothing to wait for.
int child_frames_fd(const child_t *self);
int child_end_fd(const child_t *self);

// The next frame, lent. ERROR_UNAVAILABLE: none now; ERROR_NOT_FOUND: no more ever;
// ERROR_INVALID, ERROR_CORRUPT: what it sent is no frame, and nothing more will be read.
int child_next(child_t *self, const uint8_t **data, size_t *size, struct error *error);

// Asks it to stop (SIGTERM to its group), and kills it (SIGKILL) when child_tick is called
// grace_ms later or more. Repeating it changes nothing.
void child_stop(child_t *self, int64_t now_ms, int64_t grace_ms);
void child_kill(child_t *self);

// It has no more to do: kills it if it is still there when child_tick is called grace_ms later.
void child_expect_end(child_t *self, int64_t now_ms, int64_t grace_ms);
void child_tick(child_t *self, int64_t now_ms);
int64_t child_deadline(const child_t *self);  // of the next child_tick; INT64_MAX: none

// It was killed CHILD_STUCK_MS ago and is there still: it hangs in the kernel, and will never do
// anything of its own again.
int child_is_stuck(const child_t *self, int64_t now_ms);

// Returns 1 and fills `end` if it has ended, else 0.
int child_ended(child_t *self, struct process_end *end);
