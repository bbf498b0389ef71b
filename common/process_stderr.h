// What a child writes to its standard error: drained by a small thread all the time, so that the
// child never waits for us, and kept in part: the first and the last 2 KiB, with a line "..."
// between if there was more. A part of process; nobody else calls it.

#pragma once

#include "common/error.h"
#include "common/process.h"

typedef struct process_stderr process_stderr_t;

// *write_fd is the child's end; the caller's.
int process_stderr_start(process_stderr_t **self_p, int *write_fd, struct error *error);

// Ends the thread, which takes what is there but waits for nothing more (a grandchild may hold the
// other end for ever), and gives the text.
void process_stderr_end(process_stderr_t **self_p, char text[PROCESS_STDERR_SIZE]);
