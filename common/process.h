// A child process: a tool of a vendor, an `exec:` secret, a job.
//
// It runs in its own process group, with an environment that is wholly given, and inherits no
// descriptor but those named. What it writes to standard error is drained all the time and kept
// in part (the first and the last 2 KiB, "..." between). It dumps no core and its umask is 077.
// When it has ended, what is left of its group is killed. Destroying a process that still runs
// kills its whole group and waits, but no longer than 5 s for one that hangs in the kernel.
//
//     const char *argv[] = {"/usr/bin/pg_dump", "--version", NULL};
//     struct process_options options = {.argv = argv, .stdout_fd = pipe_fds[1]};
//     CLEAN(process_destroy) process_t *process = NULL;
//     struct process_end end;
//     if (process_start(&process, &options, error) || process_wait(process, 5000, &end, error))
//         return -1;
//
// PR_SET_PDEATHSIG is set, so a process dies with the thread that started it: start it from a
// thread that lives as long (a task's main thread).

#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

enum { PROCESS_STDERR_SIZE = 4096 + 64, PROCESS_KEEP_MAX = 8 };

struct process_options {
    const char *const *argv;         // argv[0] is a path; no search in PATH
    const char *const *environment;  // NULL: PATH=/usr/bin:/bin, LC_ALL=C.UTF-8, HOME=/nonexistent
    int stdin_fd;                    // 0: /dev/null
    int stdout_fd;                   // 0: /dev/null
    int keep_fds[PROCESS_KEEP_MAX];  // others to inherit, at the same numbers; 0 ends the list
    int inherit_stderr;              // not 0: our own standard error instead of keeping it
};

struct process_end {
    int exit_code;                          // -1 if a signal ended it
    int signal;                             // 0 if none did
    char stderr_text[PROCESS_STDERR_SIZE];  // NUL-terminated lines, control characters replaced
};

typedef struct process process_t;

// ERROR_CONFIG if the program is missing or cannot be run.
int process_start(process_t **self_p, const struct process_options *options, struct error *error);
void process_destroy(process_t **self_p);

// As process_destroy, for one that was killed and hangs in the kernel: does not wait for it.
void process_leave(process_t **self_p);

pid_t process_pid(const process_t *self);

// A pidfd, readable when the process has ended, for a poll. Stays the process's.
int process_fd(const process_t *self);

// Waits at most patience_ms (-1: for ever). ERROR_UNAVAILABLE if it has not ended by then: it
// still runs. Fills `end` otherwise; a process that failed is no error here.
int process_wait(process_t *self, int64_t patience_ms, struct process_end *end,
                 struct error *error);

// Sends a signal to the whole group.
void process_signal(process_t *self, int signal);

// "exit status 2" or "killed by signal 9", for messages.
const char *process_end_text(const struct process_end *end, char text[64]);
