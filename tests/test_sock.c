// Sockets over ipc. Over tcp: test_sock_tcp.c and test_zap.c.

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/talk.h"

static char folder[] = "/tmp/test_sock.XXXXXX";
static char endpoint[128];
static const char *path;  // within endpoint

static sock_t *
bind_here(unsigned mode)
{
    struct error error = {0};
    sock_t *sock = NULL;
    if (sock_bind(&sock, endpoint, "worker", NULL, mode, SIZE_MAX_HERE, &error))
        fail_msg("%s", error.message);
    return sock;
}

static sock_t *
connect_here(void)
{
    struct error error = {0};
    sock_t *sock = NULL;
    if (sock_connect(&sock, endpoint, NULL, NULL, SIZE_MAX_HERE, &error))
        fail_msg("%s", error.message);
    return sock;
}

// This program once more: `role` "bind" or "connect", as another user if uid is not 0.
static pid_t
start_other(const char *role, const char *uid)
{
    pid_t pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", "test_sock", role, endpoint, uid, NULL);
        _exit(127);
    }
    return pid;
}

static void
stop_other(pid_t *pid)
{
    if (*pid > 0) {
        kill(*pid, SIGKILL);
        waitpid(*pid, NULL, 0);
    }
    *pid = 0;
}

static void
messages_go_both_ways(void **state)
{
    (void)state;
    CLEAN(sock_destroy) sock_t *server = bind_here(0600);
    CLEAN(sock_destroy) sock_t *client = connect_here();
    struct sock_peer peer;
    send_text(client, NULL, "one");
    send_text(client, NULL, "");
    assert_receives(server, &peer, "one");
    assert_receives(server, &peer, "");
    send_text(server, &peer, "two");
    assert_receives(client, NULL, "two");
    assert_silent(server, &peer);
    assert_int_equal(sock_dropped(server), 0);
}

static void
a_local_peer_is_known_by_its_user(void **state)
{
    (void)state;
    CLEAN(sock_destroy) sock_t *server = bind_here(0666);
    static const char *const uids[] = {"0", "65534"};
    for (size_t i = 0; i < 2; i++) {
        CLEAN(stop_other) pid_t other = start_other("connect", uids[i]);
        struct sock_peer peer;
        assert_receives(server, &peer, "hello");
        assert_string_equal(peer.principal, i ? "uid:65534" : "uid:0");
        assert_string_equal(peer.public_key, "");
    }
}

static void
a_user_without_permission_does_not_get_in(void **state)
{
    (void)state;
    CLEAN(sock_destroy) sock_t *server = bind_here(0600);
    CLEAN(stop_other) pid_t other = start_other("refused", "65534");
    int status = -1;
    WAIT_UNTIL(waitpid(other, &status, WNOHANG) == other);
    other = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    struct sock_peer peer;
    assert_silent(server, &peer);
}

static void
a_second_binder_is_refused(void **state)
{
    (void)state;
    CLEAN(stop_other) pid_t other = start_other("bind", "0");
    CLEAN(sock_destroy) sock_t *client = connect_here();
    send_text(client, NULL, "hello");  // it listens
    struct error error = {0};
    sock_t *second = NULL;
    assert_int_equal(sock_bind(&second, endpoint, "worker", NULL, 0600, SIZE_MAX_HERE, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "another program listens"));
    assert_null(second);
    assert_receives(client, NULL, "hello");  // and the first was not disturbed

    // Once it is dead, what it left behind is taken over.
    stop_other(&other);
    assert_int_equal(access(path, F_OK), 0);
    CLEAN(sock_destroy) sock_t *server = bind_here(0600);
    CLEAN(sock_destroy) sock_t *other_client = connect_here();
    struct sock_peer peer;
    send_text(other_client, NULL, "again");
    assert_receives(server, &peer, "again");
}

static void
a_path_is_free_again_after_the_end(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        CLEAN(sock_destroy) sock_t *server = bind_here(0600);
        CLEAN(sock_destroy) sock_t *client = connect_here();
        struct sock_peer peer;
        send_text(client, NULL, "x");
        assert_receives(server, &peer, "x");
    }
    assert_int_equal(access(path, F_OK), -1);
}

