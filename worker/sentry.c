#include "worker/sentry.h"

#include <poll.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/store_look.h"

enum {
    LOOKS_A_PATIENCE = 5,  // so many looks in the time that one may take
    FAREWELL_MS = 5000,    // for a look under way, which would leave its file behind
};

struct sentry {
    int64_t patience_ms;
    const struct settings_store *row;  // NULL: nothing is watched
    char *folder;                      // NULL: nothing is written
    int has_looked;                    // the first look writes nothing: the job itself does so then
    int answer;                        // -1: no look is under way
    int64_t due_ms;                    // of the next look, or of this one's answer
};

sentry_t *
sentry_new(int64_t patience_ms)
{
    sentry_t *self = memory_get(sizeof *self);
    *self = (sentry_t){.patience_ms = patience_ms, .answer = -1, .due_ms = INT64_MAX};
    return self;
}

void
sentry_destroy(sentry_t **self_p)
{
    if (!*self_p)
        return;
    struct pollfd answer = {.fd = (*self_p)->answer, .events = POLLIN};
    if (answer.fd >= 0)
        poll(&answer, 1, FAREWELL_MS);
    fd_close(&(*self_p)->answer);
    memory_free(&(*self_p)->folder);
    memory_free(self_p);
}

void
sentry_watch(sentry_t *self, const struct settings_store *row, const char *folder, int64_t now_ms)
{
    fd_close(&self->answer);
    memory_free(&self->folder);
    self->row = row;
    self->folder = folder ? memory_copy_text(folder) : NULL;
    self->has_looked = 0;
    self->due_ms = now_ms;
}

int
sentry_fd(const sentry_t *self)
{
    return self->answer;
}

int64_t
sentry_deadline(const sentry_t *self)
{
    return self->due_ms;
}

static void
rest(sentry_t *self, int64_t now_ms)
{
    fd_close(&self->answer);
    self->due_ms = now_ms + self->patience_ms / LOOKS_A_PATIENCE;
}

// Without a thread for it there is no look; the next one may have it.
static void
look(sentry_t *self, int64_t now_ms)
{
    struct error ignored;
    const char *folder = self->has_looked ? self->folder : NULL;
    self->has_looked = 1;
    if (store_look_start(self->row, folder, &self->answer, &ignored))
        rest(self, now_ms);
    else
        self->due_ms = now_ms + self->patience_ms;
}

int
sentry_tick(sentry_t *self, int64_t now_ms, struct error *error)
{
    struct pollfd answer = {.fd = self->answer, .events = POLLIN};
    struct store_look found;
    if (self->answer >= 0 && poll(&answer, 1, 0) > 0) {
        rest(self, now_ms);
        return 0;
    }
    if (now_ms < self->due_ms)
        return 0;
    if (self->answer < 0) {
        look(self, now_ms);
        return 0;
    }
    store_look_hangs(self->row, self->patience_ms, &found);
    rest(self, now_ms);
    *error = found.error;
    return -1;
}
