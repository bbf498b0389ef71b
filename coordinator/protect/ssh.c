#include "coordinator/protect/ssh.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/process.h"
#include "common/text.h"

enum { SSH_FAILED = 255, ARGUMENTS_MAX = 64 };

struct ssh {
    process_t *process;
    int reader;  // -1 after its end
    char *host;
    struct buffer output;
    int is_too_long;
};

// ---- starting

struct words {
    const char *argv[ARGUMENTS_MAX];
    char *made[ARGUMENTS_MAX];  // ours, lent to argv
    size_t count;
};

static void
words_clear(struct words *self)
{
    for (size_t index = 0; index < self->count; index++)
        memory_free(&self->made[index]);
}

static void
add(struct words *self, char *word)
{
    assert(self->count + 1 < ARGUMENTS_MAX);  // NULL ends them
    self->made[self->count] = word;
    self->argv[self->count++] = word;
}

static void
add_option(struct words *self, char *option)
{
    add(self, memory_copy_text("-o"));
    add(self, option);
}

// ServerAlive ends what hangs on a connection that is gone; what hangs on a live one has the
// caller's deadline.
static void
add_options(struct words *self, const struct ssh_login *login)
{
    static const char *const fixed[] = {
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        "GlobalKnownHostsFile=/dev/null",
        "UpdateHostKeys=no",
        "IdentitiesOnly=yes",
        "IdentityAgent=none",
        "PasswordAuthentication=no",
        "KbdInteractiveAuthentication=no",
        "ClearAllForwardings=yes",
        "ControlPath=none",
        "LogLevel=ERROR",
        "ConnectTimeout=20",
        "ServerAliveInterval=15",
        "ServerAliveCountMax=4",
    };
    for (size_t index = 0; index < sizeof fixed / sizeof *fixed; index++)
        add_option(self, memory_copy_text(fixed[index]));
    // In quotes: ssh splits the value at spaces.
    add_option(self, memory_format("UserKnownHostsFile=\"%s\"", login->known_hosts_path));
    if (login->alias)
        add_option(self, memory_format("HostKeyAlias=%s", login->alias));
}

static void
fill(struct words *self, const struct ssh_login *login, const char *line)
{
    add(self, memory_copy_text("/usr/bin/ssh"));
    add(self, memory_copy_text("-F"));
    add(self, memory_copy_text("none"));
    add(self, memory_copy_text("-T"));
    add_options(self, login);
    add(self, memory_copy_text("-i"));
    add(self, memory_copy_text(login->key_path));
    add(self, memory_copy_text("-p"));
    add(self, memory_format("%lld", (long long)login->port));
    add(self, memory_copy_text("-l"));
    add(self, memory_copy_text(login->user));
    add(self, memory_copy_text("--"));
    add(self, memory_copy_text(login->host));
    add(self, memory_copy_text(line));
}

int
ssh_start(ssh_t **self_p, const struct ssh_login *login, const char *line, struct error *error)
{
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK))
        return error_set(error, ERROR_UNAVAILABLE, "cannot make a pipe: %s", strerror(errno));
    CLEAN(fd_close) int writer = pipe_fds[1];
    CLEAN(ssh_destroy) ssh_t *self = memory_get(sizeof *self);
    self->reader = pipe_fds[0];
    self->host = memory_copy_text(login->host);
    CLEAN(words_clear) struct words words = {0};
    fill(&words, login, line);
    struct process_options options = {.argv = words.argv, .stdout_fd = writer};
    if (fcntl(writer, F_SETFL, 0))
        return error_set(error, ERROR_INTERNAL, "cannot set up a pipe: %s", strerror(errno));
    if (process_start(&self->process, &options, error))
        return error_wrap(error, "cannot start ssh: is openssh-client installed?");
    *self_p = STEAL(self);
    return 0;
}

void
ssh_destroy(ssh_t **self_p)
{
    ssh_t *self = *self_p;
    if (!self)
        return;
    process_destroy(&self->process);
    fd_close(&self->reader);
    buffer_clear(&self->output);
    memory_free(&self->host);
    memory_free(self_p);
}

int
ssh_fd(const ssh_t *self)
{
    return process_fd(self->process);
}

int
ssh_output_fd(const ssh_t *self)
{
    return self->reader;
}

// ---- finishing

// Waits for something to read. Returns 1 for that, 0 if it was in vain, with the error.
static int
wait_for_output(const ssh_t *self, int64_t deadline_ms, int stop_fd, struct error *error)
{
    struct pollfd items[] = {{.fd = self->reader, .events = POLLIN},
                             {.fd = stop_fd, .events = POLLIN}};
    int64_t left_ms = deadline_ms - clock_monotonic_ms();
    if (left_ms < 0 || (poll(items, 2, (int)left_ms) == 0)) {
        error_set(error, ERROR_UNAVAILABLE, "no end of the command on '%s' in time", self->host);
        return 0;
    }
    if (items[1].revents) {
        error_set(error, ERROR_CANCELLED, "the command on '%s' was given up", self->host);
        return 0;
    }
    return 1;
}

// Takes what there is now; beyond the limit it is only taken away, so that nobody waits for us.
void
ssh_drain(ssh_t *self)
{
    char piece[4096];
    while (self->reader >= 0) {
        ssize_t got = read(self->reader, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            fd_close(&self->reader);
            return;
        }
        if (self->output.size + (size_t)got > SSH_OUTPUT_MAX)
            self->is_too_long = 1;
        else
            buffer_add(&self->output, piece, (size_t)got);
    }
}

static int
read_all(ssh_t *self, int64_t deadline_ms, int stop_fd, struct error *error)
{
    for (ssh_drain(self); self->reader >= 0; ssh_drain(self)) {
        if (!wait_for_output(self, deadline_ms, stop_fd, error))
            return -1;
    }
    if (self->is_too_long)
        return error_set(error, ERROR_INVALID, "the command on '%s' prints more than %d bytes",
                         self->host, SSH_OUTPUT_MAX);
    return 0;
}

// What ssh said, without the banner that the other side shows before it lets anybody in.
static const char *
last_line(char *text)
{
    size_t size = strlen(text);
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        text[--size] = '\0';
    char *line = strrchr(text, '\n');
    return line ? line + 1 : text;
}

int
ssh_finish(ssh_t *self, int64_t patience_ms, int stop_fd, struct buffer *output, int *exit_code,
           struct error *error)
{
    struct process_end end;
    int64_t deadline_ms = clock_monotonic_ms() + patience_ms;
    if (read_all(self, deadline_ms, stop_fd, error))
        return -1;
    buffer_clear(output);
    *output = self->output;
    self->output = (struct buffer){0};
    int64_t left_ms = deadline_ms - clock_monotonic_ms();
    if (process_wait(self->process, left_ms > 0 ? left_ms : 0, &end, error))
        return -1;
    if (output->data)
        text_clean_lines(output->data);
    char text[64];
    if (end.exit_code == SSH_FAILED || end.exit_code < 0)
        return error_set(error, ERROR_UNAVAILABLE, "ssh to '%s' failed (%s): %.300s", self->host,
                         process_end_text(&end, text), last_line(end.stderr_text));
    *exit_code = end.exit_code;
    return 0;
}
