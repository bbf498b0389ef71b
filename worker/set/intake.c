#include "worker/set/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"

enum { GATHER_SIZE = INTAKE_SIZE / 4, GATHER_NS = 1000000 };

struct intake
intake_begin(int fd, struct pace *pace)
{
    return (struct intake){.fd = fd,
                           .pace = pace,
                           .is_large_pipe = fcntl(fd, F_SETPIPE_SZ, INTAKE_SIZE) >= INTAKE_SIZE};
}

// Waits until a read is worth its while, or the other side has gone.
static void
let_gather(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    struct timespec rest = {.tv_nsec = GATHER_NS};
    int waiting = 0;
    poll(&poll_fd, 1, -1);
    if (!(poll_fd.revents & POLLHUP) && ioctl(fd, FIONREAD, &waiting) == 0 && waiting < GATHER_SIZE)
        nanosleep(&rest, NULL);
}

static void
keep_pace(struct pace *pace, size_t size_bytes)
{
    int64_t wait_ms = pace_take(pace, size_bytes, clock_monotonic_ms());
    struct timespec rest = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};
    if (wait_ms > 0)
        nanosleep(&rest, NULL);
}

int
intake_fill(const struct intake *self, char *buffer, size_t *size, struct error *error)
{
    size_t used = 0;
    while (used < INTAKE_SIZE) {
        if (self->is_large_pipe)
            let_gather(self->fd);
        ssize_t got = read(self->fd, buffer + used, INTAKE_SIZE - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, ERROR_UNAVAILABLE, "cannot read what the tool writes: %s",
                             strerror(errno));
        if (got == 0)
            break;
        used += (size_t)got;
        keep_pace(self->pace, (size_t)got);
    }
    *size = used;
    return 0;
}
