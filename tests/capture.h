// Standard output or standard error of a test, into a text for a while.
//
//     struct capture capture = capture_begin(stdout);
//     puts("hello");
//     CLEAN(memory_free) char *text = capture_end(&capture, stdout);

#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/memory.h"
#include "tests/check.h"

struct capture {
    int fd, before, file;
};

static inline struct capture
capture_begin(FILE *stream)
{
    struct capture self = {.fd = fileno(stream)};
    char path[] = "/tmp/test_capture.XXXXXX";
    fflush(stream);
    self.before = dup(self.fd);
    self.file = mkstemp(path);
    assert_true(self.before >= 0 && self.file >= 0);
    unlink(path);
    assert_true(dup2(self.file, self.fd) >= 0);
    return self;
}

static inline char *
capture_end(struct capture *self, FILE *stream)
{
    fflush(stream);
    dup2(self->before, self->fd);
    off_t size = lseek(self->file, 0, SEEK_END);
    char *text = memory_get((size_t)size + 1);
    assert_int_equal(pread(self->file, text, (size_t)size, 0), size);
    close(self->before);
    close(self->file);
    return text;
}
