// A child process whose standard output is wanted: started, read to its end and waited for, all
// within one deadline.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/process.h"

// Adds what the process writes to `output`. A process that failed is no error here: see `end`.
// ERROR_UNAVAILABLE if it takes longer than patience_ms, ERROR_INVALID if it writes more than
// `limit` bytes; it is killed then. stdout_fd of the options is not looked at.
int process_output(const struct process_options *options, int64_t patience_ms, size_t limit,
                   struct buffer *output, struct process_end *end, struct error *error);
