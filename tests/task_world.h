// For test_task*: a job's process is the test's program once more, started as the daemon starts it.
// main begins with task_role.

#pragma once

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/log.h"
#include "proto/wire.h"
#include "tests/check.h"
#include "tests/folder.h"
#include "worker/child.h"
#include "worker/set/writer.h"
#include "worker/settings.h"
#include "worker/store/store.h"
#include "worker/task.h"

enum { TASK_PATIENCE_MS = 60000 };

struct task_world {
    char *folder;
    char *place;  // of the store
    char *config;
    store_t *store;
    child_t *child;
    // What the coordinator would say to a Fetch; the text and the cursor are lent.
    const char *(*answer)(struct task_world *world, const Wire__Fetch *fetch, const char **cursor);
    Wire__Envelope *progress;  // the last one
    Wire__Envelope *done;
};

static inline void
task_world_configure(struct task_world *world, const char *more)
{
    CLEAN(memory_free)
    char *text = memory_format("coordinators: [{endpoint: \"ipc:///nonexistent/a.ipc\"}]\n"
                               "stores: [{kind: directory, place: %s}]\n%s",
                               world->place, more);
    memory_free(&world->config);
    world->config = folder_write(world->folder, "worker.yaml", 0600, text);
}

static inline int
task_world_open(void **state)
{
    struct task_world *world = memory_get(sizeof *world);
    struct error error = {0};
    world->folder = folder_new();
    world->place = memory_format("%s/store", world->folder);
    assert_int_equal(mkdir(world->place, 0700), 0);
    assert_int_equal(store_create(world->place, &error), 0);
    assert_int_equal(store_open(&world->store, "directory", world->place, NULL, &error), 0);
    task_world_configure(world, "");
    *state = world;
    return 0;
}

static inline int
task_world_close(void **state)
{
    struct task_world *world = *state;
    child_destroy(&world->child);
    wire_free(&world->progress);
    wire_free(&world->done);
    store_destroy(&world->store);
    memory_free(&world->config);
    memory_free(&world->place);
    folder_destroy(&world->folder);
    memory_free(state);
    return 0;
}

static inline void
task_start(struct task_world *world, Wire__Run *run)
{
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    struct error error = {0};
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.job_id = 12;
    envelope.attempt = 3;
    envelope.epoch = 1;
    envelope.body_case = WIRE__ENVELOPE__BODY_RUN;
    envelope.run = run;
    if (!run->time_limit_ms)
        run->time_limit_ms = 60000;
    if (wire_pack(&envelope, WIRE_FROM_COORDINATOR, &data, &size, &error))
        fail_msg("%s", error.message);
    const char *command[] = {"/proc/self/exe", "--config", world->config, NULL};
    child_destroy(&world->child);
    wire_free(&world->done);
    if (child_start(&world->child, command, "--task", data, size, &error))
        fail_msg("%s", error.message);
}

static inline void
task_answer(struct task_world *world, const Wire__Fetch *fetch)
{
    const char *cursor = "";
    struct error error = {0};
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    Wire__Piece piece = WIRE__PIECE__INIT;
    piece.number = fetch->number;
    piece.text = (char *)(uintptr_t)world->answer(world, fetch, &cursor);
    piece.cursor = (char *)(uintptr_t)cursor;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.job_id = 12;
    envelope.attempt = 3;
    envelope.body_case = WIRE__ENVELOPE__BODY_PIECE;
    envelope.piece = &piece;
    assert_int_equal(wire_pack(&envelope, WIRE_FROM_COORDINATOR, &data, &size, &error), 0);
    assert_int_equal(child_give(world->child, data, size, &error), 0);
}

