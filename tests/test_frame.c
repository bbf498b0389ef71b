#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "tests/check.h"
#include "worker/frame.h"

struct ends {
    int from, to;
};

static struct ends
make_pipe(void)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    return (struct ends){fds[0], fds[1]};
}

static void
ends_close(struct ends *ends)
{
    fd_close(&ends->from);
    fd_close(&ends->to);
}

static enum error_code
code_of_next(frames_t *frames, int fd)
{
    const uint8_t *data = NULL;
    size_t size = 0;
    struct error error = {0};
    return frames_next(frames, fd, &data, &size, &error) ? error.code : ERROR_NONE;
}

static void
frames_come_out_as_they_went_in(void **state)
{
    (void)state;
    CLEAN(ends_close) struct ends ends = make_pipe();
    CLEAN(frames_destroy) frames_t *frames = frames_new();
    struct error error = {0};
    const uint8_t *data = NULL;
    size_t size = 0;
    assert_int_equal(code_of_next(frames, ends.from), ERROR_UNAVAILABLE);
    assert_int_equal(frame_write(ends.to, "one", 3, &error), 0);
    assert_int_equal(frame_write(ends.to, "three", 5, &error), 0);
    assert_int_equal(frames_next(frames, ends.from, &data, &size, &error), 0);
    assert_int_equal(size, 3);
    assert_memory_equal(data, "one", 3);
    assert_int_equal(frames_next(frames, ends.from, &data, &size, &error), 0);
    assert_int_equal(size, 5);
    assert_int_equal(code_of_next(frames, ends.from), ERROR_UNAVAILABLE);
    fd_close(&ends.to);
    assert_int_equal(code_of_next(frames, ends.from), ERROR_NOT_FOUND);
}

static void
a_frame_that_comes_in_pieces_is_waited_for(void **state)
{
    (void)state;
    CLEAN(ends_close) struct ends ends = make_pipe();
    CLEAN(frames_destroy) frames_t *frames = frames_new();
    static const uint8_t whole[] = {0, 0, 0, 3, 'a', 'b', 'c'};
    for (size_t index = 0; index < sizeof whole; index++) {
        assert_int_equal(code_of_next(frames, ends.from), ERROR_UNAVAILABLE);
        assert_int_equal(write(ends.to, whole + index, 1), 1);
    }
    assert_int_equal(code_of_next(frames, ends.from), ERROR_NONE);
}

static void
an_end_within_a_frame_is_corrupt(void **state)
{
    (void)state;
    static const char *const beginnings[] = {"\0\0", "\0\0\0\5abc"};
    static const size_t sizes[] = {2, 7};
    for (size_t index = 0; index < 2; index++) {
        CLEAN(ends_close) struct ends ends = make_pipe();
        CLEAN(frames_destroy) frames_t *frames = frames_new();
        assert_int_equal(write(ends.to, beginnings[index], sizes[index]), sizes[index]);
        fd_close(&ends.to);
        assert_int_equal(code_of_next(frames, ends.from), ERROR_CORRUPT);
    }
}

static void
a_length_that_no_frame_has_is_refused(void **state)
{
    (void)state;
    static const uint8_t heads[][4] = {{0, 0, 0, 0},
                                       {0xff, 0xff, 0xff, 0xff},
                                       {0, 0, FRAME_SIZE_MAX >> 8, (FRAME_SIZE_MAX + 1) & 0xff}};
    for (size_t index = 0; index < sizeof heads / sizeof *heads; index++) {
        CLEAN(ends_close) struct ends ends = make_pipe();
        CLEAN(frames_destroy) frames_t *frames = frames_new();
        assert_int_equal(write(ends.to, heads[index], 4), 4);
        assert_int_equal(code_of_next(frames, ends.from), ERROR_INVALID);
    }
    struct error error = {0};
    CLEAN(memory_free) uint8_t *data = memory_get(FRAME_SIZE_MAX + 1);
    assert_int_equal(frame_write(-1, data, FRAME_SIZE_MAX + 1, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_int_equal(frame_write(-1, data, 0, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
}

static void *
write_longest(void *argument)
{
    const int *fd = argument;
    struct error error = {0};
    CLEAN(memory_free) uint8_t *data = memory_get(FRAME_SIZE_MAX);
    data[FRAME_SIZE_MAX - 1] = 7;
    frame_write(*fd, data, FRAME_SIZE_MAX, &error);
    return NULL;
}

static void
the_longest_frame_fits(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_longest, &fds[1]), 0);
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    struct error error = {0};
    assert_int_equal(frame_read(fds[0], &data, &size, &error), 0);
    pthread_join(thread, NULL);
    assert_int_equal(size, FRAME_SIZE_MAX);
    assert_int_equal(data[size - 1], 7);
    fd_close(&fds[1]);
    CLEAN(memory_free) uint8_t *more = NULL;
    assert_int_equal(frame_read(fds[0], &more, &size, &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    fd_close(&fds[0]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_out_as_they_went_in),
        cmocka_unit_test(a_frame_that_comes_in_pieces_is_waited_for),
        cmocka_unit_test(an_end_within_a_frame_is_corrupt),
        cmocka_unit_test(a_length_that_no_frame_has_is_refused),
        cmocka_unit_test(the_longest_frame_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
