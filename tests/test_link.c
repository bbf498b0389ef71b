#include <poll.h>
#include <zmq.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "common/sock.h"
#include "tests/check.h"
#include "tests/folder.h"
#include "worker/link.h"

enum { BEAT_MS = 100, SILENCE_MS = 1000, PAUSE_MAX_MS = 5000, PATIENCE_MS = 20000 };

struct world {
    char *folder;
    struct settings_coordinator coordinators[2];
    struct settings settings;
    link_t *link;
    sock_t *server;
    struct sock_peer peer;
};

static int
world_open(void **state)
{
    struct world *world = memory_get(sizeof *world);
    world->folder = folder_new();
    world->coordinators[0].endpoint = memory_format("ipc://%s/a.ipc", world->folder);
    world->coordinators[1].endpoint = memory_format("ipc://%s/b.ipc", world->folder);
    world->settings = (struct settings){
        .coordinators = world->coordinators,
        .coordinator_count = 2,
        .timers = {.beat_ms = BEAT_MS, .silence_ms = SILENCE_MS, .reconnect_max_ms = PAUSE_MAX_MS},
    };
    world->link = link_new(&world->settings, NULL);
    *state = world;
    return 0;
}

static int
world_close(void **state)
{
    struct world *world = *state;
    link_destroy(&world->link);
    sock_destroy(&world->server);
    memory_free(&world->coordinators[0].endpoint);
    memory_free(&world->coordinators[1].endpoint);
    folder_destroy(&world->folder);
    memory_free(state);
    return 0;
}

static void
bind_server(struct world *world)
{
    struct error error = {0};
    assert_int_equal(sock_bind(&world->server, world->coordinators[0].endpoint, "worker", NULL,
                               0600, WIRE_SIZE_MAX, &error),
                     0);
}

static enum link_news
tick(struct world *world, int64_t now_ms)
{
    struct error error = {0};
    return link_tick(world->link, now_ms, 0, &error);
}

static Wire__Envelope
beat_envelope(Wire__Beat *beat)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.body_case = WIRE__ENVELOPE__BODY_BEAT;
    envelope.beat = beat;
    return envelope;
}

// Says something, at a time that stands still, until the connection is there.
static void
say_until_taken(struct world *world, enum link_duty duty, int64_t now_ms)
{
    Wire__Beat beat = WIRE__BEAT__INIT;
    Wire__Envelope envelope = beat_envelope(&beat);
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    struct error error = {0};
    while (link_say(world->link, duty, &envelope, now_ms, &error)) {
        assert_int_equal(error.code, ERROR_UNAVAILABLE);
        assert_true(clock_monotonic_ms() < until_ms);
        poll(NULL, 0, 5);
    }
}

static void
hear_something(struct world *world)
{
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    struct error error = {0};
    zmq_pollitem_t item = {.socket = sock_handle(world->server), .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, PATIENCE_MS), 1);
    assert_int_equal(sock_receive(world->server, &world->peer, &data, &size, &error), 0);
}

static void
pauses_grow_and_stay_within_their_bounds(void **state)
{
    (void)state;
    assert_int_equal(link_pause(1, 60000, 0), 1);
    assert_int_equal(link_pause(1, 60000, 999), 1000);
    assert_int_equal(link_pause(1, 60000, 1000), 1);
    assert_int_equal(link_pause(2, 60000, 1999), 2000);
    assert_int_equal(link_pause(3, 60000, 3999), 4000);
    assert_int_equal(link_pause(7, 60000, 59999), 60000);
    assert_in_range(link_pause(4000000000U, 60000, UINT64_MAX), 1, 60000);
    assert_in_range(link_pause(1, 200, UINT64_MAX), 1, 200);
}

