#include "worker/engine/reach.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"

enum { ADDRESS_PATIENCE_MS = 10000, ALL_PATIENCE_MS = 20000 };

static void
addresses_free(struct addrinfo **addresses)
{
    if (*addresses)
        freeaddrinfo(*addresses);
    *addresses = NULL;
}

// Returns 0, or the errno of why not.
static int
connect_to(const struct addrinfo *address, int64_t patience_ms)
{
    CLEAN(fd_close)
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                    address->ai_protocol);
    if (fd < 0)
        return errno;
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    struct pollfd wanted = {.fd = fd, .events = POLLOUT};
    if (poll(&wanted, 1, (int)patience_ms) <= 0)
        return ETIMEDOUT;
    int cause = 0;
    socklen_t size = sizeof cause;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &size) ? errno : cause;
}

static int
explain(const char *host, unsigned port, int cause, struct error *error)
{
    switch (cause) {
    case ECONNREFUSED:
        return error_set(error, ERROR_UNAVAILABLE,
                         "'%s' refuses connections to port %u: is the server up, and is that the "
                         "port it listens on?",
                         host, port);
    case ETIMEDOUT:
        return error_set(error, ERROR_UNAVAILABLE,
                         "no answer from '%s' port %u: does a firewall or a security group stand "
                         "between this worker and it?",
                         host, port);
    default:
        return error_set(error, ERROR_UNAVAILABLE, "no way from this worker to '%s' port %u: %s",
                         host, port, strerror(cause));
    }
}

int
reach_look(const char *host, unsigned port, struct error *error)
{
    char service[16];
    snprintf(service, sizeof service, "%u", port);
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    CLEAN(addresses_free) struct addrinfo *addresses = NULL;
    int failure = getaddrinfo(host, service, &hints, &addresses);
    if (failure) {
        error_set(error, ERROR_UNAVAILABLE,
                  "the name '%s' does not resolve on this worker (%s): is it right, and does the "
                  "worker's DNS know it?",
                  host, gai_strerror(failure));
        return error_mark(error, ABOUT_REACH);
    }
    int64_t until_ms = clock_monotonic_ms() + ALL_PATIENCE_MS;
    int cause = EHOSTUNREACH;
    for (const struct addrinfo *each = addresses; each; each = each->ai_next) {
        int64_t left_ms = until_ms - clock_monotonic_ms();
        if (left_ms <= 0)
            break;
        cause = connect_to(each, left_ms < ADDRESS_PATIENCE_MS ? left_ms : ADDRESS_PATIENCE_MS);
        if (cause == 0)
            return 0;
    }
    explain(host, port, cause, error);
    return error_mark(error, ABOUT_REACH);
}
