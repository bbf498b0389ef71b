#include "common/sock.h"

#include <assert.h>
#include <czmq.h>
#include <fcntl.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/ipc_path.h"
#include "common/memory.h"
#include "common/zap.h"

enum {
    // libzmq's header has it among the drafts; the library of Debian 12 handles it.
    ZAP_ENFORCE_DOMAIN = 93,
    CURVE_OVERHEAD = 33,   // bytes that CURVE adds to a message, counted by ZMQ_MAXMSGSIZE
    HANDSHAKE_SIZE = 512,  // a smaller ZMQ_MAXMSGSIZE breaks CURVE's handshake (libzmq #4436)
    BACKLOG = 1024,
    DROPS_PER_CALL = 64,
};

static const char tcp_prefix[] = "tcp://";
static const char ipc_prefix[] = "ipc://";

struct sock {
    void *handle;
    ipc_path_t *path;  // of a bound ipc socket
    size_t size_max;
    int has_peers;  // a ROUTER
    int has_curve;
    uint64_t dropped;
};

struct option {
    int name, value;
};

// Of both kinds.
static const struct option common_options[] = {
    {ZMQ_LINGER, 0},
    {ZMQ_IPV6, 1},
    {ZMQ_HANDSHAKE_IVL, 30000},
    {ZMQ_HEARTBEAT_IVL, 10000},
    {ZMQ_HEARTBEAT_TIMEOUT, 30000},
    {ZMQ_HEARTBEAT_TTL, 30000},  // from 65536 on it wraps (libzmq #4226)
    {ZMQ_TCP_KEEPALIVE, 1},
    {ZMQ_TCP_KEEPALIVE_IDLE, 60},
    {ZMQ_TCP_KEEPALIVE_INTVL, 20},
    {ZMQ_TCP_KEEPALIVE_CNT, 3},
    {ZMQ_TCP_MAXRT, 40000},
    {0, 0},
};

static const struct option router_options[] = {
    {ZMQ_ROUTER_MANDATORY, 1},
    {ZMQ_SNDHWM, 200},
    {ZMQ_RCVHWM, 1000},
    {ZMQ_BACKLOG, BACKLOG},
    {0, 0},
};

static const struct option dealer_options[] = {
    {ZMQ_IMMEDIATE, 1},  // otherwise what was queued while nobody was there goes to a new one
    {ZMQ_CONNECT_TIMEOUT, 10000}, {ZMQ_RECONNECT_IVL, 1000}, {ZMQ_RECONNECT_IVL_MAX, 30000},
    {ZMQ_SNDHWM, 1000},           {ZMQ_RCVHWM, 200},         {0, 0},
};

void
sock_prepare(int io_threads)
{
    setenv("ZSYS_SIGHANDLER", "false", 1);
    zsys_handler_set(NULL);
    zmq_ctx_set(zsys_init(), ZMQ_IO_THREADS, io_threads);
}

static int
set_number(sock_t *self, int name, int value, struct error *error)
{
    if (zmq_setsockopt(self->handle, name, &value, sizeof value))
        return error_set(error, ERROR_INTERNAL, "cannot set option %d of a socket: %s", name,
                         zmq_strerror(errno));
    return 0;
}

static int
set_text(sock_t *self, int name, const char *value, struct error *error)
{
    if (zmq_setsockopt(self->handle, name, value, strlen(value)))
        return error_set(error, ERROR_CONFIG, "cannot set option %d of a socket: %s", name,
                         zmq_strerror(errno));
    return 0;
}

static int
set_all(sock_t *self, const struct option *options, struct error *error)
{
    for (; options->name; options++) {
        if (set_number(self, options->name, options->value, error))
            return -1;
    }
    return 0;
}

static int
open_socket(sock_t **self_p, int type, size_t size_max, const struct option *options,
            struct error *error)
{
    if (!getenv("ZSYS_SIGHANDLER"))
        sock_prepare(1);
    CLEAN(sock_destroy) sock_t *self = memory_get(sizeof *self);
    self->handle = zsys_socket(type, __FILE__, __LINE__);
    if (!self->handle)
        return error_set(error, ERROR_UNAVAILABLE, "cannot make a socket: %s", zmq_strerror(errno));
    self->size_max = size_max;
    int64_t wire_max = (int64_t)size_max + CURVE_OVERHEAD;
    if (wire_max < HANDSHAKE_SIZE)
        wire_max = HANDSHAKE_SIZE;
    if (set_all(self, common_options, error) || set_all(self, options, error))
        return -1;
    if (zmq_setsockopt(self->handle, ZMQ_MAXMSGSIZE, &wire_max, sizeof wire_max))
        return error_set(error, ERROR_INTERNAL, "cannot bound a socket's messages: %s",
                         zmq_strerror(errno));
    *self_p = STEAL(self);
    return 0;
}

static int
starts_with(const char *text, const char *prefix)
{
    return !strncmp(text, prefix, strlen(prefix));
}

