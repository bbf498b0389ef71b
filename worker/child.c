#include "worker/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/frame.h"

enum { ARGUMENTS_MAX = 16, INPUT_SIZE = 128 << 10 };  // a frame and its length fit in

struct child {
    process_t *process;
    frames_t *frames;
    int fd;     // where its frames come from; -1 after the last
    int input;  // where it gets its own; -1: it gets none
    int64_t kill_at_ms;
    int64_t killed_ms;  // by child_tick for the first time; 0 = not yet
};

// A pipe that is empty takes a whole frame at once, so that nothing waits for the child to read it.
static int
open_input(int *ours, int *theirs, struct error *error)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return error_set(error, ERROR_UNAVAILABLE, "cannot make a pipe: %s", strerror(errno));
    *theirs = ends[0];
    *ours = ends[1];
    if (fcntl(*ours, F_SETFL, O_NONBLOCK) || fcntl(*ours, F_SETPIPE_SZ, INPUT_SIZE) < INPUT_SIZE)
        return error_set(error, ERROR_UNAVAILABLE, "cannot set up a pipe: %s", strerror(errno));
    return 0;
}

int
child_start(child_t **self_p, const char *const *command, const char *role, const void *message,
            size_t size, struct error *error)
{
    const char *argv[ARGUMENTS_MAX + 2] = {0};
    size_t count = 0;
    for (; command[count]; count++) {
        assert(count < ARGUMENTS_MAX);
        argv[count] = command[count];
    }
    argv[count] = role;

    CLEAN(fd_close) int input = -1;
    CLEAN(fd_close) int giving = -1;
    if (message &&
        (open_input(&giving, &input, error) || frame_write(giving, message, size, error)))
        return -1;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return error_set(error, ERROR_UNAVAILABLE, "cannot make a pipe: %s", strerror(errno));
    CLEAN(fd_close) int ours = ends[0];
    CLEAN(fd_close) int theirs = ends[1];
    if (fcntl(ours, F_SETFL, O_NONBLOCK))
        return error_set(error, ERROR_INTERNAL, "cannot set up a pipe: %s", strerror(errno));

    CLEAN(child_destroy) child_t *self = memory_get(sizeof *self);
    self->fd = fd_steal(&ours);
    self->input = fd_steal(&giving);
    self->frames = frames_new();
    self->kill_at_ms = INT64_MAX;
    // `env:` secrets are in our own environment; the tools of a job get none of it.
    struct process_options options = {.argv = argv,
                                      .environment = (const char *const *)environ,
                                      .stdin_fd = input < 0 ? 0 : input,
                                      .stdout_fd = theirs,
                                      .inherit_stderr = 1};
    if (process_start(&self->process, &options, error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

void
child_destroy(child_t **self_p)
{
    child_t *self = *self_p;
    if (!self)
        return;
    process_destroy(&self->process);
    frames_destroy(&self->frames);
    fd_close(&self->fd);
    fd_close(&self->input);
    memory_free(self_p);
}

void
child_leave(child_t **self_p)
{
    if (*self_p)
        process_leave(&(*self_p)->process);
    child_destroy(self_p);
}

int
child_give(child_t *self, const void *data, size_t size, struct error *error)
{
    int waiting = 0;
    if (self->input < 0 || ioctl(self->input, FIONREAD, &waiting) || waiting > 0)
        return error_set(error, ERROR_BUSY, "it has not read yet what it was given before");
    return frame_write(self->input, data, size, error);
}

int
child_frames_fd(const child_t *self)
{
    return self->fd;
}

int
child_end_fd(const child_t *self)
{
    return process_fd(self->process);
}

int
child_next(child_t *self, const uint8_t **data, size_t *size, struct error *error)
{
    if (self->fd < 0)
        return error_set(error, ERROR_NOT_FOUND, "no more frames");
    if (frames_next(self->frames, self->fd, data, size, error) == 0)
        return 0;
    if (error->code != ERROR_UNAVAILABLE)
        fd_close(&self->fd);
    return -1;
}

void
child_stop(child_t *self, int64_t now_ms, int64_t grace_ms)
{
    if (self->kill_at_ms != INT64_MAX)
        return;
    process_signal(self->process, SIGTERM);
    self->kill_at_ms = now_ms + grace_ms;
}

void
child_expect_end(child_t *self, int64_t now_ms, int64_t grace_ms)
{
    if (self->kill_at_ms == INT64_MAX)
        self->kill_at_ms = now_ms + grace_ms;
}

void
child_kill(child_t *self)
{
    process_signal(self->process, SIGKILL);
}

void
child_tick(child_t *self, int64_t now_ms)
{
    enum { REPEAT_MS = 1000 };
    if (now_ms < self->kill_at_ms)
        return;
    child_kill(self);
    self->kill_at_ms = now_ms + REPEAT_MS;
    if (!self->killed_ms)
        self->killed_ms = now_ms;
}

int
child_is_stuck(const child_t *self, int64_t now_ms)
{
    return self->killed_ms && now_ms - self->killed_ms >= CHILD_STUCK_MS;
}

int64_t
child_deadline(const child_t *self)
{
    return self->kill_at_ms;
}

int
child_ended(child_t *self, struct process_end *end)
{
    struct error not_yet;
    return process_wait(self->process, 0, end, &not_yet) == 0;
}
