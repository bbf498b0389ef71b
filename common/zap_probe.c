// The start-up self-test: does a server really refuse a key that nobody knows?

#include <czmq.h>
#include <sys/timerfd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/key.h"
#include "common/random.h"
#include "common/zap.h"

enum { PATIENCE_S = 5, EVENT_SIZE = 6, ENDPOINT_SIZE = 256 };

struct probe {
    void *socket, *monitor;
};

static void
probe_close(struct probe *self)
{
    // First of all: without it a closed reader can block libzmq's thread (libzmq #3575).
    if (self->socket)
        zmq_socket_monitor(self->socket, NULL, 0);
    if (self->monitor)
        zsys_close(self->monitor, __FILE__, __LINE__);
    if (self->socket)
        zsys_close(self->socket, __FILE__, __LINE__);
}

// Where an endpoint that listens on all addresses can be reached.
static int
reachable(const char *endpoint, char text[ENDPOINT_SIZE], struct error *error)
{
    static const char prefix[] = "tcp://";
    const char *port = strrchr(endpoint, ':');
    if (strncmp(endpoint, prefix, sizeof prefix - 1) || port < endpoint + sizeof prefix - 1)
        return error_set(error, ERROR_CONFIG, "'%s' is no tcp endpoint", endpoint);
    const char *host = endpoint + sizeof prefix - 1;
    int length = (int)(port - host);
    if ((length == 1 && !strncmp(host, "*", 1)) || (length == 7 && !strncmp(host, "0.0.0.0", 7)))
        host = "127.0.0.1", length = 9;
    else if (length == 4 && !strncmp(host, "[::]", 4))
        host = "[::1]", length = 5;
    if (snprintf(text, ENDPOINT_SIZE, "%s%.*s%s", prefix, length, host, port) >= ENDPOINT_SIZE)
        return error_set(error, ERROR_CONFIG, "the endpoint '%.64s...' is too long", endpoint);
    return 0;
}

static int
probe_open(struct probe *self, const char *endpoint, const char *server_public_key,
           struct error *error)
{
    CLEAN(key_clear) struct key_pair key = {0};
    char place[ENDPOINT_SIZE];
    // Its own for each test: a place is free only some time after its socket was closed.
    char id[RANDOM_ID_SIZE];
    char monitor_place[ENDPOINT_SIZE];
    random_id(id);
    snprintf(monitor_place, sizeof monitor_place, "inproc://%s", id);
    if (key_generate(&key, error) || reachable(endpoint, place, error))
        return -1;
    self->socket = zsys_socket(ZMQ_DEALER, __FILE__, __LINE__);
    self->monitor = zsys_socket(ZMQ_PAIR, __FILE__, __LINE__);
    int on = 1;
    int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    if (!self->socket || !self->monitor || zmq_setsockopt(self->socket, ZMQ_IPV6, &on, sizeof on) ||
        zmq_setsockopt(self->socket, ZMQ_CURVE_PUBLICKEY, key.public_text, KEY_TEXT_SIZE) ||
        zmq_setsockopt(self->socket, ZMQ_CURVE_SECRETKEY, key.secret_text, KEY_TEXT_SIZE) ||
        zmq_setsockopt(self->socket, ZMQ_CURVE_SERVERKEY, server_public_key, KEY_TEXT_SIZE) ||
        zmq_socket_monitor(self->socket, monitor_place, events) ||
        zmq_connect(self->monitor, monitor_place) || zmq_connect(self->socket, place))
        return error_set(error, ERROR_CONFIG, "cannot connect to '%s': %s", place,
                         zmq_strerror(errno));
    return 0;
}

// The next event of the monitor, or 0 when the time is up.
static int
next_event(struct probe *self, int timer)
{
    zmq_pollitem_t items[] = {{self->monitor, 0, ZMQ_POLLIN, 0}, {NULL, timer, ZMQ_POLLIN, 0}};
    while (zmq_poll(items, 2, -1) < 0) {
        if (errno != EINTR)
            return 0;
    }
    if (!(items[0].revents & ZMQ_POLLIN))
        return 0;
    uint8_t event[EVENT_SIZE] = {0};  // its number and a value
    char address[ENDPOINT_SIZE];
    uint16_t number = 0;
    zmq_recv(self->monitor, event, sizeof event, 0);
    zmq_recv(self->monitor, address, sizeof address, 0);
    memcpy(&number, event, sizeof number);
    return number;
}

int
zap_self_test(const char *endpoint, const char *server_public_key, struct error *error)
{
    CLEAN(probe_close) struct probe probe = {0};
    CLEAN(fd_close) int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    struct itimerspec time = {.it_value.tv_sec = PATIENCE_S};
    if (timer < 0 || timerfd_settime(timer, 0, &time, NULL))
        return error_set(error, ERROR_UNAVAILABLE, "cannot make a timer: %s", strerror(errno));
    if (probe_open(&probe, endpoint, server_public_key, error))
        return -1;
    int event = next_event(&probe, timer);
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
        return 0;
    if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
        return error_set(error, ERROR_DENIED,
                         "'%s' lets in a key that is in no allow-list: it must not serve",
                         endpoint);
    return error_set(error, ERROR_UNAVAILABLE,
                     "'%s' did not refuse an unknown key within %d s: it must not serve before it "
                     "does",
                     endpoint, PATIENCE_S);
}
