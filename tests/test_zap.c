// Who gets in over tcp: attacks on real sockets.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/zap.h"
#include "tests/talk.h"

enum { REFUSED = ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, LET_IN = ZMQ_EVENT_HANDSHAKE_SUCCEEDED };

static char folder[] = "/tmp/test_zap.XXXXXX";
static char list_path[64];
static struct key_pair server_key, worker_key, operator_key, unknown_key;

static void
write_list(const char *text)
{
    struct error error = {0};
    assert_int_equal(fd_write_file(AT_FDCWD, list_path, text, strlen(text), &error), 0);
}

static void
write_usual_list(void)
{
    CLEAN(memory_free)
    char *text = memory_format("workers:\n  frankfurt-1: \"%s\"\noperators:\n  alice: \"%s\"\n",
                               worker_key.public_text, operator_key.public_text);
    write_list(text);
}

static zap_t *
open_zap(void)
{
    struct error error = {0};
    zap_t *zap = NULL;
    if (zap_open(&zap, list_path, &error))
        fail_msg("%s", error.message);
    return zap;
}

static sock_t *
connect_to(const char *endpoint, const struct key_pair *key)
{
    struct error error = {0};
    sock_t *sock = NULL;
    assert_int_equal(
        sock_connect(&sock, endpoint, key, server_key.public_text, SIZE_MAX_HERE, &error), 0);
    return sock;
}

static void
who_is_listed_gets_in_and_is_known_by_name(void **state)
{
    (void)state;
    char endpoint[64];
    CLEAN(zap_destroy) zap_t *zap = open_zap();
    CLEAN(sock_destroy) sock_t *server = bind_somewhere("worker", &server_key, endpoint);
    CLEAN(sock_destroy) sock_t *worker = connect_to(endpoint, &worker_key);
    struct sock_peer peer;
    send_text(worker, NULL, "hello");
    assert_receives(server, &peer, "hello");
    assert_string_equal(peer.principal, "key:frankfurt-1");
    assert_string_equal(peer.public_key, worker_key.public_text);
    assert_string_equal(zap_allows(zap, "worker", peer.public_key), "frankfurt-1");
    send_text(server, &peer, "welcome");
    assert_receives(worker, NULL, "welcome");
}

static void
who_is_not_listed_is_refused(void **state)
{
    (void)state;
    char endpoint[64];
    CLEAN(zap_destroy) zap_t *zap = open_zap();
    CLEAN(sock_destroy) sock_t *server = bind_somewhere("worker", &server_key, endpoint);
    assert_int_equal(handshake(endpoint, &worker_key, server_key.public_text), LET_IN);
    assert_int_equal(handshake(endpoint, &unknown_key, server_key.public_text), REFUSED);
    assert_int_not_equal(handshake(endpoint, NULL, NULL), LET_IN);
    assert_null(zap_allows(zap, "worker", unknown_key.public_text));
    assert_null(zap_allows(zap, "worker", ""));
    struct sock_peer peer;
    assert_silent(server, &peer);
}

static void
a_role_opens_only_its_own_endpoint(void **state)
{
    (void)state;
    char for_workers[64], for_operators[64];
    CLEAN(zap_destroy) zap_t *zap = open_zap();
    CLEAN(sock_destroy) sock_t *one = bind_somewhere("worker", &server_key, for_workers);
    CLEAN(sock_destroy) sock_t *other = bind_somewhere("operator", &server_key, for_operators);
    assert_int_equal(handshake(for_workers, &worker_key, server_key.public_text), LET_IN);
    assert_int_equal(handshake(for_operators, &operator_key, server_key.public_text), LET_IN);
    assert_int_equal(handshake(for_operators, &worker_key, server_key.public_text), REFUSED);
    assert_int_equal(handshake(for_workers, &operator_key, server_key.public_text), REFUSED);
    assert_null(zap_allows(zap, "operator", worker_key.public_text));
    assert_string_equal(zap_allows(zap, "operator", operator_key.public_text), "alice");
}

