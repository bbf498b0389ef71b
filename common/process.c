#include "common/process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/process_stderr.h"

enum { STUCK_MS = 5000, DESCRIPTORS_MAX = 65536 };

struct process {
    pid_t pid;
    int pidfd;
    process_stderr_t *stderr_keeper;  // NULL: inherited
    int has_ended;
    struct process_end end;
};

// What goes wrong between fork and exec comes back through a pipe that exec closes.
enum stage { STAGE_PREPARE, STAGE_EXEC };

struct failure {
    enum stage stage;
    int cause;
};

// The descriptors of the child, before they have their places.
struct child_fds {
    int stdin_fd, stdout_fd, stderr_fd, failure_fd;
};

static void
child_fail(int failure_fd, enum stage stage)
{
    struct failure failure = {.stage = stage, .cause = errno};
    ssize_t written = write(failure_fd, &failure, sizeof failure);
    (void)written;
    _exit(127);
}

// An ignored signal stays ignored and a blocked one blocked beyond exec, and daemons do both.
static void
child_reset_signals(void)
{
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// Moved above the standard ones first: the caller's may be any of 0 to 2 themselves.
static int
child_place_fds(struct child_fds *fds)
{
    int *all[] = {&fds->stdin_fd, &fds->stdout_fd, &fds->stderr_fd, &fds->failure_fd};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        *all[i] = fcntl(*all[i], F_DUPFD_CLOEXEC, 3);
        if (*all[i] < 0)
            return -1;
    }
    return dup2(fds->stdin_fd, 0) < 0 || dup2(fds->stdout_fd, 1) < 0 || dup2(fds->stderr_fd, 2) < 0
               ? -1
               : 0;
}

// Everything but the standard ones and what is kept closes at exec.
static int
child_mark_fds(const int keep_fds[PROCESS_KEEP_MAX])
{
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC)) {
        struct rlimit limit = {0};
        getrlimit(RLIMIT_NOFILE, &limit);
        int count = limit.rlim_cur < DESCRIPTORS_MAX ? (int)limit.rlim_cur : DESCRIPTORS_MAX;
        for (int fd = 3; fd < count; fd++)
            fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    for (size_t i = 0; i < PROCESS_KEEP_MAX && keep_fds[i]; i++)
        if (fcntl(keep_fds[i], F_SETFD, 0))
            return -1;
    return 0;
}

// Runs between fork and exec: only what is safe after fork in a program with threads.
static void
child_run(const struct process_options *options, const char *const *environment,
          struct child_fds fds, pid_t parent)
{
    static const struct rlimit no_core = {0, 0};
    if (setpgid(0, 0) || prctl(PR_SET_PDEATHSIG, SIGKILL))
        child_fail(fds.failure_fd, STAGE_PREPARE);
    if (getppid() != parent)
        _exit(127);  // the parent died before it could matter to us
    if (child_place_fds(&fds) || child_mark_fds(options->keep_fds) ||
        setrlimit(RLIMIT_CORE, &no_core))
        child_fail(fds.failure_fd, STAGE_PREPARE);
    umask(077);
    child_reset_signals();
    // execve takes its texts as not const, but never changes them.
    union {
        const char *const *given;
        char *const *taken;
    } argv = {.given = options->argv}, envp = {.given = environment};
    execve(options->argv[0], argv.taken, envp.taken);
    child_fail(fds.failure_fd, STAGE_EXEC);
}

// Waits for the exec. *cause is 0 if it succeeded.
static int
await_exec(int failure_fd, const char *path, struct error *error)
{
    struct failure failure;
    struct error ignored = {0};
    if (fd_read(failure_fd, &failure, sizeof failure, &ignored))
        return 0;
    if (failure.stage == STAGE_EXEC)
        return error_set(error, ERROR_CONFIG, "cannot run '%s': %s", path, strerror(failure.cause));
    return error_set(error, ERROR_UNAVAILABLE, "cannot prepare the process for '%s': %s", path,
                     strerror(failure.cause));
}

