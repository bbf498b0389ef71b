#include "coordinator/cli/client.h"

#include <czmq.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/random.h"
#include "common/sock.h"

struct client {
    struct client_address address;
    int64_t connect_ms, answer_ms;
    sock_t *sock;  // NULL: not open
    wire_decoder_t *decoder;
    uint64_t last_id;
};

client_t *
client_new(const struct client_address *address)
{
    client_t *self = memory_get(sizeof *self);
    self->address = *address;
    self->connect_ms = CLIENT_CONNECT_MS;
    self->answer_ms = CLIENT_ANSWER_MS;
    self->decoder = wire_decoder_new();
    self->last_id = random_below(1U << 30);
    return self;
}

void
client_destroy(client_t **self_p)
{
    if (!*self_p)
        return;
    sock_destroy(&(*self_p)->sock);
    wire_decoder_destroy(&(*self_p)->decoder);
    memory_free(self_p);
}

void
client_set_patience(client_t *self, int64_t connect_ms, int64_t answer_ms)
{
    self->connect_ms = connect_ms;
    self->answer_ms = answer_ms;
}

char *
client_lend(const char *text)
{
    union {
        const char *given;
        char *lent;
    } pointer = {.given = text};
    return pointer.lent;
}

// A local coordinator that is not there need not be waited for, and the kernel says why.
static int
probe(const char *endpoint, struct error *error)
{
    static const char scheme[] = "ipc://";
    if (strncmp(endpoint, scheme, sizeof scheme - 1) != 0)
        return 0;
    const char *path = endpoint + sizeof scheme - 1;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return error_set(error, ERROR_CONFIG, "the path '%.64s...' is too long for a socket", path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    CLEAN(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || (connect(fd, (struct sockaddr *)&address, sizeof address) && errno != EAGAIN))
        return error_set(error, ERROR_UNAVAILABLE,
                         "cannot reach the coordinator at '%s': %s; does it run?", endpoint,
                         strerror(errno));
    return 0;
}

static int
open_sock(client_t *self, struct error *error)
{
    const struct client_address *address = &self->address;
    struct key_pair key;
    char server_key[KEY_TEXT_SIZE];
    if (probe(address->endpoint, error))
        return -1;
    if (!address->key_path && !address->server_key)
        return sock_connect(&self->sock, address->endpoint, NULL, NULL, WIRE_OPERATOR_SIZE_MAX,
                            error);
    if (!address->key_path || !address->server_key)
        return error_set(error, ERROR_CONFIG, "--key and --server-key belong together");
    if (key_read_public(address->server_key, server_key, error) ||
        key_read(&key, address->key_path, error))
        return -1;
    int status = sock_connect(&self->sock, address->endpoint, &key, server_key,
                              WIRE_OPERATOR_SIZE_MAX, error);
    key_clear(&key);
    return status;
}

// Waits for the event. Returns whether it came before the deadline.
static int
await(client_t *self, short event, int64_t deadline_ms)
{
    for (;;) {
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        zmq_pollitem_t item = {.socket = sock_handle(self->sock), .events = event};
        if (zmq_poll(&item, 1, left_ms > 0 ? (long)left_ms : 0) > 0)
            return 1;
        if (clock_monotonic_ms() >= deadline_ms)
            return 0;
    }
}

static int
send_ask(client_t *self, const Wire__Envelope *message, struct error *error)
{
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    if (wire_pack(message, WIRE_FROM_OPERATOR, &data, &size, error))
        return -1;
    if (!await(self, ZMQ_POLLOUT, clock_monotonic_ms() + self->connect_ms))
        return error_set(error, ERROR_UNAVAILABLE,
                         "cannot reach the coordinator at '%s': no connection within %lld s%s",
                         self->address.endpoint, (long long)(self->connect_ms / 1000),
                         self->address.key_path ? "; is the key on its allow-list?" : "");
    return sock_send(self->sock, NULL, data, size, error);
}

// Whether the message answers our question. -1 if it says that there will be no answer.
static int
take_message(const Wire__Envelope *message, uint64_t request_id, struct error *error)
{
    if (message->body_case == WIRE__ENVELOPE__BODY_BYE)
        return error_set(error, ERROR_UNAVAILABLE, "the coordinator refuses to talk: %s",
                         message->bye->reason);
    const Wire__Answer *answer = message->answer;
    if (answer->request_id != request_id)
        return 0;  // to a question that was given up
    if (answer->code == ERROR_NONE)
        return 1;
    enum error_code code =
        answer->code <= ERROR_INTERNAL ? (enum error_code)answer->code : ERROR_INTERNAL;
    return error_set(error, code, "%s", answer->message);
}

static int
receive_answer(client_t *self, uint64_t request_id, const Wire__Answer **answer,
               struct error *error)
{
    int64_t deadline_ms = clock_monotonic_ms() + self->answer_ms;
    while (await(self, ZMQ_POLLIN, deadline_ms)) {
        CLEAN(memory_free) uint8_t *data = NULL;
        size_t size = 0;
        const Wire__Envelope *message = NULL;
        struct error nothing = {0};
        if (sock_receive(self->sock, NULL, &data, &size, &nothing))
            continue;
        if (wire_unpack(self->decoder, data, size, WIRE_TO_OPERATOR, &message, error))
            return error_wrap(error, "the coordinator's answer");
        int status = take_message(message, request_id, error);
        if (status < 0)
            return -1;
        if (status > 0) {
            *answer = message->answer;
            return 0;
        }
    }
    return error_set(error, ERROR_UNAVAILABLE,
                     "no answer from '%s' within %lld s; whether it did anything is not known",
                     self->address.endpoint, (long long)(self->answer_ms / 1000));
}

int
client_ask(client_t *self, Wire__Ask *ask, const Wire__Answer **answer, struct error *error)
{
    if (!self->sock && open_sock(self, error))
        return -1;
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    message.body_case = WIRE__ENVELOPE__BODY_ASK;
    message.ask = ask;
    ask->request_id = ++self->last_id;
    if (send_ask(self, &message, error) == 0 &&
        receive_answer(self, ask->request_id, answer, error) == 0)
        return 0;
    if (error->code == ERROR_UNAVAILABLE)
        sock_destroy(&self->sock);  // a DEALER that was refused stays dead without a word
    return -1;
}

static enum table_type
type_of(Wire__ColumnType type)
{
    switch (type) {
    case WIRE__COLUMN_TYPE__COLUMN_INTEGER:
        return TABLE_INTEGER;
    case WIRE__COLUMN_TYPE__COLUMN_BOOLEAN:
        return TABLE_BOOLEAN;
    case WIRE__COLUMN_TYPE__COLUMN_TIME:
        return TABLE_TIME;
    case WIRE__COLUMN_TYPE__COLUMN_BYTES:
        return TABLE_BYTES;
    case WIRE__COLUMN_TYPE__COLUMN_DURATION:
        return TABLE_DURATION;
    default:
        return TABLE_TEXT;
    }
}

static table_t *
copy_table(const Wire__Table *from)
{
    table_t *table = table_new();
    for (size_t i = 0; i < from->n_columns; i++)
        table_add_column(table, from->columns[i]->name, type_of(from->columns[i]->type));
    for (size_t row = 0; row < from->n_rows && from->n_columns > 0; row++) {
        table_add_row(table);
        for (size_t i = 0; i < from->n_columns; i++)
            table_set(table, from->columns[i]->name, from->rows[row]->cells[i]);
    }
    return table;
}

table_t *
client_table(const Wire__Answer *answer)
{
    return answer->table ? copy_table(answer->table) : NULL;
}

int
client_list(client_t *self, const struct client_query *query, table_t **table, char **cursor,
            struct error *error)
{
    Wire__Query wish = WIRE__QUERY__INIT;
    wish.name = client_lend(query->name);
    wish.cursor = client_lend(query->cursor ? query->cursor : "");
    wish.limit = query->limit;
    if (query->terms) {
        wish.terms = query->terms->terms;
        wish.n_terms = query->terms->count;
    }
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_QUERY;
    ask.query = &wish;
    const Wire__Answer *answer = NULL;
    if (client_ask(self, &ask, &answer, error))
        return -1;
    if (!answer->table)
        return error_set(error, ERROR_INVALID, "the coordinator's answer has no list");
    *table = copy_table(answer->table);
    *cursor = *answer->cursor ? memory_copy_text(answer->cursor) : NULL;
    return 0;
}
