#include "worker/engine/postgres_inside.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"

enum {
    CONNECT_MS = 20000,
    CANCEL_MS = 400,  // for a cancel to arrive
    CANCEL_SIZE = 256,
    GATHER_BYTES = 128 << 10,
    GATHER_MS = 1,
};

// A cancel on its way: the thread's, which ends it.
struct canceller {
    PGcancel *cancel;
    int channel;  // closed when it has arrived
};

static int
is_cancelled(struct error *error)
{
    return error_set(error, ERROR_CANCELLED, "cancelled");
}

// Returns 1 if the socket is ready, 0 at the end of the time, -1 as the function above.
static int
wait_for(int socket, short events, int stop, int timeout_ms, struct error *error)
{
    struct pollfd items[] = {{.fd = socket, .events = events},
                             {.fd = stop > 0 ? stop : -1, .events = POLLIN}};
    if (poll(items, 2, timeout_ms) < 0 && errno != EINTR)
        return error_set(error, ERROR_INTERNAL, "cannot wait: %s", strerror(errno));
    if (items[1].revents)
        return is_cancelled(error);
    return items[0].revents != 0;
}

int
postgres_inside_connect(PGconn **connection, const char *const *names, const char *const *values,
                        int stop, struct error *error)
{
    int64_t deadline_ms = clock_monotonic_ms() + CONNECT_MS;
    PGconn *begun = PQconnectStartParams(names, values, 1);
    if (!begun)
        abort();
    PostgresPollingStatusType status =
        PQstatus(begun) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        int ready = left_ms <= 0
                        ? error_set(error, ERROR_UNAVAILABLE,
                                    "cannot connect to '%s': it did not answer within %d s",
                                    PQhost(begun), CONNECT_MS / 1000)
                        : wait_for(PQsocket(begun), events, stop, (int)left_ms, error);
        if (ready < 0) {
            PQfinish(begun);
            return -1;
        }
        if (ready > 0)
            status = PQconnectPoll(begun);
    }
    *connection = begun;
    return 0;
}

static void *
cancel(void *argument)
{
    struct canceller *self = argument;
    char unseen[CANCEL_SIZE];
    PQcancel(self->cancel, unseen, sizeof unseen);
    PQfreeCancel(self->cancel);
    fd_close(&self->channel);
    free(self);
    return NULL;
}

void
postgres_inside_stop(const postgres_t *self)
{
    int channel[2];
    pthread_t thread;
    sigset_t all, before;
    struct canceller *canceller = memory_get(sizeof *canceller);
    canceller->cancel = PQgetCancel(self->connection);
    if (!canceller->cancel || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel)) {
        PQfreeCancel(canceller->cancel);
        free(canceller);
        return;
    }
    canceller->channel = channel[1];
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int has_failed = pthread_create(&thread, NULL, cancel, canceller);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (has_failed) {
        cancel(canceller);
    } else {
        struct pollfd end = {.fd = channel[0], .events = POLLIN};
        if (poll(&end, 1, CANCEL_MS) > 0)
            pthread_join(thread, NULL);
        else
            pthread_detach(thread);
    }
    fd_close(&channel[0]);
}

static void
wake_at(int socket, int bytes)
{
    setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
}

int
postgres_inside_wait(const postgres_t *self, short events, int timeout_ms, struct error *error)
{
    int ready = wait_for(PQsocket(self->connection), events, self->stop, timeout_ms, error);
    if (ready < 0 && error->code == ERROR_CANCELLED)
        postgres_inside_stop(self);
    return ready;
}

int
postgres_inside_gather(const postgres_t *self, int timeout_ms, struct error *error)
{
    int socket = PQsocket(self->connection);
    wake_at(socket, GATHER_BYTES);
    int ready = postgres_inside_wait(self, POLLIN, GATHER_MS, error);
    wake_at(socket, 1);
    return ready ? ready : postgres_inside_wait(self, POLLIN, timeout_ms, error);
}

int
postgres_inside_await(const postgres_t *self, int timeout_ms, struct error *error)
{
    int ready = postgres_inside_wait(self, POLLIN, timeout_ms, error);
    if (ready > 0 && !PQconsumeInput(self->connection))
        return postgres_inside_broken(self->connection, error);
    return ready;
}
