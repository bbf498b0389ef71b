#include "worker/store_look.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/store/probe.h"

// The thread's own: it may outlive whoever asked.
struct errand {
    char *kind, *place, *source, *folder;
    int answer;  // where the store_look goes
};

static const char boostfs[] = "boostfs";

static void
errand_destroy(struct errand **self_p)
{
    struct errand *self = *self_p;
    if (!self)
        return;
    memory_free(&self->kind);
    memory_free(&self->place);
    memory_free(&self->source);
    memory_free(&self->folder);
    fd_close(&self->answer);
    memory_free(self_p);
}

static struct errand *
errand_new(const struct settings_store *row, const char *folder)
{
    struct errand *self = memory_get(sizeof *self);
    self->kind = memory_copy_text(row->kind);
    self->place = memory_copy_text(row->place);
    self->source = memory_copy_text(row->source);
    self->folder = folder ? memory_copy_text(folder) : NULL;
    self->answer = -1;
    return self;
}

static int
look(const struct errand *errand, struct store_look *look, struct error *error)
{
    CLEAN(store_destroy) store_t *store = NULL;
    if (store_open(&store, errand->kind, errand->place, *errand->source ? errand->source : NULL,
                   error))
        return -1;
    snprintf(look->identity, sizeof look->identity, "%s", store_identity(store));
    if (store_check(store, error) || store_room(store, &look->free_bytes, error))
        return -1;
    return errand->folder ? probe_store(store, errand->folder, error) : 0;
}

static void *
run_errand(void *argument)
{
    CLEAN(errand_destroy) struct errand *errand = argument;
    struct store_look answer = {0};
    struct error error;
    if (look(errand, &answer, &error))
        answer.error = error;
    // Shorter than PIPE_BUF: whole or, if nobody waits any more, not at all.
    ssize_t written = write(errand->answer, &answer, sizeof answer);
    (void)written;
    return NULL;
}

int
store_look_start(const struct settings_store *row, const char *folder, int *answer,
                 struct error *error)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return error_set(error, ERROR_UNAVAILABLE, "cannot make a pipe: %s", strerror(errno));
    CLEAN(fd_close) int ours = ends[0];
    CLEAN(errand_destroy) struct errand *errand = errand_new(row, folder);
    errand->answer = ends[1];
    pthread_t thread;
    int cause = pthread_create(&thread, NULL, run_errand, errand);
    if (cause)
        return error_set(error, ERROR_UNAVAILABLE, "cannot start a thread: %s", strerror(cause));
    pthread_detach(thread);
    (void)STEAL(errand);
    *answer = fd_steal(&ours);
    return 0;
}

// A BoostFS says by its source which store it is: no need to touch a mount that is not meant, and
// may hang.
int
store_look_may_be(const struct settings_store *row, const char *identity)
{
    if (strcmp(row->kind, boostfs) != 0)
        return strncmp(identity, row->kind, strlen(row->kind)) == 0;
    size_t length = strlen(boostfs);
    return strncmp(identity, boostfs, length) == 0 && identity[length] == ':' &&
           strcmp(identity + length + 1, row->source) == 0;
}

int
store_look_take(int answer, struct store_look *look)
{
    if (read(answer, look, sizeof *look) == sizeof *look)
        return look->error.code == ERROR_NONE ? 0 : -1;
    *look = (struct store_look){0};
    return error_set(&look->error, ERROR_INTERNAL, "a look at a store gave no answer");
}

int
store_look_hangs(const struct settings_store *row, int64_t patience_ms, struct store_look *look)
{
    *look = (struct store_look){.is_hanging = 1};
    error_set(&look->error, ERROR_UNAVAILABLE,
              "the store at '%s' did not answer within %d s: its mount hangs, look at the server "
              "behind it and mount it anew",
              row->place, (int)(patience_ms / 1000));
    return error_mark(&look->error, ABOUT_MOUNT);
}

int
store_look_at(const struct settings_store *row, const char *folder, int64_t patience_ms,
              struct store_look *look)
{
    CLEAN(fd_close) int answer = -1;
    *look = (struct store_look){0};
    if (store_look_start(row, folder, &answer, &look->error))
        return -1;
    struct pollfd wanted = {.fd = answer, .events = POLLIN};
    if (poll(&wanted, 1, (int)patience_ms) > 0)
        return store_look_take(answer, look);
    return store_look_hangs(row, patience_ms, look);
}
