// The rules by which faultfs fails: a text file, read again whenever it has changed.
//
// One rule a line, the first that says an error wins; `#` starts a comment:
//     <operation|*> [errno=NAME] [late] [delay_ms=N] [hang] [crash] [short=N] [flip]
//                   [after=BYTES] [skip=N] [count=N] [path=TEXT] [deaf]
// errno   answer with this error
// late    do it all the same and then answer with the error: an answer that got lost
// hang    do not answer until the rule is gone or the caller is killed
// deaf    as hang, but not even the caller's death ends it: he hangs in the kernel
// crash   end the file system at once, in the midst of the operation
// short   read or write no more than N bytes
// flip    change one byte of what is read
// after   only once more than so many bytes were written since the mount
// skip    let the first N pass; count: fail only N times
// path    only where the path contains this text
// Operations: getattr mkdir unlink rmdir rename chmod chown utimens truncate open
// create read write statfs flush (every close) fsync fsyncdir opendir readdir.

#pragma once

#include <stddef.h>

typedef struct rules rules_t;

// What is to become of one operation.
struct fault {
    int error;    // 0: none
    int is_late;  // do it, then answer with the error
    int is_flipped;
    size_t size;  // bytes it may read or write
};

// `path` of the control file may be NULL; a file that is missing holds no rules.
rules_t *rules_new(const char *path);
void rules_destroy(rules_t **self_p);

// Decides about an operation, after waiting as the rules say. is_interrupted is asked while it
// hangs: not 0 ends that with EINTR. May end the process. Safe in several threads at once.
struct fault rules_apply(rules_t *self, const char *operation, const char *path, size_t size,
                         int (*is_interrupted)(void));

// Counts what was written, for `after`.
void rules_wrote(rules_t *self, size_t size);
