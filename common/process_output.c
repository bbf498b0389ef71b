#include "common/process_output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"

static int
read_all(int fd, int64_t deadline_ms, size_t limit, struct buffer *output, struct error *error)
{
    char piece[4096];
    for (;;) {
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        struct pollfd item = {.fd = fd, .events = POLLIN};
        if (left_ms <= 0 || poll(&item, 1, (int)left_ms) == 0)
            return error_set(error, ERROR_UNAVAILABLE, "it takes too long");
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            return error_set(error, ERROR_UNAVAILABLE, "cannot read: %s", strerror(errno));
        if (got == 0)
            return 0;
        if (output->size + (size_t)got > limit)
            return error_set(error, ERROR_INVALID, "it writes more than %zu bytes", limit);
        buffer_add(output, piece, (size_t)got);
        explicit_bzero(piece, (size_t)got);
    }
}

int
process_output(const struct process_options *options, int64_t patience_ms, size_t limit,
               struct buffer *output, struct process_end *end, struct error *error)
{
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC))
        return error_set(error, ERROR_UNAVAILABLE, "cannot make a pipe: %s", strerror(errno));
    CLEAN(fd_close) int reader = pipe_fds[0];
    CLEAN(fd_close) int writer = pipe_fds[1];
    CLEAN(process_destroy) process_t *process = NULL;
    int64_t deadline_ms = clock_monotonic_ms() + patience_ms;
    struct process_options with_output = *options;
    with_output.stdout_fd = writer;
    if (process_start(&process, &with_output, error))
        return -1;
    fd_close(&writer);
    if (read_all(reader, deadline_ms, limit, output, error))
        return error_wrap(error, "'%s'", options->argv[0]);
    int64_t left_ms = deadline_ms - clock_monotonic_ms();
    if (process_wait(process, left_ms > 0 ? left_ms : 0, end, error))
        return error_wrap(error, "'%s'", options->argv[0]);
    return 0;
}
