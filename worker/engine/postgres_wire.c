#include "worker/engine/postgres_wire.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "worker/engine/postgres_inside.h"
#include "worker/engine/postgres_scalar.h"

enum {
    HEAD_SIZE = 5,  // a message's: type, and the length of all but the type
    ROOM_SIZE = HEAD_SIZE + POSTGRES_WIRE_USUAL,
    FILL_SIZE = 256 << 10,  // that is taken at once: stays in a core's cache
    PATIENCE_MS = 20000,    // for a statement to be taken, and for the rest of a message
};

struct postgres_wire {
    const postgres_t *postgres;
    SSL *tls;  // libpq's; NULL: there is none
    char *room;
    size_t begin, end;  // of what has come and was not taken
    char *block;        // of a long message; NULL: there is none
    size_t block_size, block_filled;
    char block_type;
    int is_lent;  // the block
};

// Memory of the system's own, which goes back to it: an allocator might keep it for later.
static void
free_block(postgres_wire_t *self)
{
    if (self->block)
        munmap(self->block, self->block_size);
    self->block = NULL;
    self->is_lent = 0;
}

void
postgres_wire_destroy(postgres_wire_t **self_p)
{
    if (!*self_p)
        return;
    free_block(*self_p);
    memory_free(&(*self_p)->room);
    memory_free(self_p);
}

void
postgres_wire_let_go(postgres_wire_t *self)
{
    if (self->is_lent)
        free_block(self);
}

// ---- bytes

static int
is_gone(struct error *error)
{
    return error_set(error, ERROR_UNAVAILABLE,
                     "the server closed the connection: its log says why, unless something between "
                     "has cut it");
}

static int
fail(int cause, struct error *error)
{
    return error_set(error, ERROR_UNAVAILABLE, "the connection broke: %s", strerror(cause));
}

