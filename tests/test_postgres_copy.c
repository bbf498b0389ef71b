// The stream of a COPY, from a server of our own that sends what it is told to: long rows, pieces
// of messages, and what is none.

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "tests/check.h"
#include "worker/engine/postgres_copy.h"
#include "worker/engine/postgres_wire.h"

enum { LONG_SIZE = 3 << 20 };

// The server: answers a query with these bytes, then closes if it is to.
struct scene {
    int listener;
    struct buffer answer;
    size_t piece;  // so many bytes at a time; 0: all at once
    int closes;
    pthread_t thread;
    // What came.
    uint64_t rows, bytes, held_bytes, most_bytes;
    int refuses, let_go;
};

static void
add_message(struct buffer *to, char type, const char *data, size_t size)
{
    uint32_t length = htonl((uint32_t)size + 4);
    buffer_add(to, &type, 1);
    buffer_add(to, &length, sizeof length);
    buffer_add(to, data, size);
}

static void
add_row(struct buffer *to, size_t size)
{
    CLEAN(memory_free) char *row = memory_get(size);
    memset(row, 'x', size);
    row[size - 1] = '\n';
    add_message(to, 'd', row, size);
}

static void
give(int socket, const struct buffer *bytes, size_t piece)
{
    const char *data = bytes->data;
    for (size_t at = 0, part = 0; at < bytes->size; at += part) {
        part = piece == 0 || bytes->size - at < piece ? bytes->size - at : piece;
        if (send(socket, data + at, part, MSG_NOSIGNAL) != (ssize_t)part)
            return;
        if (piece > 0)
            poll(NULL, 0, 1);
    }
}

static int
take(int socket, void *data, size_t size)
{
    return size == 0 || recv(socket, data, size, MSG_WAITALL) == (ssize_t)size ? 0 : -1;
}

// Takes a message; returns its type, or -1.
static int
take_message(int socket)
{
    char type = 0, unseen[4096];
    uint32_t length = 0;
    if (take(socket, &type, 1) || take(socket, &length, sizeof length))
        return -1;
    length = ntohl(length) - 4;
    return length <= sizeof unseen && take(socket, unseen, length) == 0 ? type : -1;
}

static void
welcome(int socket)
{
    char unseen[4096];
    uint32_t length = 0;
    static const char version[] = "server_version\0"
                                  "15.0";
    CLEAN(buffer_clear) struct buffer answer = {0};
    while (take(socket, &length, sizeof length) == 0 && ntohl(length) == 8) {
        take(socket, unseen, 4);  // TLS is asked for
        send(socket, "N", 1, MSG_NOSIGNAL);
    }
    take(socket, unseen, ntohl(length) - 4);
    add_message(&answer, 'R', "\0\0\0\0", 4);
    add_message(&answer, 'S', version, sizeof version);
    add_message(&answer, 'Z', "I", 1);
    give(socket, &answer, 0);
}

static void *
serve(void *context)
{
    struct scene *self = context;
    int type = 0, socket = accept(self->listener, NULL, NULL);
    CLEAN(buffer_clear) struct buffer done = {0};
    add_message(&done, '1', "", 0);
    add_message(&done, '2', "", 0);
    add_message(&done, 'n', "", 0);
    add_message(&done, 'C', "SET", 4);
    add_message(&done, 'Z', "I", 1);
    welcome(socket);
    while ((type = take_message(socket)) > 0 && type != 'X') {
        if (type == 'S')
            give(socket, &done, 0);
        if (type == 'Q')
            give(socket, &self->answer, self->piece);
        if (type == 'Q' && self->closes)
            break;
    }
    close(socket);
    return NULL;
}

static int
take_row(void *context, char *data, size_t size, struct error *error)
{
    struct scene *self = context;
    (void)error;
    assert_int_equal(data[size - 1], '\n');
    assert_true(size <= POSTGRES_WIRE_USUAL || self->held_bytes == size);
    self->rows++;
    self->bytes += size;
    return 0;
}

static int
hold(void *context, uint64_t size_bytes, struct error *error)
{
    struct scene *self = context;
    if (self->refuses && size_bytes > 0)
        return error_set(error, ERROR_CANCELLED, "no room today");
    self->let_go += size_bytes == 0;
    self->held_bytes = size_bytes;
    self->most_bytes = size_bytes > self->most_bytes ? size_bytes : self->most_bytes;
    return 0;
}

