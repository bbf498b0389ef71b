// Takes what a dump tool writes, in large pieces. Part of the set's writer.
//
// Dump tools write 4 KiB at a time. Who reads whatever is there wakes for each of them, and on a
// small machine that takes the processor from the tool and its server: a dump of 360 MB cost a
// second more of processor time in all. So a pipe is made as large as a piece, and while it holds
// little it gets a millisecond to gather, in which a tool would have to write a GiB/s to fill it.
// A pipe that cannot be made large (a user's limit), or a file, is read without that.

#pragma once

#include <stddef.h>

#include "common/error.h"
#include "common/pace.h"

enum { INTAKE_SIZE = 1 << 20 };

struct intake {
    int fd;
    int is_large_pipe;
    struct pace *pace;
};

// Reads no faster than the pace allows, which must outlive it: the tool then waits in its write.
struct intake intake_begin(int fd, struct pace *pace);

// Fills the buffer of INTAKE_SIZE bytes; *size is less only at the end, and 0 there.
int intake_fill(const struct intake *self, char *buffer, size_t *size, struct error *error);
