// A job's life: a table of states and events. No I/O, no clock.
//
//     queued -> running -> succeeded, failed; queued again
//     queued -> cancelled, failed (nobody can take it), deferred (its window closed)
//     running -> cancelling -> cancelled; succeeded (it was faster)
//
// What an event means for the retry budget is retry.h's; here an attempt either ends the job or
// puts it back.

#pragma once

#include "coordinator/record.h"

enum job_event {
    JOB_ASSIGN,   // a worker gets it
    JOB_DONE,     // the worker reports success
    JOB_AGAIN,    // the attempt failed or was lost, and the budget allows another
    JOB_FAIL,     // the attempt failed for good, or nobody can take the job
    JOB_CANCEL,   // an operator wants it stopped
    JOB_STOPPED,  // the worker reports that it stopped the attempt
    JOB_DEFER,    // its policy's window has closed
    JOB_EVENTS,
};

// Applies an event. Returns 0, or -1 if it makes no sense in this state; the job is then unchanged.
int job_apply(struct job *self, enum job_event event);