static void
a_peer_that_vanished_is_not_found(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(sock_destroy) sock_t *server = bind_here(0600);
    CLEAN(stop_other) pid_t other = start_other("connect", "0");
    struct sock_peer peer;
    assert_receives(server, &peer, "hello");
    stop_other(&other);
    WAIT_UNTIL(sock_send(server, &peer, "x", 1, &error));
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    struct sock_peer nobody = {.address = "\1\2\3\4\5", .address_size = 5};
    assert_int_equal(sock_send(server, &nobody, "x", 1, &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
}

static void
a_dealer_takes_nothing_while_it_is_not_connected(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(sock_destroy) sock_t *client = connect_here();
    assert_int_equal(sock_send(client, NULL, "x", 1, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    CLEAN(sock_destroy) sock_t *server = bind_here(0600);
    struct sock_peer peer;
    send_text(client, NULL, "y");
    assert_receives(server, &peer, "y");
    sock_destroy(&server);
    WAIT_UNTIL(sock_send(client, NULL, "x", 1, &error));
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
}

static void
a_peer_that_does_not_read_fills_only_its_own_queue(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(sock_destroy) sock_t *server = bind_here(0600);
    CLEAN(sock_destroy) sock_t *lazy = connect_here();
    CLEAN(sock_destroy) sock_t *client = connect_here();
    struct sock_peer lazy_peer, peer;
    send_text(lazy, NULL, "lazy");
    assert_receives(server, &lazy_peer, "lazy");
    CLEAN(memory_free) char *big = memory_get(SIZE_MAX_HERE);
    int sent = 0;
    while (sent < 5000 && !sock_send(server, &lazy_peer, big, SIZE_MAX_HERE, &error))
        sent++;
    assert_true(sent < 5000);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    send_text(client, NULL, "busy");
    assert_receives(server, &peer, "busy");
    send_text(server, &peer, "well");
    assert_receives(client, NULL, "well");
}

static void
a_message_beyond_the_limit_is_not_sent(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(sock_destroy) sock_t *server = bind_here(0600);
    CLEAN(sock_destroy) sock_t *client = connect_here();
    CLEAN(memory_free) char *big = memory_get(SIZE_MAX_HERE + 1);
    assert_int_equal(sock_send(client, NULL, big, SIZE_MAX_HERE + 1, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    WAIT_UNTIL(!sock_send(client, NULL, big, SIZE_MAX_HERE, &error));
    struct sock_peer peer;
    uint8_t *data = NULL;
    size_t size = 0;
    WAIT_UNTIL(!sock_receive(server, &peer, &data, &size, &error));
    memory_free(&data);
    assert_int_equal(size, SIZE_MAX_HERE);
}

static void
a_peer_that_sends_too_much_is_cut(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(sock_destroy) sock_t *server = bind_here(0600);
    CLEAN(client_close) struct client client = {0};
    client_open(&client, endpoint, NULL, NULL);
    struct sock_peer peer;
    assert_int_equal(zmq_send(client.socket, "hello", 5, 0), 5);
    assert_receives(server, &peer, "hello");
    CLEAN(memory_free) char *big = memory_get(2 * SIZE_MAX_HERE);
    assert_int_equal(zmq_send(client.socket, big, 2 * SIZE_MAX_HERE, 0), 2 * SIZE_MAX_HERE);
    client_event(&client, ZMQ_EVENT_DISCONNECTED);
    WAIT_UNTIL(sock_send(server, &peer, "x", 1, &error));
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_silent(server, &peer);
}

static void
messages_of_several_frames_are_dropped_and_counted(void **state)
{
    (void)state;
    CLEAN(sock_destroy) sock_t *server = bind_here(0600);
    CLEAN(client_close) struct client client = {0};
    client_open(&client, endpoint, NULL, NULL);
    for (int i = 0; i < 100; i++) {
        zmq_send(client.socket, "a", 1, ZMQ_SNDMORE);
        zmq_send(client.socket, "b", 1, i % 2 ? ZMQ_SNDMORE : 0);
        if (i % 2)
            zmq_send(client.socket, "c", 1, 0);
    }
    zmq_send(client.socket, "good", 4, 0);
    struct sock_peer peer;
    assert_receives(server, &peer, "good");
    assert_int_equal(sock_dropped(server), 100);

    // The other way round.
    CLEAN(sock_destroy) sock_t *other = NULL;
    struct error error = {0};
    char place[128];
    void *context = zmq_ctx_new();
    void *router = zmq_socket(context, ZMQ_ROUTER);
    snprintf(place, sizeof place, "ipc://%s/raw.ipc", folder);
    assert_int_equal(zmq_bind(router, place), 0);
    assert_int_equal(sock_connect(&other, place, NULL, NULL, 1024, &error), 0);
    send_text(other, NULL, "x");
    char address[16];
    int size = zmq_recv(router, address, sizeof address, 0);
    zmq_recv(router, address + size, 1, 0);
    for (int i = 0; i < 2; i++) {
        zmq_send(router, address, (size_t)size, ZMQ_SNDMORE);
        zmq_send(router, "y", 1, i == 0 ? ZMQ_SNDMORE : 0);
        if (i == 0)
            zmq_send(router, "z", 1, 0);
    }
    assert_receives(other, NULL, "y");
    assert_int_equal(sock_dropped(other), 1);
    zmq_close(router);
    sock_destroy(&other);
    zmq_ctx_term(context);
}

static void
a_crowd_of_bad_messages_holds_nobody_for_long(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(sock_destroy) sock_t *server = bind_here(0600);
    CLEAN(client_close) struct client client = {0};
    client_open(&client, endpoint, NULL, NULL);
    for (int i = 0; i < 500; i++) {
        zmq_send(client.socket, "a", 1, ZMQ_SNDMORE);
        zmq_send(client.socket, "b", 1, 0);
    }
    struct sock_peer peer;
    uint8_t *data = NULL;
    size_t size = 0;
    uint64_t before = 0;
    WAIT_UNTIL((before = sock_dropped(server),
                assert_int_equal(sock_receive(server, &peer, &data, &size, &error), -1),
                assert_int_equal(error.code, ERROR_NOT_FOUND),
                assert_true(sock_dropped(server) - before <= 64), sock_dropped(server) == 500));
}

static void
signals_are_left_alone(void **state)
{
    (void)state;
    CLEAN(sock_destroy) sock_t *server = bind_here(0600);
    struct sigaction action;
    assert_int_equal(sigaction(SIGINT, NULL, &action), 0);
    assert_true(action.sa_handler == SIG_DFL);
    assert_int_equal(sigaction(SIGTERM, NULL, &action), 0);
    assert_true(action.sa_handler == SIG_DFL);
}

// What start_other starts.
static int
be_other(const char *role, const char *uid)
{
    struct error error = {0};
    CLEAN(sock_destroy) sock_t *sock = NULL;
    struct sock_peer peer;
    uint8_t *data = NULL;
    size_t size = 0;
    if (setgid((gid_t)atoi(uid)) || setuid((uid_t)atoi(uid)))
        return 2;
    if (!strcmp(role, "bind")) {
        // Answers each message with itself.
        if (sock_bind(&sock, endpoint, "worker", NULL, 0600, SIZE_MAX_HERE, &error))
            return 3;
        for (;; poll(NULL, 0, 2)) {
            if (!sock_receive(sock, &peer, &data, &size, &error))
                sock_send(sock, &peer, data, size, &error);
            memory_free(&data);
        }
    }
    if (sock_connect(&sock, endpoint, NULL, NULL, SIZE_MAX_HERE, &error))
        return 3;
    zmq_pollitem_t item = {sock_handle(sock), 0, ZMQ_POLLOUT, 0};
    if (!strcmp(role, "refused"))
        return zmq_poll(&item, 1, 300) != 0;  // the server is there: it would take no time
    zmq_poll(&item, 1, PATIENCE_MS);
    sock_send(sock, NULL, "hello", 5, &error);
    poll(NULL, 0, PATIENCE_MS);  // until killed
    return 0;
}

static int
make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || chmod(folder, 0755))
        return -1;
    snprintf(endpoint, sizeof endpoint, "ipc://%s/s.ipc", folder);
    path = endpoint + strlen("ipc://");
    srandom((unsigned)getpid());
    return 0;
}

static int
remove_folder(void **state)
{
    (void)state;
    CLEAN(memory_free) char *command = memory_format("rm -r %s", folder);
    return system(command);
}

int
main(int argc, char **argv)
{
    sock_prepare(1);
    if (argc == 4) {
        snprintf(endpoint, sizeof endpoint, "%s", argv[2]);
        return be_other(argv[1], argv[3]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_go_both_ways),
        cmocka_unit_test(a_local_peer_is_known_by_its_user),
        cmocka_unit_test(a_user_without_permission_does_not_get_in),
        cmocka_unit_test(a_second_binder_is_refused),
        cmocka_unit_test(a_path_is_free_again_after_the_end),
        cmocka_unit_test(a_peer_that_vanished_is_not_found),
        cmocka_unit_test(a_dealer_takes_nothing_while_it_is_not_connected),
        cmocka_unit_test(a_peer_that_does_not_read_fills_only_its_own_queue),
        cmocka_unit_test(a_message_beyond_the_limit_is_not_sent),
        cmocka_unit_test(a_peer_that_sends_too_much_is_cut),
        cmocka_unit_test(messages_of_several_frames_are_dropped_and_counted),
        cmocka_unit_test(a_crowd_of_bad_messages_holds_nobody_for_long),
        cmocka_unit_test(signals_are_left_alone),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