static void
a_silent_coordinator_is_given_up_for_the_next(void **state)
{
    struct world *world = *state;
    Wire__Beat beat = WIRE__BEAT__INIT;
    Wire__Envelope envelope = beat_envelope(&beat);
    struct error error = {0};
    assert_null(link_handle(world->link));
    assert_int_equal(link_send(world->link, &envelope, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_int_equal(tick(world, 0), LINK_OPENED);
    assert_non_null(link_handle(world->link));
    assert_int_equal(link_duty(world->link, 0), LINK_DUTY_READY);
    assert_int_equal(tick(world, SILENCE_MS - 1), LINK_NOTHING);
    assert_int_equal(tick(world, SILENCE_MS), LINK_LOST);
    assert_null(link_handle(world->link));
    assert_int_equal(link_duty(world->link, SILENCE_MS), LINK_DUTY_NONE);
    assert_string_equal(link_endpoint(world->link), world->coordinators[1].endpoint);
    int64_t again_ms = link_deadline(world->link);
    assert_in_range(again_ms, SILENCE_MS + 1, SILENCE_MS + PAUSE_MAX_MS);
    assert_int_equal(tick(world, again_ms - 1), LINK_NOTHING);
    assert_int_equal(tick(world, again_ms), LINK_OPENED);
    assert_int_equal(tick(world, again_ms + SILENCE_MS), LINK_LOST);
    assert_string_equal(link_endpoint(world->link), world->coordinators[0].endpoint);
}

static void
an_endpoint_that_cannot_be_used_is_passed_over(void **state)
{
    struct world *world = *state;
    struct error error = {0};
    memory_free(&world->coordinators[0].endpoint);
    world->coordinators[0].endpoint = memory_copy_text("tcp://127.0.0.1:7401");  // and no key
    assert_int_equal(link_tick(world->link, 0, 0, &error), LINK_FAILED);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_int_equal(tick(world, link_deadline(world->link)), LINK_OPENED);
    assert_string_equal(link_endpoint(world->link), world->coordinators[1].endpoint);
}

static void
words_keep_a_connection_and_beats_come_regularly(void **state)
{
    struct world *world = *state;
    bind_server(world);
    assert_int_equal(tick(world, 0), LINK_OPENED);
    assert_false(link_is_greeted(world->link));
    say_until_taken(world, LINK_DUTY_READY, 0);
    assert_true(link_is_greeted(world->link));
    assert_int_equal(link_duty(world->link, BEAT_MS - 1), LINK_DUTY_NONE);
    assert_int_equal(link_duty(world->link, BEAT_MS), LINK_DUTY_BEAT);
    say_until_taken(world, LINK_DUTY_BEAT, BEAT_MS);
    assert_int_equal(link_duty(world->link, BEAT_MS), LINK_DUTY_NONE);
    link_heard(world->link, SILENCE_MS - 1);
    assert_int_equal(tick(world, SILENCE_MS), LINK_NOTHING);
    assert_int_equal(tick(world, 2 * SILENCE_MS - 1), LINK_LOST);
}

static void
bye_is_answered_with_ready_at_first_at_once_then_later(void **state)
{
    struct world *world = *state;
    bind_server(world);
    assert_int_equal(tick(world, 0), LINK_OPENED);
    say_until_taken(world, LINK_DUTY_READY, 0);
    link_heard(world->link, 0);
    assert_int_equal(link_dismissed(world->link, 10, 499), LINK_NOTHING);
    assert_int_equal(link_duty(world->link, 10), LINK_DUTY_READY);
    say_until_taken(world, LINK_DUTY_READY, 10);
    assert_int_equal(link_dismissed(world->link, 20, 499), LINK_NOTHING);
    assert_int_equal(link_duty(world->link, 20), LINK_DUTY_NONE);
    assert_int_equal(link_duty(world->link, 20 + 500), LINK_DUTY_READY);
    say_until_taken(world, LINK_DUTY_READY, 520);
    assert_int_equal(link_dismissed(world->link, 530, 0), LINK_NOTHING);
    assert_int_equal(link_dismissed(world->link, 540, 0), LINK_LOST);
    assert_null(link_handle(world->link));
}

static void
a_friendly_word_forgives_earlier_byes(void **state)
{
    struct world *world = *state;
    bind_server(world);
    assert_int_equal(tick(world, 0), LINK_OPENED);
    for (int64_t now_ms = 0; now_ms < 10; now_ms++) {
        say_until_taken(world, LINK_DUTY_READY, now_ms);
        link_heard(world->link, now_ms);
        assert_int_equal(link_dismissed(world->link, now_ms, 0), LINK_NOTHING);
        assert_int_equal(link_duty(world->link, now_ms), LINK_DUTY_READY);
    }
}

static void
news_are_told_by_another_ready_and_a_rest_is_silent(void **state)
{
    struct world *world = *state;
    bind_server(world);
    assert_int_equal(tick(world, 0), LINK_OPENED);
    link_greet_again(world->link, 0);
    say_until_taken(world, LINK_DUTY_READY, 0);
    link_greet_again(world->link, 5);
    assert_int_equal(link_duty(world->link, 5), LINK_DUTY_READY);
    say_until_taken(world, LINK_DUTY_READY, 5);
    link_rest(world->link, 5000);
    assert_false(link_is_greeted(world->link));
    assert_int_equal(tick(world, 4999), LINK_NOTHING);
    assert_int_equal(link_duty(world->link, 4999), LINK_DUTY_NONE);
    assert_int_equal(link_duty(world->link, 5000), LINK_DUTY_READY);
}

static void
nonsense_is_an_error_and_the_next_message_is_read(void **state)
{
    struct world *world = *state;
    bind_server(world);
    assert_int_equal(tick(world, 0), LINK_OPENED);
    say_until_taken(world, LINK_DUTY_READY, 0);
    hear_something(world);
    struct error error = {0};
    Wire__Beat beat = WIRE__BEAT__INIT;
    Wire__Envelope envelope = beat_envelope(&beat);
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    assert_int_equal(wire_pack(&envelope, WIRE_FROM_COORDINATOR, &data, &size, &error), 0);
    assert_int_equal(sock_send(world->server, &world->peer, "nonsense", 8, &error), 0);
    assert_int_equal(sock_send(world->server, &world->peer, data, size, &error), 0);
    const Wire__Envelope *message = NULL;
    unsigned refused = 0;
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    while (link_receive(world->link, &message, &error)) {
        refused += error.code != ERROR_NOT_FOUND;
        assert_true(clock_monotonic_ms() < until_ms);
        poll(NULL, 0, 5);
    }
    assert_int_equal(refused, 1);
    assert_int_equal(message->body_case, WIRE__ENVELOPE__BODY_BEAT);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
    const struct CMUnitTest tests[] = {
        TEST(pauses_grow_and_stay_within_their_bounds),
        TEST(a_silent_coordinator_is_given_up_for_the_next),
        TEST(an_endpoint_that_cannot_be_used_is_passed_over),
        TEST(words_keep_a_connection_and_beats_come_regularly),
        TEST(bye_is_answered_with_ready_at_first_at_once_then_later),
        TEST(a_friendly_word_forgives_earlier_byes),
        TEST(news_are_told_by_another_ready_and_a_rest_is_silent),
        TEST(nonsense_is_an_error_and_the_next_message_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
