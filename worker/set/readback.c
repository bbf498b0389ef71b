#include "worker/set/readback.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/set/scan.h"

enum command_kind { COMMAND_BEGIN, COMMAND_REACH, COMMAND_END };

struct command {
    enum command_kind kind;
    int fd;  // COMMAND_BEGIN: the thread's from here on
    char name[READBACK_NAME_SIZE];
    uint64_t seed;  // COMMAND_BEGIN
    uint64_t size_bytes;
    struct checksum_sum sum;  // COMMAND_END
};

struct report {
    uint64_t verified_bytes;  // in all
    unsigned files;           // that were read back to their end
    int refused;
    int is_failed;
    struct error error;
};

struct readback {
    int channel;
    pthread_t thread;
    unsigned begun_files;
    struct report last;
};

// The thread's side.
struct hand {
    const store_t *store;
    int dir, channel;
    int fd;  // of the file that is being written
    char name[READBACK_NAME_SIZE];
    uint64_t read_bytes;  // of it
    checksum_t *checksum;
    struct report report;
};

// Has the other side gone?
static int
is_alone(const struct hand *hand)
{
    struct pollfd poll_fd = {.fd = hand->channel};
    return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLHUP | POLLERR));
}

static void
take_part(void *checksum, const void *data, size_t size)
{
    checksum_add(checksum, data, size);
}

static int
follow(struct hand *hand, int fd, uint64_t to_bytes, struct error *error)
{
    while (hand->read_bytes < to_bytes && !is_alone(hand)) {
        uint64_t until_bytes = hand->read_bytes + READBACK_STEP_BYTES;
        if (until_bytes > to_bytes)
            until_bytes = to_bytes;
        if (scan_range(hand->store, fd, hand->name, hand->read_bytes, until_bytes, take_part,
                       hand->checksum, error))
            return -1;
        hand->report.verified_bytes += until_bytes - hand->read_bytes;
        hand->read_bytes = until_bytes;
    }
    return 0;
}

static int
reach(struct hand *hand, uint64_t size_bytes, struct error *error)
{
    CLEAN(fd_close) int fd = -1;
    if (store_sync(hand->store, hand->fd, &hand->report.refused, error))
        return error_wrap(error, "'%s'", hand->name);
    if (scan_open(hand->store, hand->dir, hand->name, &fd, error))
        return -1;
    return follow(hand, fd, size_bytes, error);
}

static int
finish(struct hand *hand, const struct command *command, struct error *error)
{
    CLEAN(fd_close) int fd = -1;
    if (store_sync(hand->store, hand->fd, &hand->report.refused, error))
        return error_wrap(error, "'%s'", hand->name);
    if (close(fd_steal(&hand->fd)))
        return store_error(hand->store, error, errno, "cannot close '%s'", hand->name);
    if (scan_open(hand->store, hand->dir, hand->name, &fd, error) ||
        follow(hand, fd, command->size_bytes, error) ||
        scan_check_size(hand->store, fd, hand->name, command->size_bytes, error))
        return -1;
    if (!checksum_equal(checksum_sum(hand->checksum), command->sum)) {
        error_set(error, ERROR_CORRUPT,
                  "'%s' came back from the store '%s' with other bytes than were written: look at "
                  "the log of the mount's client and this host's memory",
                  hand->name, hand->store->place);
        return error_mark(error, ABOUT_MOUNT);
    }
    hand->report.files++;
    return 0;
}

static void
obey(struct hand *hand, const struct command *command)
{
    struct report *report = &hand->report;
    if (command->kind == COMMAND_BEGIN) {
        fd_close(&hand->fd);
        checksum_destroy(&hand->checksum);
        hand->checksum = checksum_new(command->seed);
        hand->fd = command->fd;
        hand->read_bytes = 0;
        memcpy(hand->name, command->name, sizeof hand->name);
        return;
    }
    if (report->is_failed)
        return;
    int result = command->kind == COMMAND_REACH ? reach(hand, command->size_bytes, &report->error)
                                                : finish(hand, command, &report->error);
    report->is_failed = result != 0;
    send(hand->channel, report, sizeof *report, MSG_NOSIGNAL);
}

static int
take(const struct hand *hand, struct command *command)
{
    ssize_t got = 0;
    do {  // the reset tells that the other side went with reports unread; commands may still wait
        got = recv(hand->channel, command, sizeof *command, 0);
    } while (got < 0 && (errno == EINTR || errno == ECONNRESET));
    return got == sizeof *command;
}

