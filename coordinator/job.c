#include "coordinator/job.h"

enum { REFUSED = 0 };

// States plus one, so that what is not in the table is refused.
// A worker that stops an attempt nobody cancelled is being shut down: the job goes back.
// clang-format off
static const enum job_state moves[JOB_STATES][JOB_EVENTS] = {
    [JOB_QUEUED][JOB_ASSIGN]      = JOB_RUNNING + 1,
    [JOB_QUEUED][JOB_FAIL]        = JOB_FAILED + 1,
    [JOB_QUEUED][JOB_CANCEL]      = JOB_CANCELLED + 1,
    [JOB_QUEUED][JOB_DEFER]       = JOB_DEFERRED + 1,
    [JOB_RUNNING][JOB_DONE]       = JOB_SUCCEEDED + 1,
    [JOB_RUNNING][JOB_AGAIN]      = JOB_QUEUED + 1,
    [JOB_RUNNING][JOB_FAIL]       = JOB_FAILED + 1,
    [JOB_RUNNING][JOB_CANCEL]     = JOB_CANCELLING + 1,
    [JOB_RUNNING][JOB_STOPPED]    = JOB_QUEUED + 1,
    [JOB_CANCELLING][JOB_DONE]    = JOB_SUCCEEDED + 1,
    [JOB_CANCELLING][JOB_AGAIN]   = JOB_CANCELLED + 1,
    [JOB_CANCELLING][JOB_FAIL]    = JOB_CANCELLED + 1,
    [JOB_CANCELLING][JOB_CANCEL]  = JOB_CANCELLING + 1,
    [JOB_CANCELLING][JOB_STOPPED] = JOB_CANCELLED + 1,
};
// clang-format on

int
job_apply(struct job *self, enum job_event event)
{
    int next = (int)moves[self->state][event];
    if (next == REFUSED)
        return -1;
    self->state = (enum job_state)(next - 1);
    if (event == JOB_ASSIGN)
        self->attempt++;
    return 0;
}
