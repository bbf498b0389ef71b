#include "worker/engine/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

enum { PIECE_SIZE = 256 << 10, PIPE_SIZE = 1 << 20 };

struct tap {
    pthread_t thread;
    int source, drain;
    tap_watch *watch;
    void *context;
    char piece[PIECE_SIZE];
};

// Reads what was handed on and shows it.
static int
show(tap_t *self, size_t size)
{
    while (size > 0) {
        ssize_t got = read(self->source, self->piece, size < PIECE_SIZE ? size : PIECE_SIZE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        self->watch(self->context, self->piece, (size_t)got);
        size -= (size_t)got;
    }
    return 0;
}

static void *
run(void *argument)
{
    tap_t *self = argument;
    for (;;) {
        ssize_t size = tee(self->source, self->drain, PIECE_SIZE, 0);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0 || show(self, (size_t)size))
            break;
    }
    fd_close(&self->drain);
    fd_close(&self->source);
    return NULL;
}

int
tap_open(tap_t **self_p, int *source, tap_watch *watch, void *context, int *reader,
         struct error *error)
{
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC))
        return error_set(error, ERROR_UNAVAILABLE, "cannot make a pipe: %s", strerror(errno));
    fcntl(pipe_fds[1], F_SETPIPE_SZ, PIPE_SIZE);  // a wish: the limit for a user may be less
    tap_t *self = memory_get(sizeof *self);
    self->source = *source;
    self->drain = pipe_fds[1];
    self->watch = watch;
    self->context = context;

    // With all signals blocked a reader that is gone is an error of tee and no SIGPIPE.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int cause = pthread_create(&self->thread, NULL, run, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (cause) {
        fd_close(&pipe_fds[0]);
        fd_close(&pipe_fds[1]);
        memory_free(&self);
        return error_set(error, ERROR_UNAVAILABLE, "cannot start a thread: %s", strerror(cause));
    }
    *source = -1;
    *reader = pipe_fds[0];
    *self_p = self;
    return 0;
}

void
tap_destroy(tap_t **self_p)
{
    if (!*self_p)
        return;
    pthread_join((*self_p)->thread, NULL);
    memory_free(self_p);
}
