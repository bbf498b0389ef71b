// What a job asks the coordinator for while it runs: rows of the catalog, piece by piece, and its
// word on what was found. The question goes through the daemon, may be lost on the way, and is
// asked again until its answer comes.

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "worker/frame.h"
#include "worker/work.h"

enum { AGAIN_MS = 5000, LIMIT_MS = 600000 };

static char *
lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

// All of it is shorter than PIPE_BUF, so that it does not mix with what another thread sends.
static int
send(struct work *self, Wire__Fetch *fetch, struct error *error)
{
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.job_id = self->run->job_id;
    envelope.attempt = self->run->attempt;
    envelope.body_case = WIRE__ENVELOPE__BODY_FETCH;
    envelope.fetch = fetch;
    if (wire_pack(&envelope, WIRE_FROM_TASK, &data, &size, error))
        return -1;
    return frame_write(self->output, data, size, error);
}

// Waits for the answer. *is_there stays 0 if none came in time.
static int
receive(struct work *self, const Wire__Piece **piece, int *is_there, struct error *error)
{
    int64_t until_ms = clock_monotonic_ms() + AGAIN_MS;
    for (;;) {
        const Wire__Envelope *message = NULL;
        CLEAN(memory_free) uint8_t *data = NULL;
        size_t size = 0;
        int64_t left_ms = until_ms - clock_monotonic_ms();
        struct pollfd item = {.fd = self->input, .events = POLLIN};
        if (left_ms <= 0 || poll(&item, 1, (int)left_ms) <= 0)
            return 0;
        if (frame_read(self->input, &data, &size, error) ||
            wire_unpack(self->decoder, data, size, WIRE_FROM_COORDINATOR, &message, error))
            return error_wrap(error, "cannot hear the coordinator");
        // An answer to an earlier question that was asked twice is passed over.
        if (message->body_case == WIRE__ENVELOPE__BODY_PIECE &&
            message->piece->number == self->fetched) {
            *piece = message->piece;
            *is_there = 1;
            return 0;
        }
    }
}

int
work_fetch(struct work *self, const char *list, const char *cursor, const char *text,
           const Wire__Piece **piece, struct error *error)
{
    int is_there = 0;
    int64_t until_ms = clock_monotonic_ms() + LIMIT_MS;
    Wire__Fetch fetch = WIRE__FETCH__INIT;
    fetch.number = ++self->fetched;
    fetch.list = lend(list);
    fetch.cursor = lend(cursor);
    fetch.text = lend(text);
    while (!is_there) {
        if (clock_monotonic_ms() >= until_ms)
            return error_set(error, ERROR_UNAVAILABLE,
                             "the coordinator did not answer for %d s: look at its log",
                             LIMIT_MS / 1000);
        if (send(self, &fetch, error) || receive(self, piece, &is_there, error))
            return -1;
    }
    if (*(*piece)->trouble)
        return error_set(error, ERROR_UNAVAILABLE, "the coordinator cannot say: %s",
                         (*piece)->trouble);
    return 0;
}
