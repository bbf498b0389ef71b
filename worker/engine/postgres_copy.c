#include "worker/engine/postgres_copy.h"

#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "worker/engine/postgres_inside.h"
#include "worker/engine/postgres_wire.h"

enum {
    SILENCE_MAX_MS = 3600000,  // a sort of a large table comes before its first row
    LOOK_MS = 200,             // how often it is asked whether the work is given up
    LOOK_BYTES = 64 << 10,     // of rows that came at once, between two looks at the clock
    HEAD_SIZE = 19,            // of the binary form
};

// Rows on their way.
struct flow {
    const postgres_t *postgres;
    const struct postgres_copy *copy;
    postgres_wire_t *wire;
    size_t index;  // of the next statement
    int is_copying, is_binary, is_first;
    int64_t begun_ms, first_ms;
    size_t unseen_bytes;  // that came since the last look at the clock
    int is_stopped, is_over;
    int is_held;  // a long row
};

static void
flow_clear(struct flow *self)
{
    struct error unseen;
    postgres_wire_destroy(&self->wire);
    if (self->is_held)
        self->copy->hold(self->copy->self, 0, &unseen);
}

// Waits until the server has sent something.
static int
await(struct flow *self, struct error *error)
{
    int64_t deadline_ms = clock_monotonic_ms() + SILENCE_MAX_MS;
    self->unseen_bytes = LOOK_BYTES;
    for (;;) {
        const struct postgres_copy *copy = self->copy;
        int ready = postgres_wire_wait(self->wire, LOOK_MS, error);
        if (ready != 0)
            return ready < 0 ? -1 : 0;
        if (copy->wait && copy->wait(copy->self, error))
            return -1;
        if (clock_monotonic_ms() >= deadline_ms)
            return error_set(error, ERROR_UNAVAILABLE, "the server sent nothing for %d minutes",
                             SILENCE_MAX_MS / 60000);
    }
}

// Until it may be held the server waits, too.
static int
hold(struct flow *self, struct error *error)
{
    const struct postgres_copy *copy = self->copy;
    size_t size = postgres_wire_long(self->wire);
    if (size == 0 || self->is_held || !copy->hold)
        return 0;
    int64_t asked_ms = clock_monotonic_ms();
    if (copy->hold(copy->self, size, error))
        return -1;
    int64_t waited_ms = clock_monotonic_ms() - asked_ms;
    self->is_held = 1;
    self->begun_ms += waited_ms;
    self->first_ms += self->first_ms > 0 ? waited_ms : 0;
    return 0;
}

static int
let_go(struct flow *self, struct error *error)
{
    const struct postgres_copy *copy = self->copy;
    if (!self->is_held)
        return 0;
    postgres_wire_let_go(self->wire);
    self->is_held = 0;
    return copy->hold(copy->self, 0, error) || (copy->wait && copy->wait(copy->self, error)) ? -1
                                                                                             : 0;
}

// What has come is taken before more is waited for.
static int
receive(struct flow *self, struct error *error)
{
    if (hold(self, error))
        return -1;
    int got = postgres_wire_receive(self->wire, error);
    return got < 0 || (got == 0 && await(self, error)) ? -1 : 0;
}

static int
check_row(const char *data, size_t size, struct error *error)
{
    const char *end = memchr(data, '\n', size);
    if (!end || (size_t)(end - data) != size - 1)
        return error_set(error, ERROR_CORRUPT, "the server sent a row that is not one line");
    if (size == 3 && memcmp(data, "\\.\n", 3) == 0)
        return error_set(error, ERROR_CORRUPT, "the server sent the end of a COPY as a row");
    return 0;
}

// Takes the head of the binary form off the first row, which comes with it.
static int
skip_head(const char **data, size_t *size, struct error *error)
{
    static const char signature[] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', '\377', '\r', '\n', '\0'};
    static const char no_flags[HEAD_SIZE - sizeof signature] = {0};  // nor a longer head
    if (*size < HEAD_SIZE || memcmp(*data, signature, sizeof signature) != 0 ||
        memcmp(*data + sizeof signature, no_flags, sizeof no_flags) != 0)
        return error_set(error, ERROR_CORRUPT, "the server sent another form of rows than asked");
    *data += HEAD_SIZE;
    *size -= HEAD_SIZE;
    return 0;
}

