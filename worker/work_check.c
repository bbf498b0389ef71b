// A check: what would fail tonight, without dumping anything. All that can be looked at is, so that
// one look tells everything; each finding says what it is about.

#include <inttypes.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/reach.h"
#include "worker/store_look.h"
#include "worker/work.h"

enum {
    STORE_PATIENCE_MS = 20000,
    MESSAGE_SIZE = WIRE_MESSAGE_MAX - 1024,  // the coordinator may have something to add
};

struct check {
    struct work *work;
    const Wire__Check *order;
    findings_t *findings;
    uint64_t size_bytes;  // of the server's data
    int has_asked;        // the server said so itself
};

// Without its secret a server can still be seen to be there.
static void
look_from_outside(const struct check *self, const struct error *secret_error)
{
    struct error error;
    findings_add_error(self->findings, secret_error, ABOUT_SECRET);
    if (reach_look(self->order->source->host, self->order->source->port, &error))
        findings_add_error(self->findings, &error, ABOUT_REACH);
}

static void
tell_idle_options(const struct check *self)
{
    const char *idle = NULL;
    for (size_t number = 0; (idle = work_idle_option(self->order->what, self->order->source->engine,
                                                     self->order->tool, number));
         number++)
        findings_add(self->findings, ABOUT_CONTENT, 0, "%s", idle);
}

static void
look_at_server(struct check *self)
{
    const Wire__Server *source = self->order->source;
    const toolbox_t *toolbox = work_toolbox(self->work, source->engine);
    struct server server;
    struct error error;
    CLEAN(selection_destroy) selection_t *selection = NULL;
    struct backup_options options = {0};
    work_tell(self->work, "server", 0, 0);
    if (work_read_what(self->order->what, &selection, &options, &error))
        findings_add_error(self->findings, &error, ABOUT_CONTENT);
    else if (work_open_server(self->work, source, self->order->what, &server, &error))
        look_from_outside(self, &error);
    else if (engine_check(self->order->tool, &server, toolbox, selection, self->findings,
                          &self->size_bytes, &error))
        findings_add_error(self->findings, &error, ABOUT_REACH);
    else
        self->has_asked = 1;
    tell_idle_options(self);
    if (self->has_asked)
        return;
    // The server did not say its version: discovery did.
    if (engine_find_tool(source->engine, source->version, toolbox, &error))
        findings_add_error(self->findings, &error, ABOUT_TOOL);
}

// What discovery knows is at best the size of the server's disk: worth a note, no more.
static void
look_at_room(const struct check *self, const struct store_look *look)
{
    uint64_t size_bytes = self->has_asked ? self->size_bytes : self->order->size_bytes;
    int is_fatal = self->has_asked && look->free_bytes < size_bytes;
    if (!is_fatal && look->free_bytes / 2 >= size_bytes) {
        findings_add(self->findings, ABOUT_CONTENT, 0, "store '%s' has %" PRIu64 " MiB free",
                     look->identity, look->free_bytes >> 20);
        return;
    }
    findings_add(self->findings, ABOUT_ROOM, is_fatal,
                 "a set needs about %" PRIu64 " MiB by %s, and the store '%s' has %" PRIu64
                 " MiB free%s: make room there, or raise its quota",
                 size_bytes >> 20, self->has_asked ? "the server's own sizes" : "discovery",
                 look->identity, look->free_bytes >> 20, is_fatal ? "" : ", less than twice that");
}

static void
take_look(const struct check *self, const struct store_look *look)
{
    if (look->error.code != ERROR_NONE)
        findings_add_error(self->findings, &look->error, ABOUT_MOUNT);
    else
        look_at_room(self, look);
}

// No store that can be used has this identity. `unknown` is one that could not be opened so that it
// might be it.
static void
miss_store(const struct check *self, const char *identity, const struct store_look *unknown)
{
    if (unknown->error.code != ERROR_NONE)
        take_look(self, unknown);
    else if (*identity)
        findings_add(self->findings, ABOUT_MOUNT, 1,
                     "the store '%s' is not in this worker's configuration, or is another one now",
                     identity);
    else
        findings_add(self->findings, ABOUT_MOUNT, 1, "this worker's configuration has no store");
}

static void
look_at_store(const struct check *self)
{
    const struct settings *settings = self->work->settings;
    const char *identity = self->order->store;
    struct store_look unknown = {0};
    work_tell(self->work, "store", 0, 0);
    for (size_t index = 0; index < settings->store_count; index++) {
        const struct settings_store *row = &settings->stores[index];
        struct store_look look;
        if (*identity && !store_look_may_be(row, identity))
            continue;
        int status = store_look_at(row, self->order->path, STORE_PATIENCE_MS, &look);
        self->work->is_hanging |= look.is_hanging;
        int is_it = *identity ? strcmp(look.identity, identity) == 0 : status == 0;
        if (is_it) {
            take_look(self, &look);
            return;
        }
        if (!*identity || !*look.identity)
            unknown = look;
    }
    miss_store(self, identity, &unknown);
}

int
work_check(struct work *self, struct error *error)
{
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    struct check check = {.work = self, .order = self->run->run->check, .findings = findings};
    look_at_server(&check);
    look_at_store(&check);
    memory_free(&self->message);
    self->message = findings_print(findings, MESSAGE_SIZE);
    // Nothing is gained by trying it again: somebody waits for the answer.
    return findings_are_fatal(findings) ? error_set(error, ERROR_CONFIG, "a backup would fail") : 0;
}
