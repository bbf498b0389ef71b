#include "worker/engine/reach.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clean.h"
#include "common/fd.h"
#include "tests/check.h"

static unsigned
listen_somewhere(int *fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(*fd, 4), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

static void
a_port_that_listens_is_reached_by_address_and_name(void **state)
{
    (void)state;
    CLEAN(fd_close) int fd = -1;
    struct error error = {0};
    unsigned port = listen_somewhere(&fd);
    assert_int_equal(reach_look("127.0.0.1", port, &error), 0);
    assert_int_equal(reach_look("localhost", port, &error), 0);
}

static void
a_closed_port_refuses(void **state)
{
    (void)state;
    int fd = -1;
    struct error error = {0};
    unsigned port = listen_somewhere(&fd);
    fd_close(&fd);
    assert_int_equal(reach_look("127.0.0.1", port, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_int_equal(error.about, ABOUT_REACH);
    assert_non_null(strstr(error.message, "'127.0.0.1' refuses connections to port "));
}

static void
a_name_that_nobody_has_does_not_resolve(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(reach_look("no-such-host.invalid", 3306, &error), -1);
    assert_int_equal(error.about, ABOUT_REACH);
    assert_non_null(strstr(error.message, "the name 'no-such-host.invalid' does not resolve"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_that_listens_is_reached_by_address_and_name),
        cmocka_unit_test(a_closed_port_refuses),
        cmocka_unit_test(a_name_that_nobody_has_does_not_resolve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
