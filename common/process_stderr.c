#include "common/process_stderr.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/memory.h"
#include "common/text.h"

enum { PART_SIZE = 2048 };

// The thread has all but stop_write until it is joined.
struct process_stderr {
    pthread_t thread;
    int read_fd, stop_read, stop_write;
    char head[PART_SIZE];
    char tail[PART_SIZE];  // a ring
    size_t head_used, tail_used, tail_end;
    int has_gap;
};

static void
keep(process_stderr_t *self, const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char byte = data[i] ? data[i] : '?';
        if (self->head_used < PART_SIZE) {
            self->head[self->head_used++] = byte;
            continue;
        }
        self->tail[self->tail_end] = byte;
        self->tail_end = (self->tail_end + 1) % PART_SIZE;
        if (self->tail_used < PART_SIZE)
            self->tail_used++;
        else
            self->has_gap = 1;
    }
}

// Takes what is there, but no more than a pipe holds. Returns whether there may come more.
static int
drain(process_stderr_t *self)
{
    char buffer[4096];
    for (int i = 0; i < 256; i++) {
        ssize_t size = read(self->read_fd, buffer, sizeof buffer);
        if (size == 0)
            return 0;
        if (size < 0)
            return errno == EAGAIN || errno == EINTR;
        keep(self, buffer, (size_t)size);
    }
    return 1;
}

static void *
run(void *argument)
{
    process_stderr_t *self = argument;
    struct pollfd items[] = {{.fd = self->read_fd, .events = POLLIN},
                             {.fd = self->stop_read, .events = POLLIN}};
    while (drain(self)) {
        if (poll(items, 2, -1) < 0)
            continue;
        if (items[1].revents) {
            drain(self);
            return NULL;
        }
    }
    return NULL;
}

static int
start_thread(process_stderr_t *self)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int cause = pthread_create(&self->thread, NULL, run, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return cause;
}

int
process_stderr_start(process_stderr_t **self_p, int *write_fd, struct error *error)
{
    int data[2] = {-1, -1};
    int stop[2] = {-1, -1};
    if (pipe2(data, O_CLOEXEC) || pipe2(stop, O_CLOEXEC) || fcntl(data[0], F_SETFL, O_NONBLOCK)) {
        error_set(error, ERROR_UNAVAILABLE, "cannot make a pipe: %s", strerror(errno));
        fd_close(&data[0]);
        fd_close(&data[1]);
        return -1;
    }
    process_stderr_t *self = memory_get(sizeof *self);
    self->read_fd = data[0];
    self->stop_read = stop[0];
    self->stop_write = stop[1];
    int cause = start_thread(self);
    if (cause) {
        for (size_t i = 0; i < 2; i++) {
            fd_close(&data[i]);
            fd_close(&stop[i]);
        }
        memory_free(&self);
        return error_set(error, ERROR_UNAVAILABLE, "cannot start a thread: %s", strerror(cause));
    }
    *write_fd = data[1];
    *self_p = self;
    return 0;
}

void
process_stderr_end(process_stderr_t **self_p, char text[PROCESS_STDERR_SIZE])
{
    process_stderr_t *self = *self_p;
    fd_close(&self->stop_write);
    pthread_join(self->thread, NULL);
    size_t used = self->head_used;
    memcpy(text, self->head, used);
    if (self->has_gap) {
        static const char gap[] = "\n...\n";
        memcpy(text + used, gap, sizeof gap - 1);
        used += sizeof gap - 1;
    }
    size_t start = self->tail_used < PART_SIZE ? 0 : self->tail_end;
    for (size_t i = 0; i < self->tail_used; i++)
        text[used++] = self->tail[(start + i) % PART_SIZE];
    text[used] = '\0';
    text_clean_lines(text);
    fd_close(&self->read_fd);
    fd_close(&self->stop_read);
    memory_free(self_p);
}
