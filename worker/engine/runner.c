#include "worker/engine/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

enum {
    // How long a dump tool may take from closing its output to its end.
    END_PATIENCE_MS = 60000,
    END_MARK_LINES = 8,
    PIPE_SIZE = 1 << 20,
};

int
runner_private_file(const char *text, size_t size, int *fd, char path[RUNNER_PATH_SIZE],
                    struct error *error)
{
    CLEAN(fd_close) int memory = memfd_create("dbhaul", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    // 0600 also because MySQL's tools ignore an option file that others can write, without a word
    // that counts.
    if (memory < 0 || fchmod(memory, 0600))
        return error_set(error, ERROR_INTERNAL, "cannot make a private file: %s", strerror(errno));
    if (fd_write(memory, text, size, error))
        return error_wrap(error, "cannot fill a private file");
    if (fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL))
        return error_set(error, ERROR_INTERNAL, "cannot seal a private file: %s", strerror(errno));
    snprintf(path, RUNNER_PATH_SIZE, "/proc/self/fd/%d", memory);
    *fd = fd_steal(&memory);
    return 0;
}

// Does the line begin with the pattern?
static int
matches(const char *line, size_t size, const char *pattern)
{
    size_t before = strcspn(pattern, "*");
    if (before > size || strncmp(line, pattern, before) != 0)
        return 0;
    const char *after = pattern + before;
    after += *after == '*';
    return memmem(line + before, size - before, after, strlen(after)) != NULL;
}

static int
is_noise(const char *line, size_t size, const char *const *noise)
{
    if (strspn(line, " \t\r") >= size)
        return 1;
    for (; noise && *noise; noise++) {
        if (matches(line, size, *noise))
            return 1;
    }
    return 0;
}

// What a tool said that is not noise, in one line, masked. `said` has the size of the text.
static void
keep_said(const struct runner *self, const char *stderr_text, char said[PROCESS_STDERR_SIZE])
{
    size_t used = 0;
    int in_fence = 0;
    said[0] = '\0';
    for (const char *line = stderr_text; *line;) {
        size_t size = strcspn(line, "\n");
        int is_fence = self->fence && strncmp(line, self->fence, strlen(self->fence)) == 0;
        if (is_fence)
            in_fence = !in_fence;
        else if (!in_fence && !is_noise(line, size, self->noise) &&
                 used + size + 2 < PROCESS_STDERR_SIZE) {
            if (used > 0)
                said[used++] = '\n';
            memcpy(said + used, line, size);
            used += size;
            said[used] = '\0';
        }
        line += size + (line[size] == '\n');
    }
    if (self->credentials)
        credentials_mask(self->credentials, said);
    if (self->login)
        self->login->mask(self->login->self, said);
}

// Judges how the tool ended. Success is exit status 0 and nothing said but noise.
static int
judge(const struct runner *self, const struct process_end *end, struct error *error)
{
    char said[PROCESS_STDERR_SIZE];
    keep_said(self, end->stderr_text, said);
    if (end->exit_code == 0 && said[0] == '\0')
        return 0;

    enum error_code code = ERROR_UNAVAILABLE;
    if (end->signal == 0 && self->classify)
        code = self->classify(said);
    for (char *newline = said; (newline = strchr(newline, '\n'));)
        *newline = ' ';
    char how[64];
    process_end_text(end, how);
    if (said[0] == '\0')
        return error_set(error, code, "%s failed: %s", self->name, how);
    return error_set(error, code, "%s failed (%s): %.400s", self->name, how, said);
}

// Does one of the last lines begin with the mark?
static int
has_end_mark(const struct file_edges *edges, const char *mark)
{
    size_t length = strlen(mark);
    size_t lines = 0;
    for (size_t at = edges->tail_size; at > 0 && lines < END_MARK_LINES; at--) {
        int begins = at == 1 || edges->tail[at - 2] == '\n';
        if (begins && at - 1 + length <= edges->tail_size &&
            memcmp(edges->tail + at - 1, mark, length) == 0)
            return 1;
        lines += (size_t)begins;
    }
    return 0;
}

// Runs the tool to its end, its output into the sink.
static int
run_into(const struct runner *self, const struct sink *sink, const struct file_facts *facts,
         struct file_edges *edges, struct process_end *end, struct error *error)
{
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC))
        return error_set(error, ERROR_INTERNAL, "cannot make a pipe: %s", strerror(errno));
    CLEAN(fd_close) int reader = pipe_fds[0];
    CLEAN(fd_close) int writer = pipe_fds[1];
    fcntl(writer, F_SETPIPE_SZ, PIPE_SIZE);  // a wish: the limit for a user may be less

    struct process_options options = self->process;
    options.stdin_fd = 0;
    options.stdout_fd = writer;
    CLEAN(process_destroy) process_t *process = NULL;
    if (process_start(&process, &options, error))
        return -1;
    fd_close(&writer);
    if (sink->put(sink->self, facts, reader, edges, error))
        return -1;
    if (process_wait(process, END_PATIENCE_MS, end, error))
        return error_wrap(error, "%s closed its output and did not end", self->name);
    return 0;
}

int
runner_dump(const struct runner *self, const struct sink *sink, const struct file_facts *facts,
            const char *end_mark, struct file_edges *edges, struct error *error)
{
    CLEAN(memory_free) struct file_edges *own = NULL;
    if (!edges)
        edges = own = memory_get(sizeof *own);
    struct process_end end = {0};
    if (run_into(self, sink, facts, edges, &end, error) || judge(self, &end, error))
        return -1;
    if (end_mark && !has_end_mark(edges, end_mark))
        return error_set(
            error, ERROR_CORRUPT,
            "%s exited with 0, but its output does not end with '%s': it was cut short", self->name,
            end_mark);
    return sink->accept(sink->self, error);
}

int
runner_load(const struct runner *self, const char *path, struct error *error)
{
    CLEAN(fd_close) int file = -1;
    if (path) {
        file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (file < 0)
            return error_set(error, ERROR_UNAVAILABLE, "cannot open '%s': %s", path,
                             strerror(errno));
    }
    struct process_options options = self->process;
    options.stdin_fd = path ? file : 0;
    options.stdout_fd = self->output_fd;
    CLEAN(process_destroy) process_t *process = NULL;
    struct process_end end = {0};
    if (process_start(&process, &options, error) || process_wait(process, -1, &end, error))
        return -1;
    return judge(self, &end, error);
}