// What comes behind the last row of the binary form, with the head before it if there is no row.
static int
is_end(const char *data, size_t size, int is_first)
{
    return size == (is_first ? HEAD_SIZE + 2 : 2) && data[size - 2] == '\377' &&
           data[size - 1] == '\377';
}

static int
take_tuple(const struct postgres_copy *copy, const char *data, size_t size, int is_first,
           struct error *error)
{
    if (is_first && skip_head(&data, &size, error))
        return -1;
    return copy->tuple(copy->self, data, size, error);
}

static int
take_line(const struct postgres_copy *copy, char *data, size_t size, struct error *error)
{
    return check_row(data, size, error) || copy->row(copy->self, data, size, error) ? -1 : 0;
}

// A statement that needs long before its first row sorts: begun anew it would do so again.
static void
stop_in_time(struct flow *self, size_t size)
{
    self->unseen_bytes += size;
    if (self->copy->limit_ms == 0 || self->is_stopped || self->unseen_bytes < LOOK_BYTES)
        return;
    self->unseen_bytes = 0;
    int64_t now_ms = clock_monotonic_ms();
    if (self->first_ms == 0)
        self->first_ms = now_ms;
    if (now_ms - self->begun_ms < self->copy->limit_ms ||
        self->first_ms - self->begun_ms > self->copy->limit_ms / 2)
        return;
    self->is_stopped = 1;
    postgres_inside_stop(self->postgres);
}

static int
is_misplaced(struct error *error)
{
    return error_set(error, ERROR_CORRUPT, "the server sent a message that has no place in a COPY");
}

static int
take_row(struct flow *self, const struct postgres_message *message, struct error *error)
{
    const struct postgres_copy *copy = self->copy;
    if (!self->is_copying)
        return is_misplaced(error);
    if (self->is_binary && is_end(message->data, message->size, self->is_first))
        return 0;
    if (self->is_binary ? take_tuple(copy, message->data, message->size, self->is_first, error)
                        : take_line(copy, message->data, message->size, error))
        return -1;
    self->is_first = 0;
    stop_in_time(self, message->size);
    return self->is_stopped ? copy->mark(copy->self, error) : 0;
}

static int
begin(struct flow *self, const struct postgres_message *message, struct error *error)
{
    const struct postgres_copy *copy = self->copy;
    if (self->is_copying || message->size == 0)
        return is_misplaced(error);
    self->is_copying = self->is_first = 1;
    self->is_binary = *message->data != 0;
    if (self->is_binary && !copy->tuple)
        return error_set(error, ERROR_INTERNAL, "the rows come in their binary form");
    return copy->begin ? copy->begin(copy->self, self->index++, error) : 0;
}

static int
take_error(const struct flow *self, const struct postgres_message *message, struct error *error)
{
    const char *state = "";
    postgres_wire_error(message, &state, error);
    if (!self->is_stopped || strcmp(state, "57014") != 0)
        return -1;
    self->copy->cut(self->copy->self);
    return 0;
}

static int
take_message(struct flow *self, const struct postgres_message *message, struct error *error)
{
    switch (message->type) {
    case 'd':
        return take_row(self, message, error);
    case 'H':  // a COPY begins
        return begin(self, message, error);
    case 'c':  // and ends
        self->is_copying = 0;
        return 0;
    case 'E':
        return take_error(self, message, error);
    case 'Z':  // all has ended
        self->is_over = 1;
        return 0;
    case 'A':  // others' notes
    case 'C':  // a statement has ended
    case 'D':  // what is no COPY
    case 'I':
    case 'N':  // a notice
    case 'S':  // a setting
    case 'T':
        return 0;
    default:
        return is_misplaced(error);
    }
}

static int
take_all(struct flow *self, struct error *error)
{
    while (!self->is_over) {
        struct postgres_message message;
        int is_there = postgres_wire_next(self->wire, &message, error);
        if (is_there < 0 || (is_there ? take_message(self, &message, error) || let_go(self, error)
                                      : receive(self, error)))
            return -1;
    }
    return postgres_wire_end(self->wire, error);
}

int
postgres_copy_out(postgres_t *self, const struct postgres_copy *copy, struct error *error)
{
    CLEAN(flow_clear)
    struct flow flow = {.postgres = self, .copy = copy, .begun_ms = clock_monotonic_ms()};
    if (postgres_wire_open(&flow.wire, self, copy->sql, error))
        return -1;
    if (take_all(&flow, error) == 0)
        return 0;
    postgres_inside_stop(self);
    return -1;
}