static void
without_a_list_nobody_gets_in(void **state)
{
    (void)state;
    struct error error = {0};
    char endpoint[64];
    CLEAN(zap_destroy) zap_t *zap = NULL;
    assert_int_equal(zap_open(&zap, NULL, &error), 0);
    CLEAN(sock_destroy) sock_t *server = bind_somewhere("worker", &server_key, endpoint);
    assert_int_equal(handshake(endpoint, &worker_key, server_key.public_text), REFUSED);
    assert_int_equal(zap_reload(zap, &error), 0);
    assert_null(zap_allows(zap, "worker", worker_key.public_text));
}

static void
a_client_with_the_wrong_server_key_does_not_get_in(void **state)
{
    (void)state;
    char endpoint[64];
    CLEAN(zap_destroy) zap_t *zap = open_zap();
    CLEAN(sock_destroy) sock_t *server = bind_somewhere("worker", &server_key, endpoint);
    assert_int_not_equal(handshake(endpoint, &worker_key, unknown_key.public_text), LET_IN);
}

static void
a_reload_lets_a_new_worker_in_if_it_connects_anew(void **state)
{
    (void)state;
    struct error error = {0};
    char endpoint[64];
    write_list("workers: {}\n");
    CLEAN(zap_destroy) zap_t *zap = open_zap();
    CLEAN(sock_destroy) sock_t *server = bind_somewhere("worker", &server_key, endpoint);
    CLEAN(client_close) struct client refused = {0};
    client_open(&refused, endpoint, &worker_key, server_key.public_text);
    assert_int_equal(client_event(&refused, REFUSED | LET_IN), REFUSED);
    write_usual_list();
    assert_int_equal(zap_reload(zap, &error), 0);

    // The refused one does not try again: its interval (100 ms) passes several times.
    zmq_pollitem_t item = {refused.monitor, 0, ZMQ_POLLIN, 0};
    while (zmq_poll(&item, 1, 500) > 0)
        assert_int_not_equal(client_event(&refused, ZMQ_EVENT_ALL), LET_IN);
    CLEAN(sock_destroy) sock_t *worker = connect_to(endpoint, &worker_key);
    struct sock_peer peer;
    send_text(worker, NULL, "hello");
    assert_receives(server, &peer, "hello");
    assert_string_equal(peer.principal, "key:frankfurt-1");
}

static void
a_revoked_key_is_seen_on_the_next_message(void **state)
{
    (void)state;
    struct error error = {0};
    char endpoint[64];
    write_usual_list();
    CLEAN(zap_destroy) zap_t *zap = open_zap();
    CLEAN(sock_destroy) sock_t *server = bind_somewhere("worker", &server_key, endpoint);
    CLEAN(sock_destroy) sock_t *worker = connect_to(endpoint, &worker_key);
    struct sock_peer peer;
    send_text(worker, NULL, "before");
    assert_receives(server, &peer, "before");
    assert_non_null(zap_allows(zap, "worker", peer.public_key));

    write_list("workers: {}\n");
    assert_int_equal(zap_reload(zap, &error), 0);
    send_text(worker, NULL, "after");  // libzmq does not cut the connection
    assert_receives(server, &peer, "after");
    assert_null(zap_allows(zap, "worker", peer.public_key));
    assert_int_equal(handshake(endpoint, &worker_key, server_key.public_text), REFUSED);
    write_usual_list();
}