// Takes one frame if there is one. Returns 0 at the end of frames.
static inline int
task_listen(struct task_world *world)
{
    const uint8_t *data = NULL;
    size_t size = 0;
    struct error error = {0};
    if (child_next(world->child, &data, &size, &error)) {
        if (error.code == ERROR_UNAVAILABLE) {
            struct pollfd item = {.fd = child_frames_fd(world->child), .events = POLLIN};
            poll(&item, 1, 1000);
            return 1;
        }
        assert_int_equal(error.code, ERROR_NOT_FOUND);
        return 0;
    }
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    const Wire__Envelope *message = NULL;
    if (wire_unpack(decoder, data, size, WIRE_FROM_TASK, &message, &error))
        fail_msg("%s", error.message);
    assert_int_equal(message->job_id, 12);
    assert_int_equal(message->attempt, 3);
    if (message->body_case == WIRE__ENVELOPE__BODY_FETCH) {
        task_answer(world, message->fetch);
        return 1;
    }
    int is_done = message->body_case == WIRE__ENVELOPE__BODY_DONE;
    assert_null(is_done ? world->done : NULL);
    wire_free(is_done ? &world->done : &world->progress);
    *(is_done ? &world->done : &world->progress) = wire_clone(message);
    return 1;
}

// Waits for the process's end. Its Done, or NULL if it sent none.
static inline const Wire__Done *
task_finish(struct task_world *world, struct process_end *end)
{
    int64_t until_ms = clock_monotonic_ms() + TASK_PATIENCE_MS;
    while (task_listen(world)) {
        if (clock_monotonic_ms() > until_ms)
            fail_msg("the job's process does not end");
    }
    while (!child_ended(world->child, end)) {
        struct pollfd item = {.fd = child_end_fd(world->child), .events = POLLIN};
        poll(&item, 1, 1000);
        if (clock_monotonic_ms() > until_ms)
            fail_msg("the job's process does not end");
    }
    return world->done ? world->done->done : NULL;
}

static inline const Wire__Done *
task_do(struct task_world *world, Wire__Run *run)
{
    struct process_end end;
    task_start(world, run);
    const Wire__Done *done = task_finish(world, &end);
    assert_non_null(done);
    assert_int_equal(end.exit_code, 0);
    return done;
}

static inline void
check_failure(const Wire__Done *done, Wire__FailureClass class, const char *word)
{
    if (done->outcome != WIRE__OUTCOME__OUTCOME_FAILED || done->failure_class != class ||
        !strstr(done->message, word))
        fail_msg("outcome %d, class %d: %s", (int)done->outcome, (int)done->failure_class,
                 done->message);
}

static inline void
check_success(const Wire__Done *done, const char *word)
{
    if (done->outcome != WIRE__OUTCOME__OUTCOME_SUCCEEDED || !strstr(done->message, word))
        fail_msg("outcome %d, class %d: %s", (int)done->outcome, (int)done->failure_class,
                 done->message);
}

// Makes a finished set of one small file in the store.
static inline void
task_make_set(struct task_world *world, const char *path, const char *engine,
              struct set_summary *summary)
{
    struct error error = {0};
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    struct set_file_facts facts = {.role = "data", .object = "shop", .loader = "mysql"};
    const char *text = "CREATE TABLE t (a int);\n";
    assert_int_equal(set_writer_open(&writer, world->store, path, &error), 0);
    struct manifest *manifest = set_writer_manifest(writer);
    memory_free(&manifest->engine);
    manifest->engine = memory_copy_text(engine);
    assert_int_equal(set_writer_put_text(writer, &facts, text, strlen(text), &error), 0);
    if (set_writer_end(writer, summary, &error))
        fail_msg("%s", error.message);
}

static inline int
task_is_there(const struct task_world *world, const char *path)
{
    CLEAN(memory_free) char *place = memory_format("%s/%s", world->place, path);
    return access(place, F_OK) == 0;
}

// If this process is a job's, does it, sets its exit status and returns 1.
static inline int
task_role(int argc, char **argv, int *status)
{
    if (argc != 4 || strcmp(argv[3], "--task") != 0)
        return 0;
    struct error error = {0};
    CLEAN(settings_destroy) struct settings *settings = NULL;
    log_open("test_task", LOG_LEVEL_ERROR);
    *status = 1;
    if (settings_read(&settings, argv[2], NULL, NULL, &error))
        log_error("%s", error.message);
    else
        *status = task_run(settings, 0, 1);
    return 1;
}

#define TASK_TEST(name) cmocka_unit_test_setup_teardown(name, task_world_open, task_world_close)