static void *
run(void *argument)
{
    struct hand *hand = argument;
    struct command command;
    while (take(hand, &command)) {
        // What still waits when the other side has gone is only to be closed.
        hand->report.is_failed |= is_alone(hand);
        obey(hand, &command);
    }
    checksum_destroy(&hand->checksum);
    fd_close(&hand->fd);
    fd_close(&hand->dir);
    fd_close(&hand->channel);
    free(hand);
    return NULL;
}

// The thread takes no signals: they are the job's.
static int
start(readback_t *self, struct hand *hand)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int cause = pthread_create(&self->thread, NULL, run, hand);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return cause;
}

int
readback_open(readback_t **self_p, const store_t *store, int dir, struct error *error)
{
    int channel[2];
    CLEAN(fd_close) int own_dir = fcntl(dir, F_DUPFD_CLOEXEC, 0);
    if (own_dir < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel))
        return error_set(error, ERROR_INTERNAL, "cannot begin to read back: %s", strerror(errno));
    readback_t *self = memory_get(sizeof *self);
    self->channel = channel[0];
    struct hand *hand = memory_get(sizeof *hand);
    *hand = (struct hand){.store = store, .dir = own_dir, .channel = channel[1], .fd = -1};
    int cause = start(self, hand);
    if (cause) {
        free(hand);
        fd_close(&channel[1]);
        fd_close(&self->channel);
        free(self);
        return error_set(error, ERROR_INTERNAL, "cannot begin to read back: %s", strerror(cause));
    }
    fd_steal(&own_dir);
    *self_p = self;
    return 0;
}

void
readback_destroy(readback_t **self_p)
{
    if (!*self_p)
        return;
    fd_close(&(*self_p)->channel);
    pthread_join((*self_p)->thread, NULL);
    memory_free(self_p);
}

// Takes what the thread has told, without waiting.
static int
listen_to(readback_t *self, struct error *error)
{
    struct report report;
    while (recv(self->channel, &report, sizeof report, MSG_DONTWAIT) == sizeof report)
        self->last = report;
    if (!self->last.is_failed)
        return 0;
    *error = self->last.error;
    return -1;
}

static int
tell(readback_t *self, const struct command *command, struct error *error)
{
    for (;;) {
        if (listen_to(self, error))
            return -1;
        if (send(self->channel, command, sizeof *command, MSG_DONTWAIT | MSG_NOSIGNAL) ==
            sizeof *command)
            return 0;
        if (errno != EAGAIN && errno != EINTR)
            return error_set(error, ERROR_INTERNAL, "cannot tell what to read back: %s",
                             strerror(errno));
        struct pollfd poll_fd = {.fd = self->channel, .events = POLLIN | POLLOUT};
        poll(&poll_fd, 1, -1);
    }
}

int
readback_begin(readback_t *self, const char *name, int fd, uint64_t seed, struct error *error)
{
    CLEAN(fd_close) int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return error_set(error, ERROR_INTERNAL, "cannot follow '%s': %s", name, strerror(errno));
    struct command command = {.kind = COMMAND_BEGIN, .fd = own, .seed = seed};
    snprintf(command.name, sizeof command.name, "%s", name);
    if (tell(self, &command, error))
        return -1;
    fd_steal(&own);
    self->begun_files++;
    return 0;
}

int
readback_reach(readback_t *self, uint64_t size_bytes, struct error *error)
{
    struct command command = {.kind = COMMAND_REACH, .size_bytes = size_bytes};
    return tell(self, &command, error);
}

int
readback_end(readback_t *self, uint64_t size_bytes, struct checksum_sum sum, struct error *error)
{
    struct command command = {.kind = COMMAND_END, .size_bytes = size_bytes, .sum = sum};
    return tell(self, &command, error);
}

int
readback_wait(readback_t *self, int *is_done, struct error *error)
{
    if (listen_to(self, error))
        return -1;
    if (self->last.files < self->begun_files) {
        struct pollfd poll_fd = {.fd = self->channel, .events = POLLIN};
        poll(&poll_fd, 1, -1);
        if (listen_to(self, error))
            return -1;
    }
    *is_done = self->last.files == self->begun_files;
    return 0;
}

uint64_t
readback_verified_bytes(const readback_t *self)
{
    return self->last.verified_bytes;
}

int
readback_refused(const readback_t *self)
{
    return self->last.refused;
}