static void
a_broken_list_keeps_the_old_one(void **state)
{
    (void)state;
    struct error error = {0};
    char endpoint[64];
    CLEAN(zap_destroy) zap_t *zap = open_zap();
    CLEAN(sock_destroy) sock_t *server = bind_somewhere("worker", &server_key, endpoint);
    write_list("workers: [\n");
    assert_int_equal(zap_reload(zap, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_string_equal(zap_allows(zap, "worker", worker_key.public_text), "frankfurt-1");
    assert_int_equal(handshake(endpoint, &worker_key, server_key.public_text), LET_IN);
    assert_int_equal(unlink(list_path), 0);
    assert_int_equal(zap_reload(zap, &error), -1);
    assert_string_equal(zap_allows(zap, "worker", worker_key.public_text), "frankfurt-1");
    assert_int_equal(handshake(endpoint, &unknown_key, server_key.public_text), REFUSED);
    write_usual_list();
}

static void
there_is_one_handler_in_a_process(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(zap_destroy) zap_t *zap = open_zap();
    zap_t *second = NULL;
    assert_int_equal(zap_open(&second, list_path, &error), -1);
    assert_null(second);
    zap_destroy(&zap);
    zap = open_zap();
}

static void
the_self_test_passes_on_a_server_that_refuses(void **state)
{
    (void)state;
    struct error error = {0};
    char endpoint[64];
    CLEAN(zap_destroy) zap_t *zap = open_zap();
    CLEAN(sock_destroy) sock_t *server = bind_somewhere("worker", &server_key, endpoint);
    assert_int_equal(zap_self_test(endpoint, server_key.public_text, &error), 0);
    assert_int_equal(zap_self_test(endpoint, server_key.public_text, &error), 0);
    sock_destroy(&server);

    static const char *const everywhere[] = {"*", "0.0.0.0", "[::]"};
    const int port = atoi(strrchr(endpoint, ':') + 1);
    for (size_t i = 0; i < sizeof everywhere / sizeof *everywhere; i++) {
        snprintf(endpoint, sizeof endpoint, "tcp://%s:%d", everywhere[i], port);
        WAIT_UNTIL(!sock_bind(&server, endpoint, "worker", &server_key, 0, 1024, &error));
        assert_int_equal(zap_self_test(endpoint, server_key.public_text, &error), 0);
        sock_destroy(&server);
    }
}

static void
the_self_test_fails_on_a_server_without_an_enforced_domain(void **state)
{
    (void)state;
    struct error error = {0};
    void *context = zmq_ctx_new();
    void *server = zmq_socket(context, ZMQ_ROUTER);
    int on = 1;
    char endpoint[64];
    zmq_setsockopt(server, ZMQ_CURVE_SERVER, &on, sizeof on);
    zmq_setsockopt(server, ZMQ_CURVE_SECRETKEY, server_key.secret_text, KEY_TEXT_SIZE);
    zmq_setsockopt(server, ZMQ_ZAP_DOMAIN, "worker", 6);
    do {
        snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", 20000 + (int)(random() % 12000));
    } while (zmq_bind(server, endpoint));
    assert_int_equal(zap_self_test(endpoint, server_key.public_text, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    zmq_close(server);
    zmq_ctx_term(context);
}

static void
the_self_test_gives_up_on_a_server_that_says_nothing(void **state)
{
    (void)state;
    struct error error = {0};
    char endpoint[64];
    // Nobody there: the port was free a moment ago.
    CLEAN(sock_destroy) sock_t *server = bind_somewhere("worker", &server_key, endpoint);
    sock_destroy(&server);
    long start = now_ms();
    assert_int_equal(zap_self_test(endpoint, server_key.public_text, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_in_range(now_ms() - start, 4900, 8000);
    assert_int_equal(zap_self_test("ipc:///x", server_key.public_text, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
}

static void
messages_up_to_the_limit_pass_through_curve(void **state)
{
    (void)state;
    struct error error = {0};
    char endpoint[64];
    CLEAN(zap_destroy) zap_t *zap = open_zap();
    CLEAN(sock_destroy) sock_t *server = bind_somewhere("worker", &server_key, endpoint);
    CLEAN(client_close) struct client client = {0};
    client_open(&client, endpoint, &worker_key, server_key.public_text);
    CLEAN(memory_free) char *big = memory_get(SIZE_MAX_HERE + 1);
    struct sock_peer peer;
    uint8_t *data = NULL;
    size_t size = 0;
    assert_int_equal(zmq_send(client.socket, big, SIZE_MAX_HERE, 0), SIZE_MAX_HERE);
    WAIT_UNTIL(!sock_receive(server, &peer, &data, &size, &error));
    memory_free(&data);
    assert_int_equal(size, SIZE_MAX_HERE);
    assert_int_equal(zmq_send(client.socket, big, SIZE_MAX_HERE + 1, 0), SIZE_MAX_HERE + 1);
    client_event(&client, ZMQ_EVENT_DISCONNECTED);
    WAIT_UNTIL(sock_send(server, &peer, "x", 1, &error));
    assert_int_equal(error.code, ERROR_NOT_FOUND);
}

static int
connect_raw(const char *endpoint)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons((uint16_t)atoi(strrchr(endpoint, ':') + 1));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static long
memory_kib(void)
{
    CLEAN(memory_free) char *text = NULL;
    size_t size = 0;
    struct error error = {0};
    assert_int_equal(fd_read_file(AT_FDCWD, "/proc/self/statm", 256, &text, &size, &error), 0);
    long total, resident;
    assert_int_equal(sscanf(text, "%ld %ld", &total, &resident), 2);
    return resident * 4;
}

// Whether the other side hangs up, however much is sent.
static int
hangs_up(int fd)
{
    CLEAN(memory_free) char *more = memory_get(1 << 16);
    for (long end = now_ms() + PATIENCE_MS; now_ms() < end; poll(NULL, 0, 1)) {
        if (send(fd, more, 1 << 16, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
            return 1;
        char got[256];
        if (recv(fd, got, sizeof got, MSG_DONTWAIT) == 0)
            return 1;
    }
    return 0;
}

static void
a_stranger_cannot_fill_our_memory(void **state)
{
    (void)state;
    char endpoint[64];
    CLEAN(zap_destroy) zap_t *zap = open_zap();
    CLEAN(sock_destroy) sock_t *server = bind_somewhere("worker", &server_key, endpoint);
    // A greeting of ZMTP 3.1 with CURVE, then a command that claims 1 GiB.
    static const uint8_t greeting[64] = {0xff, 0, 0, 0,   0,   0,   0,   0,  1,
                                         0x7f, 3, 1, 'C', 'U', 'R', 'V', 'E'};
    static const uint8_t command[] = {0x06, 0, 0, 0, 0, 0x40, 0, 0, 0};
    long before = memory_kib();
    CLEAN(fd_close) int fd = connect_raw(endpoint);
    assert_int_equal(send(fd, greeting, sizeof greeting, 0), sizeof greeting);
    assert_int_equal(send(fd, command, sizeof command, 0), sizeof command);
    assert_true(hangs_up(fd));
    CLEAN(fd_close) int other = connect_raw(endpoint);
    assert_true(hangs_up(other));  // zeros: not ZMTP at all
    assert_true(memory_kib() - before < 50000);
    assert_int_equal(handshake(endpoint, &worker_key, server_key.public_text), LET_IN);
}

static int
prepare(void **state)
{
    (void)state;
    struct error error = {0};
    if (!mkdtemp(folder))
        return -1;
    snprintf(list_path, sizeof list_path, "%s/allowed.yaml", folder);
    key_generate(&server_key, &error);
    key_generate(&worker_key, &error);
    key_generate(&operator_key, &error);
    key_generate(&unknown_key, &error);
    srandom((unsigned)getpid());
    write_usual_list();
    return 0;
}

static int
clean_up(void **state)
{
    (void)state;
    CLEAN(memory_free) char *command = memory_format("rm -r %s", folder);
    return system(command);
}

int
main(void)
{
    sock_prepare(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_listed_gets_in_and_is_known_by_name),
        cmocka_unit_test(who_is_not_listed_is_refused),
        cmocka_unit_test(a_role_opens_only_its_own_endpoint),
        cmocka_unit_test(without_a_list_nobody_gets_in),
        cmocka_unit_test(a_client_with_the_wrong_server_key_does_not_get_in),
        cmocka_unit_test(a_reload_lets_a_new_worker_in_if_it_connects_anew),
        cmocka_unit_test(a_revoked_key_is_seen_on_the_next_message),
        cmocka_unit_test(a_broken_list_keeps_the_old_one),
        cmocka_unit_test(there_is_one_handler_in_a_process),
        cmocka_unit_test(the_self_test_passes_on_a_server_that_refuses),
        cmocka_unit_test(the_self_test_fails_on_a_server_without_an_enforced_domain),
        cmocka_unit_test(the_self_test_gives_up_on_a_server_that_says_nothing),
        cmocka_unit_test(messages_up_to_the_limit_pass_through_curve),
        cmocka_unit_test(a_stranger_cannot_fill_our_memory),
    };
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
