// A cutter ends a connection from outside, and by itself once its job is cancelled.

#include "worker/engine/cutter.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "tests/check.h"

static void
whoever_waits_for_a_cut_connection_sees_its_end(void **state)
{
    (void)state;
    int pair[2];
    char byte = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    CLEAN(cutter_destroy) cutter_t *cutter = cutter_new(pair[0], 0);
    cutter_cut(cutter);
    assert_int_equal(read(pair[0], &byte, 1), 0);
    assert_int_equal(read(pair[1], &byte, 1), 0);
    close(pair[0]);
    close(pair[1]);
}

static void
a_stop_cuts_after_a_moment(void **state)
{
    (void)state;
    int pair[2];
    char byte = 0;
    CLEAN(fd_close) int stop = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    CLEAN(cutter_destroy) cutter_t *cutter = cutter_new(pair[0], stop);
    struct pollfd item = {.fd = pair[0], .events = POLLIN};
    assert_int_equal(poll(&item, 1, 20), 0);
    int64_t start_ms = clock_monotonic_ms();
    assert_int_equal(eventfd_write(stop, 1), 0);
    assert_int_equal(read(pair[0], &byte, 1), 0);
    assert_in_range(clock_monotonic_ms() - start_ms, CUTTER_PATIENCE_MS - 10, 1000);
    close(pair[0]);
    close(pair[1]);
}

// A library closes its socket at an error, and somebody opens a file: that is not cut.
static void
it_never_cuts_what_has_the_number_now(void **state)
{
    (void)state;
    int first[2], second[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, first), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, second), 0);
    CLEAN(cutter_destroy) cutter_t *cutter = cutter_new(first[0], 0);
    assert_int_equal(dup2(second[0], first[0]), first[0]);
    cutter_cut(cutter);
    assert_int_equal(write(first[0], "x", 1), 1);
    for (int i = 0; i < 2; i++) {
        close(first[i]);
        close(second[i]);
    }
}

static void
who_ends_before_a_stop_waits_for_nothing(void **state)
{
    (void)state;
    CLEAN(fd_close) int stop = eventfd(0, EFD_CLOEXEC);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    int64_t start_ms = clock_monotonic_ms();
    for (int i = 0; i < 100; i++) {
        CLEAN(cutter_destroy) cutter_t *cutter = cutter_new(pair[0], stop);
        assert_non_null(cutter);
    }
    assert_true(clock_monotonic_ms() - start_ms < 1000);
    assert_int_equal(write(pair[0], "x", 1), 1);
    close(pair[0]);
    close(pair[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_waits_for_a_cut_connection_sees_its_end),
        cmocka_unit_test(a_stop_cuts_after_a_moment),
        cmocka_unit_test(it_never_cuts_what_has_the_number_now),
        cmocka_unit_test(who_ends_before_a_stop_waits_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
