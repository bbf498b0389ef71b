// What a socket over tcp asks for before anything is let in. Who is: test_zap.c.

#include <fcntl.h>
#include <unistd.h>

#include "common/fd.h"
#include "tests/talk.h"

static void
tcp_needs_keys(void **state)
{
    (void)state;
    struct error error = {0};
    struct key_pair key;
    sock_t *sock = NULL;
    key_generate(&key, &error);
    const char *place = "tcp://127.0.0.1:7310";
    assert_int_equal(sock_bind(&sock, place, "worker", NULL, 0, 1024, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_int_equal(sock_connect(&sock, place, NULL, key.public_text, 1024, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_int_equal(sock_connect(&sock, place, &key, NULL, 1024, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    key.public_text[0] = '"';
    assert_int_equal(sock_connect(&sock, place, &key, key.public_text, 1024, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_null(sock);
}

static void
an_endpoint_that_cannot_serve_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "127.0.0.1:7310",
        "inproc://x",
        "udp://127.0.0.1:7310",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:",
        "tcp://127.0.0.1:*",
        "tcp://127.0.0.1:0",
        "tcp://127.0.0.1:70000",
        "tcp://127.0.0.1:7310x",
        "tcp://300.0.0.1:7310",
        "ipc://",
        "ipc://relative",
        "ipc://*",
        "ipc:///nowhere/at/all/x.ipc",
        "ipc:///tmp/"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    struct key_pair key;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error error = {0};
        sock_t *sock = NULL;
        key_generate(&key, &error);
        assert_int_equal(sock_bind(&sock, wrong[i], "worker", &key, 0600, 1024, &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
    }
}

static void
an_ephemeral_port_is_refused_with_a_sentence(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(memory_free) char *range = NULL;
    size_t size = 0;
    long low = 0;
    assert_int_equal(
        fd_read_file(AT_FDCWD, "/proc/sys/net/ipv4/ip_local_port_range", 64, &range, &size, &error),
        0);
    assert_int_equal(sscanf(range, "%ld", &low), 1);
    struct key_pair key;
    sock_t *sock = NULL;
    char place[64];
    key_generate(&key, &error);
    snprintf(place, sizeof place, "tcp://127.0.0.1:%ld", low);
    assert_int_equal(sock_bind(&sock, place, "worker", &key, 0, 1024, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "outgoing"));
}

static void
a_port_in_use_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    struct key_pair key;
    char place[64];
    key_generate(&key, &error);
    CLEAN(sock_destroy) sock_t *first = bind_somewhere("worker", &key, place);
    sock_t *second = NULL;
    assert_int_equal(sock_bind(&second, place, "worker", &key, 0, 1024, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
}

static void
nobody_gets_in_over_tcp_before_the_allow_list_is_there(void **state)
{
    (void)state;
    struct error error = {0};
    struct key_pair server_key, client_key;
    char place[64];
    key_generate(&server_key, &error);
    key_generate(&client_key, &error);
    CLEAN(sock_destroy) sock_t *server = bind_somewhere("worker", &server_key, place);
    assert_int_not_equal(handshake(place, &client_key, server_key.public_text),
                         ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    assert_int_not_equal(handshake(place, NULL, NULL), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    struct sock_peer peer;
    assert_silent(server, &peer);
}

int
main(void)
{
    sock_prepare(1);
    srandom((unsigned)getpid());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_needs_keys),
        cmocka_unit_test(an_endpoint_that_cannot_serve_is_refused),
        cmocka_unit_test(an_ephemeral_port_is_refused_with_a_sentence),
        cmocka_unit_test(a_port_in_use_is_refused),
        cmocka_unit_test(nobody_gets_in_over_tcp_before_the_allow_list_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
