// The attempts that run here: one child process each, in its own process group. Starts them, keeps
// their time limits, stops them, and says how each ended: in its own words if it sent a Done, else
// in ours (it died, was killed, took too long).
//
// All calls return at once. Whoever has the loop polls attempts_fds and calls attempts_tick when
// one is readable or attempts_deadline has come. Time is told: `now` is monotonic, `unix` is UTC.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "proto/wire.h"

// Why an attempt was told to stop. The first reason counts.
enum attempt_stop {
    ATTEMPT_RUNS,
    ATTEMPT_CANCELLED,   // by the coordinator
    ATTEMPT_SUPERSEDED,  // a newer attempt of the job was seen
    ATTEMPT_TOO_LONG,
    ATTEMPT_SHUTDOWN,  // of this daemon
};

struct attempts_options {
    const char *const *command;  // the program and its arguments; "--task" is added. Borrowed.
    unsigned slots;
    int64_t kill_grace_ms;
};

struct attempts_listener {
    void *context;
    // A Progress or a Fetch.
    void (*progress)(void *context, const Wire__Envelope *message);
    // The attempt is over and forgotten. `done` fits WIRE_FROM_WORKER. `remark` (NULL: none) is for
    // the log.
    void (*ended)(void *context, const Wire__Envelope *done, const char *remark);
};

typedef struct attempts attempts_t;

attempts_t *attempts_new(const struct attempts_options *options,
                         const struct attempts_listener *listener);

// Kills what runs.
void attempts_destroy(attempts_t **self_p);

// Starts the attempt that `run` (checked, with a job and an attempt) is about. ERROR_BUSY if no
// slot is free.
int attempts_start(attempts_t *self, const Wire__Envelope *run, int64_t now_ms, int64_t unix_ms,
                   struct error *error);

size_t attempts_count(const attempts_t *self);
void attempts_item(const attempts_t *self, size_t index, uint64_t *job_id, uint32_t *number);
uint32_t attempts_number(const attempts_t *self, uint64_t job_id);  // that runs; 0 = none

// Hands a Piece to the attempt that it is for, if that runs and waits for one; else it is dropped.
void attempts_give(attempts_t *self, const Wire__Envelope *piece);

// Succeeds also if there is no such attempt.
void attempts_stop(attempts_t *self, uint64_t job_id, uint32_t number, enum attempt_stop reason,
                   int64_t now_ms);
void attempts_stop_all(attempts_t *self, enum attempt_stop reason, int64_t now_ms);

// Descriptors to poll for reading; at most two a slot. Returns how many.
size_t attempts_fds(const attempts_t *self, int *fds, size_t size);
int64_t attempts_deadline(const attempts_t *self);  // INT64_MAX: none
void attempts_tick(attempts_t *self, int64_t now_ms, int64_t unix_ms);
