// What a listener on the network sees of the talk: nothing. tcpdump listens on loopback.

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/zap.h"
#include "tests/talk.h"

enum { CAPTURE_MAX = 16 << 20, ROUNDS = 50 };

static const char secret_words[] = "the-password-is-Zwiebelkuchen";
static const char open_words[] = "this-was-said-in-the-open";

static char folder[] = "/tmp/test_secrecy.XXXXXX";
static char list_path[64], capture_path[64], said_path[64];

static char *
read_whole(const char *path, size_t *size)
{
    struct error error = {0};
    char *data = NULL;
    *size = 0;
    fd_read_file(AT_FDCWD, path, CAPTURE_MAX, &data, size, &error);
    return data;
}

static int
file_holds(const char *path, const char *words)
{
    size_t size = 0;
    CLEAN(memory_free) char *data = read_whole(path, &size);
    return data && memmem(data, size, words, strlen(words)) != NULL;
}

static void
stop_listener(pid_t *pid)
{
    if (*pid > 0) {
        kill(*pid, SIGTERM);
        waitpid(*pid, NULL, 0);
    }
    *pid = 0;
}

// tcpdump on two ports of loopback, or 0 if it cannot be had.
static pid_t
listen_on(const char *one, const char *other)
{
    char filter[64];
    snprintf(filter, sizeof filter, "tcp port %s or tcp port %s", strrchr(one, ':') + 1,
             strrchr(other, ':') + 1);
    unlink(said_path);
    pid_t pid = fork();
    if (pid == 0) {
        int said = open(said_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        dup2(said, STDERR_FILENO);
        execlp("tcpdump", "tcpdump", "-i", "lo", "-Z", "root", "-U", "-s", "0", "-w", capture_path,
               filter, NULL);
        _exit(127);
    }
    int status = 0;
    WAIT_UNTIL(file_holds(said_path, "listening on") || waitpid(pid, &status, WNOHANG) == pid);
    return WIFEXITED(status) && WEXITSTATUS(status) ? 0 : pid;
}

static void
talk(sock_t *server, sock_t *worker)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct sock_peer peer;
        send_text(worker, NULL, secret_words);
        assert_receives(server, &peer, secret_words);
        send_text(server, &peer, secret_words);
        assert_receives(worker, NULL, secret_words);
    }
}

// A server and a client of libzmq's own, without CURVE: what the listener must be able to see.
static void *
open_server(void *context, char endpoint[64])
{
    void *server = zmq_socket(context, ZMQ_PULL);
    do {
        snprintf(endpoint, 64, "tcp://127.0.0.1:%d", 20000 + (int)(random() % 12000));
    } while (zmq_bind(server, endpoint));
    return server;
}

static void
nothing_of_a_talk_can_be_read_on_the_network(void **state)
{
    (void)state;
    // Before anything else is open, because skip() does not come back.
    pid_t trial = listen_on("port:1", "port:2");
    if (trial == 0) {
        print_message("not run: tcpdump cannot be run or may not listen\n");
        skip();
    }
    stop_listener(&trial);

    struct error error = {0};
    struct key_pair server_key, worker_key;
    key_generate(&server_key, &error);
    key_generate(&worker_key, &error);
    CLEAN(memory_free)
    char *list = memory_format("workers:\n  frankfurt-1: \"%s\"\n", worker_key.public_text);
    assert_int_equal(fd_write_file(AT_FDCWD, list_path, list, strlen(list), &error), 0);
    CLEAN(zap_destroy) zap_t *zap = NULL;
    assert_int_equal(zap_open(&zap, list_path, &error), 0);

    char secret_place[64], open_place[64];
    CLEAN(sock_destroy) sock_t *server = bind_somewhere("worker", &server_key, secret_place);
    void *context = zmq_ctx_new();
    void *open_socket = open_server(context, open_place);
    CLEAN(stop_listener) pid_t listener = listen_on(secret_place, open_place);
    assert_true(listener > 0);

    CLEAN(sock_destroy) sock_t *worker = NULL;
    assert_int_equal(sock_connect(&worker, secret_place, &worker_key, server_key.public_text,
                                  SIZE_MAX_HERE, &error),
                     0);
    talk(server, worker);

    // Then something in the open: once that was captured, so was all that went before it.
    void *open_client = zmq_socket(context, ZMQ_PUSH);
    assert_int_equal(zmq_connect(open_client, open_place), 0);
    assert_int_equal(zmq_send(open_client, open_words, strlen(open_words), 0), strlen(open_words));
    WAIT_UNTIL(file_holds(capture_path, open_words));

    assert_true(file_holds(capture_path, "CURVE"));  // the handshake of the secret talk is there
    size_t size = 0;
    CLEAN(memory_free) char *captured = read_whole(capture_path, &size);
    assert_true(size > 2 * ROUNDS * sizeof secret_words);
    assert_false(file_holds(capture_path, secret_words));
    assert_false(file_holds(capture_path, "Zwiebel"));
    assert_false(file_holds(capture_path, server_key.secret_text));
    assert_false(file_holds(capture_path, "frankfurt-1"));
    zmq_close(open_client);
    zmq_close(open_socket);
    zmq_ctx_term(context);
}

static int
make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(list_path, sizeof list_path, "%s/allowed.yaml", folder);
    snprintf(capture_path, sizeof capture_path, "%s/capture", folder);
    snprintf(said_path, sizeof said_path, "%s/said", folder);
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
main(void)
{
    sock_prepare(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_a_talk_can_be_read_on_the_network),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