// A connection from a port of the ephemeral range to one in it can meet itself: then nobody else
// can bind it (fixed in libzmq 4.3.5).
static int
check_port(const char *endpoint, struct error *error)
{
    const char *colon = strrchr(endpoint, ':');
    char *end = NULL;
    long port = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || *end || port < 1 || port > 65535)
        return error_set(error, ERROR_CONFIG, "'%s' does not end with a port (1 to 65535)",
                         endpoint);
    long low = 32768, high = 60999;  // the kernel's own presets
    struct error ignored = {0};
    CLEAN(memory_free) char *range = NULL;
    size_t size = 0;
    if (!fd_read_file(AT_FDCWD, "/proc/sys/net/ipv4/ip_local_port_range", 64, &range, &size,
                      &ignored))
        sscanf(range, "%ld %ld", &low, &high);
    if (port >= low && port <= high)
        return error_set(error, ERROR_CONFIG,
                         "port %ld of '%s' is one of those that the kernel gives to outgoing "
                         "connections (%ld to %ld): choose one outside of them",
                         port, endpoint, low, high);
    return 0;
}

static int
set_keys(sock_t *self, const struct key_pair *key, struct error *error)
{
    self->has_curve = 1;
    return set_text(self, ZMQ_CURVE_PUBLICKEY, key->public_text, error) ||
                   set_text(self, ZMQ_CURVE_SECRETKEY, key->secret_text, error)
               ? error_wrap(error, "the program's own key does not serve")
               : 0;
}

static int
bind_tcp(sock_t *self, const char *endpoint, const char *domain, const struct key_pair *key,
         struct error *error)
{
    if (!key)
        return error_set(error, ERROR_CONFIG,
                         "'%s' needs a key: without one only ipc:// may be listened on", endpoint);
    // Without an enforced domain libzmq lets everybody in while no ZAP handler answers.
    if (check_port(endpoint, error) || set_number(self, ZMQ_CURVE_SERVER, 1, error) ||
        set_keys(self, key, error) || set_text(self, ZMQ_ZAP_DOMAIN, domain, error) ||
        set_number(self, ZAP_ENFORCE_DOMAIN, 1, error))
        return -1;
    if (zmq_bind(self->handle, endpoint))
        return error_set(error, ERROR_CONFIG, "cannot listen on '%s': %s", endpoint,
                         zmq_strerror(errno));
    return 0;
}

static int
bind_ipc(sock_t *self, const char *endpoint, unsigned mode, struct error *error)
{
    CLEAN(fd_close) int listener = -1;
    if (ipc_path_open(&self->path, endpoint + strlen(ipc_prefix), mode, BACKLOG, &listener, error))
        return -1;
    if (set_number(self, ZMQ_USE_FD, listener, error))
        return -1;
    if (zmq_bind(self->handle, endpoint))
        return error_set(error, ERROR_CONFIG, "cannot listen on '%s': %s", endpoint,
                         zmq_strerror(errno));
    fd_steal(&listener);  // libzmq closes it
    return 0;
}

static int
refuse_endpoint(const char *endpoint, struct error *error)
{
    return error_set(error, ERROR_CONFIG, "the endpoint '%s' begins with neither tcp:// nor ipc://",
                     endpoint);
}

