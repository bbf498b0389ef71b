#include <fcntl.h>
#include <sys/file.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/log.h"
#include "proto/wire.h"
#include "tests/check.h"
#include "tests/folder.h"
#include "worker/engine/toolbox.h"
#include "worker/frame.h"
#include "worker/store/store.h"
#include "worker/survey.h"

struct seen {
    Wire__Envelope *tools;
    Wire__Envelope *stores[4];
    size_t frames, store_count;
};

static void
seen_clear(struct seen *seen)
{
    wire_free(&seen->tools);
    for (size_t index = 0; index < seen->store_count; index++)
        wire_free(&seen->stores[index]);
}

static void
look(const struct settings *settings, int with_tools, struct seen *seen)
{
    int fds[2];
    struct error error = {0};
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(survey_run(settings, with_tools, fds[1], &error), 0);
    fd_close(&fds[1]);
    for (;;) {
        CLEAN(memory_free) uint8_t *data = NULL;
        size_t size = 0;
        const Wire__Envelope *message = NULL;
        if (frame_read(fds[0], &data, &size, &error))
            break;
        assert_int_equal(wire_unpack(decoder, data, size, WIRE_FROM_WORKER, &message, &error), 0);
        assert_int_equal(message->body_case, WIRE__ENVELOPE__BODY_READY);
        seen->frames++;
        if (message->ready->n_stores)
            seen->stores[seen->store_count++] = wire_clone(message);
        else
            seen->tools = wire_clone(message);
    }
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    fd_close(&fds[0]);
}

static void
stores_that_can_be_used_are_told_and_others_are_not(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct error error = {0};
    assert_int_equal(store_create(folder, &error), 0);
    CLEAN(folder_destroy) char *bare = folder_new();
    struct settings_store stores[] = {
        {"directory", folder, ""},
        {"directory", bare, ""},
        {"directory", "/nonexistent/place", ""},
        {"boostfs", bare, "dd1.example:/su1"},
    };
    struct settings settings = {.stores = stores, .store_count = 4};
    CLEAN(seen_clear) struct seen seen = {0};
    look(&settings, 0, &seen);
    assert_int_equal(seen.frames, 1);
    assert_null(seen.tools);
    assert_int_equal(seen.store_count, 1);
    const Wire__Store *store = seen.stores[0]->ready->stores[0];
    assert_int_equal(strncmp(store->identity, "directory:", 10), 0);
    assert_string_equal(store->kind, "directory");
    assert_true(store->free_bytes > 0);
}

// As by a survey that was killed and hangs in the kernel.
static void
a_store_that_an_earlier_survey_hangs_in_is_not_touched(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(folder_destroy) char *states = folder_new();
    CLEAN(folder_destroy) char *hung = folder_new();
    CLEAN(folder_destroy) char *well = folder_new();
    assert_int_equal(store_create(hung, &error), 0);
    assert_int_equal(store_create(well, &error), 0);
    struct settings_store stores[] = {{"directory", hung, ""}, {"directory", well, ""}};
    struct settings settings = {.stores = stores, .store_count = 2, .state_folder = states};
    CLEAN(memory_free) char *path = memory_format("%s/survey-0.lock", states);
    CLEAN(fd_close) int held = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(flock(held, LOCK_EX), 0);
    CLEAN(seen_clear) struct seen seen = {0};
    look(&settings, 0, &seen);
    assert_int_equal(seen.store_count, 1);
    fd_close(&held);
    CLEAN(seen_clear) struct seen again = {0};
    look(&settings, 0, &again);
    assert_int_equal(again.store_count, 2);
}

static void
the_tools_of_the_configured_folders_are_told(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free)
    char *tool =
        folder_write(folder, "pg_dump", 0700, "#!/bin/sh\necho 'pg_dump (PostgreSQL) 42.7'\n");
    const char *folders[] = {folder, NULL};
    struct settings settings = {.tool_folders = folders, .stores = NULL};
    CLEAN(seen_clear) struct seen seen = {0};
    look(&settings, 1, &seen);
    assert_int_equal(seen.frames, 1);
    assert_non_null(seen.tools);
    int found = 0;
    for (size_t index = 0; index < seen.tools->ready->n_tools; index++) {
        const Wire__Tool *each = seen.tools->ready->tools[index];
        found |= strcmp(each->name, "pg_dump") == 0 && each->major == 42 && each->minor == 7;
    }
    assert_true(found);
}

int
main(void)
{
    log_open("test_survey", LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stores_that_can_be_used_are_told_and_others_are_not),
        cmocka_unit_test(a_store_that_an_earlier_survey_hangs_in_is_not_touched),
        cmocka_unit_test(the_tools_of_the_configured_folders_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
