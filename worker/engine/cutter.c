#include "worker/engine/cutter.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include "common/fd.h"
#include "common/memory.h"

struct cutter {
    int socket;      // a duplicate
    int stop;        // lent
    int channel[2];  // its end tells the thread to go
    pthread_t thread;
    int has_thread;
};

void
cutter_cut(const cutter_t *self)
{
    // A server that writes rows into a connection without a reader would hold its locks for
    // minutes: closing is to reset it.
    struct linger at_once = {.l_onoff = 1};
    setsockopt(self->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    shutdown(self->socket, SHUT_RDWR);
}

static void *
watch(void *argument)
{
    const cutter_t *self = argument;
    struct pollfd items[] = {{.fd = self->channel[1], .events = POLLIN},
                             {.fd = self->stop, .events = POLLIN}};
    while (!items[0].revents && !items[1].revents)
        poll(items, 2, -1);
    if (!items[0].revents && poll(items, 1, CUTTER_PATIENCE_MS) <= 0)
        cutter_cut(self);
    return NULL;
}

static void
start_watch(cutter_t *self)
{
    sigset_t all, before;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, self->channel))
        return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    self->has_thread = pthread_create(&self->thread, NULL, watch, self) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

cutter_t *
cutter_new(int socket, int stop)
{
    cutter_t *self = memory_get(sizeof *self);
    *self =
        (cutter_t){.socket = fcntl(socket, F_DUPFD_CLOEXEC, 0), .stop = stop, .channel = {-1, -1}};
    if (stop > 0)
        start_watch(self);
    return self;
}

void
cutter_destroy(cutter_t **self_p)
{
    cutter_t *self = *self_p;
    if (!self)
        return;
    fd_close(&self->channel[0]);
    if (self->has_thread)
        pthread_join(self->thread, NULL);
    fd_close(&self->channel[1]);
    fd_close(&self->socket);
    memory_free(self_p);
}