// Returns 1 if it is only to be waited for.
static int
fail_tls(const postgres_wire_t *self, int result, struct error *error)
{
    int cause = errno;
    switch (SSL_get_error(self->tls, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return 1;
    case SSL_ERROR_ZERO_RETURN:
        return is_gone(error);
    case SSL_ERROR_SYSCALL:
        return cause ? fail(cause, error) : is_gone(error);
    default:
        return error_set(error, ERROR_UNAVAILABLE, "the TLS connection broke: %s",
                         ERR_reason_error_string(ERR_peek_last_error()));
    }
}

// How many bytes came into `to`; 0 if there are none now.
static ssize_t
take_tls(const postgres_wire_t *self, char *to, size_t size, struct error *error)
{
    size_t taken = 0;
    while (taken < size) {
        errno = 0;
        ERR_clear_error();
        int got = SSL_read(self->tls, to + taken, (int)(size - taken));
        if (got <= 0 && (taken > 0 || fail_tls(self, got, error) > 0))
            return (ssize_t)taken;  // what broke is met again
        if (got <= 0)
            return -1;
        taken += (size_t)got;
    }
    return (ssize_t)taken;
}

static ssize_t
take(const postgres_wire_t *self, char *to, size_t size, struct error *error)
{
    if (self->tls)
        return take_tls(self, to, size, error);
    ssize_t got = 0;
    do
        got = recv(PQsocket(self->postgres->connection), to, size, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        return got;
    if (got == 0)
        return is_gone(error);
    return errno == EAGAIN ? 0 : fail(errno, error);
}

// How many were sent.
static ssize_t
give(const postgres_wire_t *self, const char *data, size_t size, struct error *error)
{
    if (self->tls) {
        errno = 0;
        ERR_clear_error();
        int sent = SSL_write(self->tls, data, (int)size);
        return sent > 0 ? sent : fail_tls(self, sent, error) > 0 ? 0 : -1;
    }
    ssize_t sent =
        send(PQsocket(self->postgres->connection), data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0)
        return sent;
    return errno == EAGAIN || errno == EINTR ? 0 : fail(errno, error);
}

static int
give_all(const postgres_wire_t *self, const char *data, size_t size, struct error *error)
{
    int64_t deadline_ms = clock_monotonic_ms() + PATIENCE_MS;
    while (size > 0) {
        ssize_t sent = give(self, data, size, error);
        if (sent < 0)
            return -1;
        data += sent;
        size -= (size_t)sent;
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        if (size > 0 && left_ms <= 0)
            return error_set(error, ERROR_UNAVAILABLE, "the server took no statement within %d s",
                             PATIENCE_MS / 1000);
        if (size > 0 && sent == 0 &&
            postgres_inside_wait(self->postgres, POLLOUT, (int)left_ms, error) < 0)
            return -1;
    }
    return 0;
}

// ---- messages

// What libpq has read beside the last statement (a notice, a setting's change) is taken by it now.
static int
enter(postgres_wire_t *self, struct error *error)
{
    PGconn *connection = self->postgres->connection;
    PGnotify *notify = NULL;
    while ((notify = PQnotifies(connection)))
        PQfreemem(notify);
    if (PQstatus(connection) != CONNECTION_OK)
        return postgres_inside_broken(connection, error);
    if (PQtransactionStatus(connection) == PQTRANS_ACTIVE)
        return error_set(error, ERROR_INTERNAL, "a statement is being run");
    if (!PQsslInUse(connection))
        return 0;
    self->tls = PQsslStruct(connection, "OpenSSL");
    return self->tls
               ? 0
               : error_set(error, ERROR_CONFIG,
                           "libpq speaks TLS by another library than OpenSSL, which cannot be "
                           "read past: install the distribution's own libpq");
}

static int
ask(const postgres_wire_t *self, const char *sql, struct error *error)
{
    size_t length = strlen(sql) + 1 + HEAD_SIZE - 1;
    CLEAN(memory_free) char *message = memory_get(length + 1);
    if (length > POSTGRES_MESSAGE_MAX)
        return error_set(error, ERROR_INVALID, "a statement of %zu bytes", length);
    message[0] = 'Q';
    for (int i = 0; i < 4; i++)
        message[1 + i] = (char)(length >> (24 - 8 * i) & 0xff);
    memcpy(message + HEAD_SIZE, sql, length - (HEAD_SIZE - 1));
    return give_all(self, message, length + 1, error);
}

int
postgres_wire_open(postgres_wire_t **self_p, const postgres_t *postgres, const char *sql,
                   struct error *error)
{
    CLEAN(postgres_wire_destroy) postgres_wire_t *self = memory_get(sizeof *self);
    self->postgres = postgres;
    if (enter(self, error) || ask(self, sql, error))
        return -1;
    self->room = memory_resize(NULL, ROOM_SIZE);
    *self_p = STEAL(self);
    return 0;
}

// The size of the message whose head has come, with its head; 0 if that has not.
static size_t
size_of_next(const postgres_wire_t *self)
{
    if (self->end - self->begin < HEAD_SIZE)
        return 0;
    return 1 + (size_t)postgres_scalar_u32(self->room + self->begin + 1);
}

static int
next_long(postgres_wire_t *self, struct postgres_message *message)
{
    if (self->block_filled < self->block_size)
        return 0;
    self->is_lent = 1;
    *message = (struct postgres_message){
        .type = self->block_type, .data = self->block, .size = self->block_size};
    return 1;
}

int
postgres_wire_next(postgres_wire_t *self, struct postgres_message *message, struct error *error)
{
    postgres_wire_let_go(self);
    if (self->block)
        return next_long(self, message);
    size_t size = size_of_next(self);
    if (size == 0)
        return 0;
    char *head = self->room + self->begin;
    if (size < HEAD_SIZE || size > POSTGRES_MESSAGE_MAX)
        return error_set(error, ERROR_CORRUPT, "the server sent something that is no message");
    if (self->end - self->begin < size)
        return 0;
    *message = (struct postgres_message){
        .type = *head, .data = head + HEAD_SIZE, .size = size - HEAD_SIZE};
    self->begin += size;
    return 1;
}

size_t
postgres_wire_long(const postgres_wire_t *self)
{
    if (self->block)
        return self->is_lent ? 0 : self->block_size;
    size_t size = size_of_next(self);
    return size > ROOM_SIZE ? size - HEAD_SIZE : 0;
}

// Moves what has come of a long message, all of which is to be received there.
static int
begin_block(postgres_wire_t *self, size_t size, struct error *error)
{
    void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        return error_set(error, ERROR_UNAVAILABLE, "there is no memory for a row of %zu bytes: %s",
                         size, strerror(errno));
    self->block = block;
    self->block_size = size;
    self->block_type = self->room[self->begin];
    self->begin += HEAD_SIZE;
    self->block_filled = self->end - self->begin;
    memcpy(self->block, self->room + self->begin, self->block_filled);
    self->begin = self->end = 0;
    return 0;
}

static void
make_room(postgres_wire_t *self)
{
    if (self->begin == 0)
        return;
    memmove(self->room, self->room + self->begin, self->end - self->begin);
    self->end -= self->begin;
    self->begin = 0;
}

int
postgres_wire_receive(postgres_wire_t *self, struct error *error)
{
    size_t size = postgres_wire_long(self);
    if (size > 0 && !self->block && begin_block(self, size, error))
        return -1;
    if (size > 0) {
        ssize_t got = take(self, self->block + self->block_filled,
                           self->block_size - self->block_filled, error);
        self->block_filled += got > 0 ? (size_t)got : 0;
        return got < 0 ? -1 : got > 0;
    }
    make_room(self);
    size_t wanted = size_of_next(self) > FILL_SIZE ? size_of_next(self) : FILL_SIZE;
    ssize_t got = take(self, self->room + self->end, wanted - self->end, error);
    self->end += got > 0 ? (size_t)got : 0;
    return got < 0 ? -1 : got > 0;
}

int
postgres_wire_wait(const postgres_wire_t *self, int timeout_ms, struct error *error)
{
    return postgres_inside_gather(self->postgres, timeout_ms, error);
}

int
postgres_wire_end(postgres_wire_t *self, struct error *error)
{
    int64_t deadline_ms = clock_monotonic_ms() + PATIENCE_MS;
    struct postgres_message message;
    for (;;) {
        int is_there = postgres_wire_next(self, &message, error);
        if (is_there == 0 && self->begin == self->end && !self->block)
            return 0;
        if (is_there == 0)
            is_there = postgres_wire_receive(self, error);
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        if (is_there == 0 && left_ms <= 0)
            return error_set(error, ERROR_UNAVAILABLE, "the server sent half a message");
        if (is_there == 0)
            is_there = postgres_wire_wait(self, (int)left_ms, error);
        if (is_there < 0)
            return -1;
    }
}

// Fields: a letter and a text each, and a zero behind the last.
int
postgres_wire_error(const struct postgres_message *message, const char **state, struct error *error)
{
    const char *primary = "", *at = message->data, *end = message->data + message->size;
    *state = "";
    while (at < end && *at) {
        const char *text = at + 1;
        size_t size = strnlen(text, (size_t)(end - text));
        if (text + size == end)
            return error_set(error, ERROR_CORRUPT, "the server sent something that is no message");
        if (*at == 'C')
            *state = text;
        if (*at == 'M')
            primary = text;
        at = text + size + 1;
    }
    return postgres_inside_say(*state, primary, error);
}
