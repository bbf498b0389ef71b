// A directory store and sets in it, for tests: set_open_store and set_close_store are a test's
// setup and teardown, *state is the store.

#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "tests/check.h"
#include "tests/folder.h"
#include "worker/set/reader.h"
#include "worker/set/writer.h"

#define SET_PATH "c1/db1/7-1"

static char *set_root;  // the store's folder
static const struct set_file_facts set_facts = {
    .role = "data", .object = "shop", .loader = "mysql"};

enum { SET_EDGE_SIZE = 64 };

// What a dump tool would write: a child that writes `size` bytes of a pattern into a pipe.
static inline int
set_tool(size_t size, pid_t *child)
{
    int pipe_fds[2];
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    *child = fork();
    assert_true(*child >= 0);
    if (*child == 0) {
        struct error error;
        char block[7919];
        for (size_t at = 0; at < sizeof block; at++)
            block[at] = (char)('a' + at % 26);
        while (size > 0) {
            size_t part = size < sizeof block ? size : sizeof block;
            if (fd_write(pipe_fds[1], block, part, &error))
                _exit(1);
            size -= part;
        }
        _exit(0);
    }
    close(pipe_fds[1]);
    return pipe_fds[0];
}

static inline void
set_put(set_writer_t *writer, size_t size)
{
    struct error error = {0};
    char head[SET_EDGE_SIZE];
    char tail[SET_EDGE_SIZE];
    size_t head_size = 0;
    size_t tail_size = 0;
    uint64_t size_bytes = 0;
    pid_t child = 0;
    CLEAN(fd_close) int fd = set_tool(size, &child);
    if (set_writer_put(writer, &set_facts, fd, head, &head_size, tail, &tail_size, SET_EDGE_SIZE,
                       &size_bytes, &error))
        fail_msg("%s", error.message);
    assert_int_equal(size_bytes, size);
    assert_int_equal(head_size, size < SET_EDGE_SIZE ? size : SET_EDGE_SIZE);
    assert_int_equal(tail_size, size < SET_EDGE_SIZE ? size : SET_EDGE_SIZE);
    for (size_t at = 0; at < head_size; at++) {
        assert_int_equal(head[at], 'a' + at % 7919 % 26);
        assert_int_equal(tail[at], 'a' + (size - tail_size + at) % 7919 % 26);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(set_writer_accept(writer, &error), 0);
}

static inline struct set_summary
set_finish(set_writer_t *writer)
{
    struct error error = {0};
    struct set_summary summary = {0};
    if (set_writer_end(writer, &summary, &error))
        fail_msg("%s", error.message);
    return summary;
}

static inline struct set_summary
set_write(store_t *store, const char *path)
{
    struct error error = {0};
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, path, &error), 0);
    assert_int_equal(set_writer_put_text(writer, &set_facts, "users", 5, &error), 0);
    set_put(writer, 3000000);
    set_put(writer, 0);
    set_put(writer, 1);
    set_put(writer, SET_EDGE_SIZE + 1);
    return set_finish(writer);
}

static inline char *
set_full(const char *name)
{
    return memory_format("%s/%s", set_root, name);
}

static inline int
set_exists(const char *name)
{
    CLEAN(memory_free) char *path = set_full(name);
    return access(path, F_OK) == 0;
}

static inline void
set_assert_error(const struct error *error, enum error_code code, const char *says)
{
    if (error->code != code || !strstr(error->message, says))
        fail_msg("%d '%s' is not %d '%s'", error->code, error->message, code, says);
}

static inline int
set_open_store(void **state)
{
    struct error error = {0};
    set_root = folder_new();
    assert_int_equal(store_create(set_root, &error), 0);
    return store_open((store_t **)state, "directory", set_root, NULL, &error);
}

static inline int
set_close_store(void **state)
{
    store_destroy((store_t **)state);
    folder_destroy(&set_root);
    return 0;
}
