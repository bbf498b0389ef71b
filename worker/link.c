#include "worker/link.h"

#include <inttypes.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/sock.h"

enum {
    FIRST_PAUSE_MS = 1000,
    LINGER_MS = 2000,
    RETRY_MS = 200,      // a Ready or Beat that could not be sent
    DISMISSALS_MAX = 3,  // in a row: a coordinator that does not want us
};

enum standing { STANDING_FRESH, STANDING_GREETED, STANDING_KNOWN };

struct link {
    const struct settings *settings;
    const struct key_pair *key;
    sock_t *sock;
    wire_decoder_t *decoder;
    size_t endpoint;    // index of the one in use or tried next
    unsigned failures;  // in a row, without a word from a coordinator
    int64_t due_ms;     // no socket: when to try; else: when the silence has lasted too long
    enum standing standing;
    unsigned dismissals;  // in a row
    uint64_t dropped;     // by the present socket, as far as it was told
    int64_t duty_ms;      // when the next Ready (fresh) or Beat is due
};

link_t *
link_new(const struct settings *settings, const struct key_pair *key)
{
    link_t *self = memory_get(sizeof *self);
    self->settings = settings;
    self->key = key;
    self->decoder = wire_decoder_new();
    self->due_ms = INT64_MIN;
    return self;
}

void
link_destroy(link_t **self_p)
{
    link_t *self = *self_p;
    if (!self)
        return;
    if (self->sock)
        sock_set_linger(self->sock, LINGER_MS);
    sock_destroy(&self->sock);
    wire_decoder_destroy(&self->decoder);
    memory_free(self_p);
}

void *
link_handle(link_t *self)
{
    return self->sock ? sock_handle(self->sock) : NULL;
}

const char *
link_endpoint(const link_t *self)
{
    return self->settings->coordinators[self->endpoint].endpoint;
}

int64_t
link_deadline(const link_t *self)
{
    return self->sock && self->duty_ms < self->due_ms ? self->duty_ms : self->due_ms;
}

int
link_is_greeted(const link_t *self)
{
    return self->sock && self->standing != STANDING_FRESH;
}

int64_t
link_pause(unsigned failures, int64_t max_ms, uint64_t chance)
{
    int64_t most_ms = FIRST_PAUSE_MS;
    for (unsigned count = 1; count < failures && most_ms < max_ms; count++)
        most_ms *= 2;
    if (most_ms > max_ms)
        most_ms = max_ms;
    return (int64_t)(chance % (uint64_t)most_ms) + 1;
}

static enum link_news
give_up(link_t *self, int64_t now_ms, uint64_t chance)
{
    sock_destroy(&self->sock);
    self->failures++;
    self->endpoint = (self->endpoint + 1) % self->settings->coordinator_count;
    self->due_ms =
        now_ms + link_pause(self->failures, self->settings->timers.reconnect_max_ms, chance);
    self->standing = STANDING_FRESH;
    self->dismissals = 0;
    return LINK_LOST;
}

enum link_news
link_tick(link_t *self, int64_t now_ms, uint64_t chance, struct error *error)
{
    if (now_ms < self->due_ms)
        return LINK_NOTHING;
    if (self->sock)
        return give_up(self, now_ms, chance);
    const struct settings_coordinator *coordinator = &self->settings->coordinators[self->endpoint];
    if (sock_connect(&self->sock, coordinator->endpoint, self->key, coordinator->server_key,
                     WIRE_SIZE_MAX, error)) {
        give_up(self, now_ms, chance);
        return LINK_FAILED;
    }
    self->due_ms = now_ms + self->settings->timers.silence_ms;
    self->duty_ms = now_ms;
    self->dropped = 0;
    return LINK_OPENED;
}

enum link_duty
link_duty(const link_t *self, int64_t now_ms)
{
    if (!self->sock || now_ms < self->duty_ms)
        return LINK_DUTY_NONE;
    return self->standing == STANDING_FRESH ? LINK_DUTY_READY : LINK_DUTY_BEAT;
}

int
link_say(link_t *self, enum link_duty duty, const Wire__Envelope *message, int64_t now_ms,
         struct error *error)
{
    if (link_send(self, message, error)) {
        self->duty_ms = now_ms + RETRY_MS;
        return -1;
    }
    if (duty == LINK_DUTY_READY)
        self->standing = STANDING_GREETED;
    self->duty_ms = now_ms + self->settings->timers.beat_ms;
    return 0;
}

void
link_heard(link_t *self, int64_t now_ms)
{
    if (!self->sock)
        return;
    self->failures = 0;
    self->dismissals = 0;
    self->due_ms = now_ms + self->settings->timers.silence_ms;
    if (self->standing == STANDING_GREETED)
        self->standing = STANDING_KNOWN;
}

enum link_news
link_dismissed(link_t *self, int64_t now_ms, uint64_t chance)
{
    if (!self->sock)
        return LINK_NOTHING;
    if (++self->dismissals > DISMISSALS_MAX)
        return give_up(self, now_ms, chance);
    // A Bye while a Ready is on its way may be the answer to what was sent before it.
    if (self->standing != STANDING_FRESH) {
        self->duty_ms = now_ms;
        if (self->dismissals > 1)
            self->duty_ms +=
                link_pause(self->dismissals - 1, self->settings->timers.reconnect_max_ms, chance);
        self->standing = STANDING_FRESH;
    }
    self->due_ms = now_ms + self->settings->timers.silence_ms;
    return LINK_NOTHING;
}

void
link_greet_again(link_t *self, int64_t now_ms)
{
    if (!link_is_greeted(self))
        return;
    self->standing = STANDING_FRESH;
    self->duty_ms = now_ms;
}

void
link_rest(link_t *self, int64_t until_ms)
{
    self->standing = STANDING_FRESH;
    self->duty_ms = until_ms;
    if (self->due_ms < until_ms)
        self->due_ms = until_ms + self->settings->timers.silence_ms;
}

int
link_send_packed(link_t *self, const void *data, size_t size, struct error *error)
{
    if (!self->sock)
        return error_set(error, ERROR_UNAVAILABLE, "there is no connection to a coordinator");
    return sock_send(self->sock, NULL, data, size, error);
}

int
link_send(link_t *self, const Wire__Envelope *message, struct error *error)
{
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    if (wire_pack(message, WIRE_FROM_WORKER, &data, &size, error))
        return -1;
    return link_send_packed(self, data, size, error);
}

int
link_receive(link_t *self, const Wire__Envelope **message, struct error *error)
{
    if (!self->sock)
        return error_set(error, ERROR_NOT_FOUND, "there is no connection to a coordinator");
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    if (sock_receive(self->sock, NULL, &data, &size, error)) {
        uint64_t dropped = sock_dropped(self->sock) - self->dropped;
        self->dropped += dropped;
        if (error->code != ERROR_NOT_FOUND || dropped == 0)
            return -1;
        return error_set(error, ERROR_INVALID, "%" PRIu64 " of a wrong form or size", dropped);
    }
    return wire_unpack(self->decoder, data, size, WIRE_FROM_COORDINATOR, message, error);
}
