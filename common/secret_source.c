#include "common/secret_source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/process.h"
#include "common/secret.h"

enum { EXEC_PATIENCE_MS = 10000, EXEC_WORDS_MAX = 64, SAID_SIZE = 200 };

static const char *
after(const char *from, const char *scheme)
{
    size_t size = strlen(scheme);
    return strncmp(from, scheme, size) == 0 ? from + size : NULL;
}

int
secret_source_check(const struct config_node *rule, struct error *error)
{
    const char *from = config_text(rule, "from");
    const char *env = after(from, "env:");
    const char *path = after(from, "file:");
    if (!path)
        path = after(from, "exec:");
    if (!env && !path)
        return config_error(error, rule, "from",
                            "must begin with env:, file:, exec:, aws-secret: or rds-iam:");
    if (env && (!*env || strchr(env, '=')))
        return config_error(error, rule, "from", "'%.64s' is no variable's name", env);
    if (path && *path != '/')
        return config_error(error, rule, "from", "'%.64s' must be an absolute path", path);
    return 0;
}

// Reads until the end of the file or the deadline.
static int
read_all(int fd, int64_t deadline_ms, char *value, size_t *size, struct error *error)
{
    size_t used = 0;
    for (;;) {
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        struct pollfd item = {.fd = fd, .events = POLLIN};
        if (left_ms <= 0 || poll(&item, 1, (int)left_ms) == 0)
            return error_set(error, ERROR_UNAVAILABLE, "no answer within %d s",
                             EXEC_PATIENCE_MS / 1000);
        ssize_t got = read(fd, value + used, SECRET_SIZE_MAX + 1 - used);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            return error_set(error, ERROR_UNAVAILABLE, "cannot read: %s", strerror(errno));
        used += (size_t)got;
        if (used > SECRET_SIZE_MAX)
            return error_set(error, ERROR_CONFIG, "its value is longer than %d bytes",
                             SECRET_SIZE_MAX);
        if (got == 0)
            break;
    }
    value[used] = '\0';
    *size = used;
    return 0;
}

static int
read_environment(const char *name, char *value, size_t *size, struct error *error)
{
    const char *found = getenv(name);
    if (!found)
        return error_set(error, ERROR_CONFIG, "the environment has no '%s'", name);
    size_t length = strlen(found);
    if (length > SECRET_SIZE_MAX)
        return error_set(error, ERROR_CONFIG, "its value is longer than %d bytes", SECRET_SIZE_MAX);
    memcpy(value, found, length + 1);
    *size = length;
    return 0;
}

static int
check_file(int fd, const char *path, struct error *error)
{
    struct stat facts;
    if (fstat(fd, &facts))
        return error_set(error, ERROR_CONFIG, "cannot look at '%s': %s", path, strerror(errno));
    if (!S_ISREG(facts.st_mode))
        return error_set(error, ERROR_CONFIG, "'%s' is not a regular file", path);
    if (facts.st_uid != 0 && facts.st_uid != geteuid())
        return error_set(error, ERROR_CONFIG, "'%s' belongs to user %u, not to root or to us", path,
                         (unsigned)facts.st_uid);
    if (facts.st_mode & 077)
        return error_set(error, ERROR_CONFIG,
                         "'%s' can be read or changed by others (mode %04o); chmod 600 it", path,
                         (unsigned)(facts.st_mode & 07777));
    return 0;
}

static int
read_file(const char *path, char *value, size_t *size, struct error *error)
{
    // O_NONBLOCK: a FIFO of that name must not hold us before we see that it is one.
    CLEAN(fd_close)
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ELOOP)
        return error_set(error, ERROR_CONFIG, "'%s' is a symbolic link", path);
    if (fd < 0)
        return error_set(error, ERROR_CONFIG, "cannot open '%s': %s", path, strerror(errno));
    if (check_file(fd, path, error))
        return -1;
    return read_all(fd, clock_monotonic_ms() + EXEC_PATIENCE_MS, value, size, error);
}

// The last line of what a program said, without the value should it have said that too.
static const char *
last_line(char *text, char *value)
{
    value[strcspn(value, "\n")] = '\0';
    struct credentials spoken = {.password = value};
    credentials_mask(&spoken, text);
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    const char *line = strrchr(text, '\n');
    return line ? line + 1 : text;
}

static int
run_and_read(const char *const *argv, char *value, size_t *size, struct error *error)
{
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC))
        return error_set(error, ERROR_UNAVAILABLE, "cannot make a pipe: %s", strerror(errno));
    CLEAN(fd_close) int reader = pipe_fds[0];
    CLEAN(fd_close) int writer = pipe_fds[1];
    CLEAN(process_destroy) process_t *process = NULL;
    int64_t deadline_ms = clock_monotonic_ms() + EXEC_PATIENCE_MS;
    struct process_options options = {.argv = argv, .stdout_fd = writer};
    if (process_start(&process, &options, error))
        return -1;
    fd_close(&writer);
    struct process_end end;
    if (read_all(reader, deadline_ms, value, size, error))
        return error_wrap(error, "'%s'", argv[0]);
    int64_t left_ms = deadline_ms - clock_monotonic_ms();
    if (process_wait(process, left_ms > 0 ? left_ms : 0, &end, error))
        return error_wrap(error, "'%s'", argv[0]);
    char text[64];
    if (end.exit_code != 0)
        return error_set(error, ERROR_CONFIG, "'%s' failed (%s): %.*s", argv[0],
                         process_end_text(&end, text), SAID_SIZE,
                         last_line(end.stderr_text, value));
    return 0;
}

static int
read_program(const char *command, char *value, size_t *size, struct error *error)
{
    CLEAN(memory_free) char *words = memory_copy_text(command);
    const char *argv[EXEC_WORDS_MAX + 1] = {NULL};
    size_t count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (count == EXEC_WORDS_MAX)
            return error_set(error, ERROR_CONFIG, "its command has more than %d words",
                             EXEC_WORDS_MAX);
        argv[count++] = word;
    }
    return run_and_read(argv, value, size, error);
}

int
secret_source_read(const char *from, char *value, size_t *size, struct error *error)
{
    const char *env = after(from, "env:");
    const char *path = after(from, "file:");
    size_t length = 0;
    int status = env    ? read_environment(env, value, &length, error)
                 : path ? read_file(path, value, &length, error)
                        : read_program(after(from, "exec:"), value, &length, error);
    if (status)
        return -1;
    if (strlen(value) != length)
        return error_set(error, ERROR_CONFIG, "its value has a NUL byte");
    if (length > 0 && value[length - 1] == '\n')
        value[--length] = '\0';
    *size = length;
    return 0;
}