// Kills what is left of the group while its leader is not yet reaped, so that the number cannot
// have become another's, then reaps.
static void
reap(process_t *self)
{
    siginfo_t info;
    while (waitid(P_PID, (id_t)self->pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
        ;
    kill(-self->pid, SIGKILL);
    int status = 0;
    while (waitpid(self->pid, &status, 0) < 0 && errno == EINTR)
        ;
    self->has_ended = 1;
    self->end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    self->end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (self->stderr_keeper)
        process_stderr_end(&self->stderr_keeper, self->end.stderr_text);
}

static int
open_fds(const struct process_options *options, int null_fd, int *stderr_fd, int failure_fds[2],
         process_t *self, struct error *error)
{
    if (pipe2(failure_fds, O_CLOEXEC))
        return error_set(error, ERROR_UNAVAILABLE, "cannot make a pipe: %s", strerror(errno));
    if (null_fd < 0)
        return error_set(error, ERROR_CONFIG, "cannot open '/dev/null': %s", strerror(errno));
    if (options->inherit_stderr) {
        *stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        if (*stderr_fd < 0)
            return error_set(error, ERROR_UNAVAILABLE, "no standard error: %s", strerror(errno));
        return 0;
    }
    return process_stderr_start(&self->stderr_keeper, stderr_fd, error);
}

int
process_start(process_t **self_p, const struct process_options *options, struct error *error)
{
    static const char *const minimal[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8",
                                          "HOME=/nonexistent", NULL};
    assert(options->argv && options->argv[0]);
    CLEAN(process_destroy) process_t *self = memory_get(sizeof *self);
    self->pidfd = -1;
    self->has_ended = 1;
    int failure_fds[2] = {-1, -1};
    CLEAN(fd_close) int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    CLEAN(fd_close) int stderr_fd = -1;
    int status = open_fds(options, null_fd, &stderr_fd, failure_fds, self, error);
    CLEAN(fd_close) int failure_read = failure_fds[0];
    CLEAN(fd_close) int failure_write = failure_fds[1];
    if (status)
        return -1;

    struct child_fds fds = {.stdin_fd = options->stdin_fd ? options->stdin_fd : null_fd,
                            .stdout_fd = options->stdout_fd ? options->stdout_fd : null_fd,
                            .stderr_fd = stderr_fd,
                            .failure_fd = failure_write};
    pid_t parent = getpid();
    self->pid = fork();
    if (self->pid < 0)
        return error_set(error, ERROR_UNAVAILABLE, "cannot start a process for '%s': %s",
                         options->argv[0], strerror(errno));
    if (self->pid == 0)
        child_run(options, options->environment ? options->environment : minimal, fds, parent);
    self->has_ended = 0;
    fd_close(&failure_write);
    fd_close(&stderr_fd);
    self->pidfd = (int)syscall(SYS_pidfd_open, self->pid, 0);
    if (self->pidfd < 0)
        return error_set(error, ERROR_UNAVAILABLE, "cannot watch '%s': %s", options->argv[0],
                         strerror(errno));
    if (await_exec(failure_read, options->argv[0], error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

// Waits until the process has ended or the patience is used up. Returns whether it has ended.
static int
await_end(const process_t *self, int64_t patience_ms)
{
    int64_t deadline_ms = clock_monotonic_ms() + patience_ms;
    for (;;) {
        int64_t left_ms = patience_ms < 0 ? -1 : deadline_ms - clock_monotonic_ms();
        if (patience_ms >= 0 && left_ms < 0)
            left_ms = 0;
        struct pollfd item = {.fd = self->pidfd, .events = POLLIN};
        int count = poll(&item, 1, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms);
        if (count > 0)
            return 1;
        if (count == 0 && patience_ms >= 0 && clock_monotonic_ms() >= deadline_ms)
            return 0;
    }
}

// What hangs in the kernel (a dead file system) cannot be waited for; init will reap it.
static void
end(process_t **self_p, int64_t patience_ms)
{
    process_t *self = *self_p;
    if (!self)
        return;
    if (!self->has_ended) {
        kill(-self->pid, SIGKILL);
        kill(self->pid, SIGKILL);  // it may not have a group of its own yet
        if (self->pidfd < 0 || await_end(self, patience_ms))
            reap(self);
    }
    if (self->stderr_keeper)
        process_stderr_end(&self->stderr_keeper, self->end.stderr_text);
    fd_close(&self->pidfd);
    memory_free(self_p);
}

void
process_destroy(process_t **self_p)
{
    end(self_p, STUCK_MS);
}

void
process_leave(process_t **self_p)
{
    end(self_p, 0);
}

pid_t
process_pid(const process_t *self)
{
    return self->pid;
}

int
process_fd(const process_t *self)
{
    return self->pidfd;
}

int
process_wait(process_t *self, int64_t patience_ms, struct process_end *end, struct error *error)
{
    if (!self->has_ended) {
        if (!await_end(self, patience_ms))
            return error_set(error, ERROR_UNAVAILABLE, "process %d still runs", (int)self->pid);
        reap(self);
    }
    *end = self->end;
    return 0;
}

void
process_signal(process_t *self, int signal)
{
    if (!self->has_ended)
        kill(-self->pid, signal);
}

const char *
process_end_text(const struct process_end *end, char text[64])
{
    if (end->signal)
        snprintf(text, 64, "killed by signal %d", end->signal);
    else
        snprintf(text, 64, "exit status %d", end->exit_code);
    return text;
}
