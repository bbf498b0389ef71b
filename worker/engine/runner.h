// Runs a vendor's tool for an engine: a dump into the sink, or a file into a client.
//
// A tool's word is not believed: a dump counts only if the exit status is 0, nothing on standard
// error is an error, and the tool's own end mark stands at the end of what it wrote. What a tool
// says on standard error is cut to 4 KiB and the password in it masked before it gets into an
// error.

#pragma once

#include <stddef.h>

#include "common/error.h"
#include "common/process.h"
#include "worker/engine/engine.h"

enum { RUNNER_PATH_SIZE = 32 };

// Puts text (an option file, a password file) into memory that has a descriptor (memfd, sealed,
// mode 0600) and gives the path under which a child that keeps the descriptor opens it:
// "/proc/self/fd/7". It never touches a disk and ends with the last process that has it.
int runner_private_file(const char *text, size_t size, int *fd, char path[RUNNER_PATH_SIZE],
                        struct error *error);

// Decides what a tool's failure is: looks at its standard error, returns a code.
typedef enum error_code(runner_classify)(const char *stderr_text);

struct runner {
    const char *name;                       // for messages: "pg_dump 15.4"
    struct process_options process;         // stdout_fd and stdin_fd are the runner's
    const struct credentials *credentials;  // what to mask
    const struct login_source *login;       // masks what was given out before; NULL: nothing was
    runner_classify *classify;
    // Lines of standard error that are only noise begin with one of these (in which one '*' stands
    // for anything); NULL-terminated, may be NULL. Any other line fails the dump although the exit
    // status was 0.
    const char *const *noise;
    // Between two lines that begin with it a tool shows the statement that failed, which may hold
    // rows or hashes: dropped. May be NULL.
    const char *fence;
    int output_fd;  // of a load: what the client says on standard output; 0: nothing is kept
};

// Runs it and puts what it writes into the sink as one accepted file. end_mark (NULL: none) must be
// the beginning of one of the last lines. edges may be NULL.
int runner_dump(const struct runner *self, const struct sink *sink, const struct file_facts *facts,
                const char *end_mark, struct file_edges *edges, struct error *error);

// Runs it with the file at `path` (NULL: nothing) as standard input.
int runner_load(const struct runner *self, const char *path, struct error *error);
