#include "worker/survey.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/memory.h"
#include "proto/wire.h"
#include "worker/engine/toolbox.h"
#include "worker/frame.h"
#include "worker/store/store.h"

struct look {
    const struct settings *settings;
    const struct settings_store *store;
    int fd;
    pthread_t thread;
};

static int
send_ready(Wire__Ready *ready, int fd, struct error *error)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    envelope.version = WIRE_VERSION;
    envelope.body_case = WIRE__ENVELOPE__BODY_READY;
    envelope.ready = ready;
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    if (wire_pack(&envelope, WIRE_FROM_WORKER, &data, &size, error))
        return -1;
    return frame_write(fd, data, size, error);
}

// Protobuf's texts are not const, but nothing changes them.
static char *
lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

static int
send_tools(const struct settings *settings, int fd, struct error *error)
{
    CLEAN(toolbox_destroy) toolbox_t *toolbox = toolbox_new(settings->tool_folders);
    Wire__Tool tools[SURVEY_TOOLS_MAX];
    Wire__Tool *pointers[SURVEY_TOOLS_MAX];
    size_t count = toolbox_count(toolbox);
    if (count > SURVEY_TOOLS_MAX)
        count = SURVEY_TOOLS_MAX;
    for (size_t index = 0; index < count; index++) {
        const struct tool *tool = toolbox_tool(toolbox, index);
        tools[index] = (Wire__Tool)WIRE__TOOL__INIT;
        tools[index].name = lend(tool_kind_name(tool->kind));
        tools[index].major = tool->major;
        tools[index].minor = tool->minor;
        tools[index].version = lend(tool->version);
        pointers[index] = &tools[index];
    }
    Wire__Ready ready = WIRE__READY__INIT;
    ready.tools = pointers;
    ready.n_tools = count;
    return send_ready(&ready, fd, error);
}

static int
send_store(const struct settings_store *row, int fd, struct error *error)
{
    CLEAN(store_destroy) store_t *store = NULL;
    uint64_t free_bytes = 0;
    if (store_open(&store, row->kind, row->place, *row->source ? row->source : NULL, error) ||
        store_check(store, error) || store_room(store, &free_bytes, error))
        return -1;
    Wire__Store answer = WIRE__STORE__INIT;
    answer.identity = lend(store_identity(store));
    answer.kind = lend(row->kind);
    answer.free_bytes = free_bytes > INT64_MAX ? INT64_MAX : free_bytes;
    Wire__Store *pointer = &answer;
    Wire__Ready ready = WIRE__READY__INIT;
    ready.stores = &pointer;
    ready.n_stores = 1;
    return send_ready(&ready, fd, error);
}

// A process that hangs in the kernel holds its lock, even when it was killed. Without a folder for
// the locks there is none. *lock is the caller's, -1 = none.
static int
take_lock(const struct look *look, int *lock, struct error *error)
{
    size_t number = (size_t)(look->store - look->settings->stores);
    const char *folder = look->settings->state_folder;
    *lock = -1;
    if (!folder)
        return 0;
    CLEAN(memory_free) char *path = memory_format("%s/survey-%zu.lock", folder, number);
    *lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*lock < 0 || flock(*lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return 0;
    fd_close(lock);
    return error_set(error, ERROR_UNAVAILABLE,
                     "an earlier look at it hangs still: look at the server behind the mount and "
                     "mount it anew");
}

static void *
look_at_store(void *argument)
{
    const struct look *look = argument;
    struct error error;
    CLEAN(fd_close) int lock = -1;
    if (take_lock(look, &lock, &error) || send_store(look->store, look->fd, &error))
        log_warning("the store at '%s' cannot be used: %s", look->store->place, error.message);
    return NULL;
}

int
survey_run(const struct settings *settings, int with_tools, int fd, struct error *error)
{
    // The tools first and alone: their frame may be too long for one write to a pipe, and must not
    // be mixed with a store's.
    if (with_tools && send_tools(settings, fd, error))
        return -1;
    CLEAN(memory_free) struct look *looks = memory_get(settings->store_count * sizeof *looks);
    int cause = 0;
    size_t count = 0;
    for (; count < settings->store_count && cause == 0; count++) {
        looks[count].settings = settings;
        looks[count].store = &settings->stores[count];
        looks[count].fd = fd;
        cause = pthread_create(&looks[count].thread, NULL, look_at_store, &looks[count]);
    }
    if (cause)
        count--;
    for (size_t index = 0; index < count; index++)
        pthread_join(looks[index].thread, NULL);
    return cause ? error_set(error, ERROR_UNAVAILABLE, "cannot start a thread: %s", strerror(cause))
                 : 0;
}
