#include "worker/engine/mysql_connect.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

// The thread's, until it ends.
struct attempt {
    MYSQL *handle;
    char *host, *username, *password;
    unsigned port;
    int channel;
};

static int
connect_now(MYSQL *handle, const char *host, const char *username, const char *password,
            unsigned port)
{
    return mysql_real_connect(handle, host, username, password, NULL, port, NULL, 0) ? 0 : -1;
}

static void
attempt_destroy(struct attempt **self_p)
{
    struct attempt *self = *self_p;
    if (self->handle)
        mysql_close(self->handle);
    memory_free(&self->host);
    memory_free(&self->username);
    memory_free_secret(&self->password);
    fd_close(&self->channel);
    memory_free(self_p);
}

// Says how it ended, and hands the handle over if somebody still wants it.
static void *
run(void *argument)
{
    struct attempt *self = argument;
    char status =
        (char)connect_now(self->handle, self->host, self->username, self->password, self->port);
    char taken = 0;
    if (send(self->channel, &status, 1, MSG_NOSIGNAL) == 1 &&
        recv(self->channel, &taken, 1, 0) == 1)
        self->handle = NULL;
    attempt_destroy(&self);
    return NULL;
}

static int
start(const struct attempt *attempt, pthread_t *thread, struct error *error)
{
    sigset_t all, before;
    struct attempt *own = memory_get(sizeof *own);
    *own = *attempt;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int cause = pthread_create(thread, NULL, run, own);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (cause == 0)
        return 0;
    own->handle = NULL;  // the caller's
    attempt_destroy(&own);
    return error_set(error, ERROR_INTERNAL, "cannot start a thread: %s", strerror(cause));
}

// Sets *status to how it ended. ERROR_CANCELLED: it goes on without us.
static int
await(int channel, int stop, char *status, struct error *error)
{
    struct pollfd items[] = {{.fd = channel, .events = POLLIN}, {.fd = stop, .events = POLLIN}};
    while (!items[0].revents && !items[1].revents)
        poll(items, 2, -1);
    if (!items[0].revents || recv(channel, status, 1, 0) != 1)
        return error_set(error, ERROR_CANCELLED, "cancelled while it connected");
    if (send(channel, "", 1, MSG_NOSIGNAL) != 1)
        return error_set(error, ERROR_INTERNAL, "lost a connection that was made");
    return 0;
}

int
mysql_connect(MYSQL **handle_p, const struct server *server, const struct credentials *credentials,
              struct error *error)
{
    int pair[2];
    pthread_t thread;
    char status = 0;
    if (server->stop <= 0)
        return connect_now(*handle_p, server->host, credentials->username, credentials->password,
                           server->port);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return error_set(error, ERROR_INTERNAL, "cannot start a thread: no descriptor is left");
    CLEAN(fd_close) int channel = pair[0];
    const struct attempt attempt = {.handle = *handle_p,
                                    .host = memory_copy_text(server->host),
                                    .username = memory_copy_text(credentials->username),
                                    .password = memory_copy_text(credentials->password),
                                    .port = server->port,
                                    .channel = pair[1]};
    if (start(&attempt, &thread, error))
        return -1;
    if (await(channel, server->stop, &status, error)) {
        *handle_p = NULL;
        pthread_detach(thread);
        return -1;
    }
    // It has nothing left to do but to free what OpenSSL keeps for a thread.
    pthread_join(thread, NULL);
    return status;
}
