// Lines of a descriptor, each of a limited length, with a limit to how long the other side may be
// silent.
//
//     CLEAN(lines_destroy) lines_t *lines = lines_new(fd, 65536, 60000);
//     while (lines_next(lines, &line, &size, error) == 0)
//         ...
//     if (error->code != ERROR_NOT_FOUND)
//         return -1;

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

typedef struct lines lines_t;

// The descriptor is lent. patience_ms 0: a file, which is not waited for.
lines_t *lines_new(int fd, size_t size_max, int64_t patience_ms);
void lines_destroy(lines_t **self_p);

// The next line without its end, NUL-terminated, lent until the next call. ERROR_NOT_FOUND: there
// is no more; ERROR_CORRUPT: a line is too long, has a NUL in it, or the last one has no end;
// ERROR_UNAVAILABLE: nothing came within the patience, or it cannot be read.
int lines_next(lines_t *self, const char **line, size_t *size, struct error *error);
