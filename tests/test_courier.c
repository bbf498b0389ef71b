#include "coordinator/notify/courier.h"

#include <czmq.h>

#include "common/clean.h"
#include "common/clock.h"
#include "tests/folder.h"

enum { PATIENCE_MS = 20000 };

static const struct channel_message message = {.id = "id",
                                               .event = "test",
                                               .severity = "info",
                                               .title = "title",
                                               .text = "text\n",
                                               .document = "{}",
                                               .unix_ms = 1767225600000};

static void
place_of(struct channel_place *place, const char *script, const char *folder)
{
    *place = (struct channel_place){.command = {script, folder},
                                    .from = "",
                                    .url = "",
                                    .ca = "",
                                    .path = "",
                                    .time_limit_ms = PATIENCE_MS};
}

static int
wait_ready(courier_t *courier)
{
    zmq_pollitem_t item = {.socket = courier_handle(courier), .events = ZMQ_POLLIN};
    return zmq_poll(&item, 1, PATIENCE_MS) > 0 && courier_is_ready(courier);
}

static void
a_courier_delivers_one_after_the_other(void **state)
{
    (void)state;
    struct channel_place place;
    struct channel_result result;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free)
    char *script = folder_write(folder, "tell", 0700, "#!/bin/sh\ncat >>\"$1/told\"\n");
    place_of(&place, script, folder);
    CLEAN(courier_destroy) courier_t *courier = courier_new(&channel_command_ops, &place);
    for (int turn = 0; turn < 2; turn++) {
        assert_false(courier_is_busy(courier));
        courier_send(courier, &message);
        assert_true(courier_is_busy(courier));
        assert_true(wait_ready(courier));
        courier_take(courier, &result);
        assert_int_equal(result.outcome, CHANNEL_DELIVERED);
    }
    struct error error = {0};
    CLEAN(memory_free) char *told = NULL;
    CLEAN(memory_free) char *path = memory_format("%s/told", folder);
    size_t size = 0;
    assert_int_equal(fd_read_file(AT_FDCWD, path, 4096, &told, &size, &error), 0);
    assert_string_equal(told, "title\n\ntext\ntitle\n\ntext\n");
}

static void
one_that_is_stopped_says_so_soon(void **state)
{
    (void)state;
    struct channel_place place;
    struct channel_result result;
    int64_t before_ms = clock_monotonic_ms();
    place_of(&place, "/bin/sleep", "1000");
    CLEAN(courier_destroy) courier_t *courier = courier_new(&channel_command_ops, &place);
    courier_send(courier, &message);
    assert_false(courier_is_ready(courier));
    courier_stop(courier);
    assert_true(wait_ready(courier));
    courier_take(courier, &result);
    assert_int_equal(result.outcome, CHANNEL_AGAIN);
    assert_int_equal(result.reason.code, ERROR_CANCELLED);
    assert_true(clock_monotonic_ms() - before_ms < PATIENCE_MS / 2);
}

static void
destroying_waits_for_nobody(void **state)
{
    (void)state;
    struct channel_place place;
    int64_t before_ms = clock_monotonic_ms();
    place_of(&place, "/bin/sleep", "1000");
    courier_t *courier = courier_new(&channel_command_ops, &place);
    courier_send(courier, &message);
    courier_destroy(&courier);
    assert_null(courier);
    assert_true(clock_monotonic_ms() - before_ms < PATIENCE_MS / 2);
}

int
main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_courier_delivers_one_after_the_other),
        cmocka_unit_test(one_that_is_stopped_says_so_soon),
        cmocka_unit_test(destroying_waits_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