// Copies what the scene's server answers, and then, if that was well, asks it something by libpq.
static int
copy_all(struct scene *self, struct error *error)
{
    static char user[] = "u", password[] = "p";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    CLEAN(fd_close) int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 5), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    self->listener = listener;
    assert_int_equal(pthread_create(&self->thread, NULL, serve, self), 0);
    struct server server = {.engine = "postgres",
                            .host = "127.0.0.1",
                            .name = "scene",
                            .port = ntohs(address.sin_port),
                            .credentials = {.username = user, .password = password}};
    postgres_t *postgres = NULL;
    struct postgres_copy copy = {
        .sql = "COPY t TO STDOUT", .self = self, .row = take_row, .hold = hold};
    if (postgres_open(&postgres, &server, "shop", error))
        fail_msg("%s", error->message);
    int status = postgres_copy_out(postgres, &copy, error);
    if (status == 0)
        status = postgres_run(postgres, "SELECT", error);
    postgres_destroy(&postgres);
    pthread_join(self->thread, NULL);
    buffer_clear(&self->answer);
    return status;
}

static void
add_end(struct buffer *to)
{
    add_message(to, 'c', "", 0);
    add_message(to, 'C', "COPY 1", 7);
    add_message(to, 'Z', "I", 1);
}

static void
rows_of_all_sizes_come_whole_and_long_ones_are_asked_for(void **state)
{
    (void)state;
    static const size_t pieces[] = {0, 700001};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        static const size_t sizes[] = {
            1,      LONG_SIZE, 2,         POSTGRES_WIRE_USUAL, POSTGRES_WIRE_USUAL + 1,
            300000, 300000,    LONG_SIZE, LONG_SIZE,           5};
        struct scene scene = {.piece = pieces[i]};
        struct error error = {0};
        uint64_t bytes = 0;
        add_message(&scene.answer, 'N', "SNOTICE\0", 9);
        add_message(&scene.answer, 'H', "\0\0\0", 3);
        for (size_t row = 0; row < sizeof sizes / sizeof *sizes; row++) {
            add_row(&scene.answer, sizes[row]);
            bytes += sizes[row];
        }
        add_end(&scene.answer);
        add_message(&scene.answer, 'S', "a\0b", 4);  // behind the end, for nobody
        if (copy_all(&scene, &error))
            fail_msg("%s", error.message);
        assert_int_equal(scene.rows, 10);
        assert_int_equal(scene.bytes, bytes);
        assert_int_equal(scene.most_bytes, LONG_SIZE);
        assert_int_equal(scene.let_go, 4);
        assert_int_equal(scene.held_bytes, 0);
    }
}

static void
assert_fails(struct scene *scene, enum error_code code, const char *said)
{
    struct error error = {0};
    assert_int_equal(copy_all(scene, &error), -1);
    if (error.code != code || !strstr(error.message, said))
        fail_msg("%d: %s", error.code, error.message);
}

static void
what_is_no_message_or_has_no_place_is_refused(void **state)
{
    (void)state;
    struct scene scene = {0};
    buffer_add(&scene.answer, "d\0\0\0\3xx", 7);
    assert_fails(&scene, ERROR_CORRUPT, "no message");
    buffer_add(&scene.answer, "d\x7f\xff\xff\xff", 5);
    assert_fails(&scene, ERROR_CORRUPT, "no message");
    add_row(&scene.answer, 10);  // before a COPY has begun
    assert_fails(&scene, ERROR_CORRUPT, "no place in a COPY");
    add_message(&scene.answer, 'G', "\0\0\0", 3);
    assert_fails(&scene, ERROR_CORRUPT, "no place in a COPY");
    add_message(&scene.answer, 'E', "SERROR\0C22", 10);  // no end
    assert_fails(&scene, ERROR_CORRUPT, "no message");
}

static void
what_the_server_says_and_its_end_are_told(void **state)
{
    (void)state;
    struct scene scene = {.closes = 1};
    static const char said[] = "SERROR\0C42501\0Mpermission denied for table t\0";
    add_message(&scene.answer, 'E', said, sizeof said);
    assert_fails(&scene, ERROR_DENIED, "permission denied for table t");
    add_message(&scene.answer, 'H', "\0\0\0", 3);
    buffer_add(&scene.answer, "d\0\0\1\0half", 9);
    assert_fails(&scene, ERROR_UNAVAILABLE, "the server closed the connection");
}

static void
a_long_row_that_may_not_be_held_is_not_received(void **state)
{
    (void)state;
    struct scene scene = {.refuses = 1};
    add_message(&scene.answer, 'H', "\0\0\0", 3);
    add_row(&scene.answer, 20);
    add_row(&scene.answer, LONG_SIZE);
    assert_fails(&scene, ERROR_CANCELLED, "no room today");
    assert_int_equal(scene.rows, 1);
    assert_int_equal(scene.let_go, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_all_sizes_come_whole_and_long_ones_are_asked_for),
        cmocka_unit_test(what_is_no_message_or_has_no_place_is_refused),
        cmocka_unit_test(what_the_server_says_and_its_end_are_told),
        cmocka_unit_test(a_long_row_that_may_not_be_held_is_not_received),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