int
sock_bind(sock_t **self_p, const char *endpoint, const char *domain, const struct key_pair *key,
          unsigned mode, size_t size_max, struct error *error)
{
    assert(*domain && mode <= 0777);
    int is_tcp = starts_with(endpoint, tcp_prefix);
    if (!is_tcp && !starts_with(endpoint, ipc_prefix))
        return refuse_endpoint(endpoint, error);
    CLEAN(sock_destroy) sock_t *self = NULL;
    if (open_socket(&self, ZMQ_ROUTER, size_max, router_options, error))
        return -1;
    self->has_peers = 1;
    if (is_tcp ? bind_tcp(self, endpoint, domain, key, error)
               : bind_ipc(self, endpoint, mode, error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

int
sock_connect(sock_t **self_p, const char *endpoint, const struct key_pair *key,
             const char *server_key, size_t size_max, struct error *error)
{
    int is_tcp = starts_with(endpoint, tcp_prefix);
    if (!is_tcp && !starts_with(endpoint, ipc_prefix))
        return refuse_endpoint(endpoint, error);
    if (is_tcp && (!key || !server_key))
        return error_set(error, ERROR_CONFIG, "'%s' needs a key and the public key of the server",
                         endpoint);
    CLEAN(sock_destroy) sock_t *self = NULL;
    if (open_socket(&self, ZMQ_DEALER, size_max, dealer_options, error))
        return -1;
    if (is_tcp &&
        (set_keys(self, key, error) || set_text(self, ZMQ_CURVE_SERVERKEY, server_key, error)))
        return -1;
    if (zmq_connect(self->handle, endpoint))
        return error_set(error, ERROR_CONFIG, "cannot connect to '%s': %s", endpoint,
                         zmq_strerror(errno));
    *self_p = STEAL(self);
    return 0;
}

void
sock_destroy(sock_t **self_p)
{
    sock_t *self = *self_p;
    if (!self)
        return;
    if (self->handle)
        zsys_close(self->handle, __FILE__, __LINE__);
    ipc_path_destroy(&self->path);
    memory_free(self_p);
}

void
sock_set_linger(sock_t *self, int linger_ms)
{
    struct error error = {0};
    int rc = set_number(self, ZMQ_LINGER, linger_ms, &error);
    assert(rc == 0);
    (void)rc;
}

void *
sock_handle(sock_t *self)
{
    return self->handle;
}

enum taken { TAKEN_NOTHING, TAKEN_MALFORMED, TAKEN_MESSAGE };

// Takes all frames of one message. They have arrived together, so none but the first can be
// missing.
static enum taken
take_message(sock_t *self, zmq_msg_t *address, zmq_msg_t *payload)
{
    CLEAN(zmq_msg_close) zmq_msg_t extra;
    zmq_msg_init(&extra);
    size_t expected = self->has_peers ? 2 : 1;
    size_t frames = 0;
    zmq_msg_t *frame = NULL;
    do {
        frame = frames + 1 == expected ? payload : frames == 0 ? address : &extra;
        int size;
        do {
            size = zmq_msg_recv(frame, self->handle, ZMQ_DONTWAIT);
        } while (size < 0 && errno == EINTR && frames > 0);
        if (size < 0)
            return TAKEN_NOTHING;
        frames++;
    } while (zmq_msg_more(frame));
    return frames == expected && zmq_msg_size(payload) <= self->size_max ? TAKEN_MESSAGE
                                                                         : TAKEN_MALFORMED;
}

// Whose message it is, by the payload frame: libzmq 4.3.4 may leave the address without properties.
static int
identify(const sock_t *self, zmq_msg_t *address, zmq_msg_t *payload, struct sock_peer *peer)
{
    struct sock_peer found = {.address_size = zmq_msg_size(address)};
    if (found.address_size == 0 || found.address_size > sizeof found.address)
        return -1;
    memcpy(found.address, zmq_msg_data(address), found.address_size);
    if (self->has_curve) {
        const char *user = zmq_msg_gets(payload, "User-Id");
        const char *key = zmq_msg_gets(payload, ZAP_KEY_PROPERTY);
        if (!user || !key || strlen(user) >= sizeof found.principal || !key_is_valid(key))
            return -1;
        snprintf(found.principal, sizeof found.principal, "%s", user);
        snprintf(found.public_key, sizeof found.public_key, "%s", key);
    } else {
        const char *place = zmq_msg_gets(payload, "Peer-Address");
        unsigned uid, gid, pid;
        if (!place || sscanf(place, "localhost:%u:%u:%u", &uid, &gid, &pid) != 3)
            return -1;
        snprintf(found.principal, sizeof found.principal, "uid:%u", uid);
    }
    *peer = found;
    return 0;
}

int
sock_receive(sock_t *self, struct sock_peer *peer, uint8_t **data, size_t *size,
             struct error *error)
{
    assert(!self->has_peers == !peer);
    for (int dropped = 0; dropped < DROPS_PER_CALL; dropped++) {
        CLEAN(zmq_msg_close) zmq_msg_t address;
        CLEAN(zmq_msg_close) zmq_msg_t payload;
        zmq_msg_init(&address);
        zmq_msg_init(&payload);
        enum taken taken = take_message(self, &address, &payload);
        if (taken == TAKEN_NOTHING)
            return error_set(error, ERROR_NOT_FOUND, "no message is there");
        if (taken == TAKEN_MALFORMED || (peer && identify(self, &address, &payload, peer))) {
            self->dropped++;
            continue;
        }
        *size = zmq_msg_size(&payload);
        *data = memory_get(*size);
        memcpy(*data, zmq_msg_data(&payload), *size);
        return 0;
    }
    return error_set(error, ERROR_NOT_FOUND, "none of the last %d messages was well formed",
                     DROPS_PER_CALL);
}

static int
send_frame(sock_t *self, const void *data, size_t size, int flags, struct error *error)
{
    int sent;
    do {
        sent = zmq_send(self->handle, data, size, flags | ZMQ_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return 0;
    if (errno == EHOSTUNREACH)
        return error_set(error, ERROR_NOT_FOUND, "the peer is gone");
    if (errno == EAGAIN)
        return error_set(error, ERROR_UNAVAILABLE,
                         self->has_peers ? "the peer does not take its messages"
                                         : "not connected, or the other side takes nothing");
    return error_set(error, ERROR_INTERNAL, "cannot send: %s", zmq_strerror(errno));
}

int
sock_send(sock_t *self, const struct sock_peer *peer, const void *data, size_t size,
          struct error *error)
{
    assert(!self->has_peers == !peer);
    if (size > self->size_max)
        return error_set(error, ERROR_INVALID,
                         "a message of %zu bytes, but this endpoint takes %zu", size,
                         self->size_max);
    if (peer && send_frame(self, peer->address, peer->address_size, ZMQ_SNDMORE, error))
        return -1;
    return send_frame(self, data, size, 0, error);
}

uint64_t
sock_dropped(const sock_t *self)
{
    return self->dropped;
}
