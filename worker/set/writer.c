#include "worker/set/writer_inside.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/set/catalog_set.h"
#include "worker/set/intake.h"
#include "worker/set/reader.h"
#include "worker/set/script.h"
#include "worker/set/script_text.h"

// A file on its way.
struct flow {
    const struct set_file_facts *facts;  // NULL: a guide of our own
    char name[READBACK_NAME_SIZE];
    set_file_t *file;
    uint64_t size_bytes;
    char *head, *tail;
    size_t head_size, tail_size, edge_size;
};

int
set_writer_open(set_writer_t **self_p, store_t *store, const char *path, struct error *error)
{
    CLEAN(set_writer_destroy) set_writer_t *self = memory_get(sizeof *self);
    self->store = store;
    self->path = memory_copy_text(path);
    self->dir = -1;
    self->manifest = manifest_new();
    self->manifest->set_path = memory_copy_text(path);
    self->manifest->store = memory_copy_text(store_identity(store));
    self->manifest->writer_version = memory_copy_text(DBHAUL_VERSION);
    self->buffer = memory_get(INTAKE_SIZE);
    if (store_begin(store, path, &self->dir, error))
        return -1;
    self->is_begun = 1;
    self->readbacks = readbacks_new(store, self->dir);
    *self_p = STEAL(self);
    return 0;
}

void
set_writer_destroy(set_writer_t **self_p)
{
    set_writer_t *self = *self_p;
    struct error unseen;
    if (!self)
        return;
    for (size_t index = 0; index < READBACKS_MAX; index++)
        set_writer_drop(self, &self->open[index].file);
    readbacks_destroy(&self->readbacks);
    fd_close(&self->dir);
    if (self->is_committed && !self->is_ended)
        store_remove(self->store, self->path, &unseen);
    else if (self->is_begun && !self->is_ended)
        store_abandon(self->store, self->path, &unseen);
    manifest_destroy(&self->manifest);
    free(self->buffer);
    free(self->path);
    memory_free(self_p);
}

void
set_writer_on_progress(set_writer_t *self, set_progress *progress, void *context)
{
    self->progress = progress;
    self->context = context;
}

void
set_writer_heed(set_writer_t *self, int stop)
{
    self->stop = stop;
}

static int
check_stop(const set_writer_t *self, struct error *error)
{
    struct pollfd item = {.fd = self->stop, .events = POLLIN};
    if (self->stop > 0 && poll(&item, 1, 0) > 0)
        return error_set(error, ERROR_CANCELLED, "cancelled before the set was whole");
    return 0;
}

void
set_writer_limit(set_writer_t *self, uint64_t read_limit_bytes_per_s)
{
    self->pace = pace_at(read_limit_bytes_per_s);
}

struct manifest *
set_writer_manifest(set_writer_t *self)
{
    return self->manifest;
}

static void
tell_progress(const set_writer_t *self)
{
    if (self->progress)
        self->progress(self->context, self->written_bytes,
                       readbacks_verified_bytes(self->readbacks));
}

static void
keep_edges(struct flow *flow, const char *data, size_t size)
{
    size_t room = flow->edge_size - flow->head_size;
    size_t part = size < room ? size : room;
    if (part > 0)
        memcpy(flow->head + flow->head_size, data, part);
    flow->head_size += part;
    if (size >= flow->edge_size) {
        if (flow->edge_size > 0)
            memcpy(flow->tail, data + size - flow->edge_size, flow->edge_size);
        flow->tail_size = flow->edge_size;
        return;
    }
    size_t old = flow->edge_size - size;
    if (flow->tail_size > old) {
        memmove(flow->tail, flow->tail + flow->tail_size - old, old);
        flow->tail_size = old;
    }
    memcpy(flow->tail + flow->tail_size, data, size);
    flow->tail_size += size;
}

static int
pour(set_writer_t *self, struct flow *flow, const char *data, size_t size, struct error *error)
{
    if (flow->facts && flow->facts->watch)
        flow->facts->watch(flow->facts->watch_context, data, size);
    if (set_file_write(flow->file, data, size, error))
        return -1;
    keep_edges(flow, data, size);
    flow->size_bytes += size;
    self->written_bytes += size;
    tell_progress(self);
    return 0;
}

static int
pour_all(set_writer_t *self, struct flow *flow, int fd, struct error *error)
{
    struct intake intake = intake_begin(fd, &self->pace);
    for (;;) {
        size_t size = 0;
        if (intake_fill(&intake, self->buffer, &size, error))
            return -1;
        if (size == 0)
            return 0;
        if (pour(self, flow, self->buffer, size, error))
            return -1;
    }
}

// Makes the file `flow->name` of what fd delivers, or, if fd is -1, of the text.
static int
keep(set_writer_t *self, struct flow *flow, int fd, const char *text, size_t text_size,
     uint8_t sha256[DIGEST_SIZE], struct error *error)
{
    CLEAN(set_file_destroy) set_file_t *file = NULL;
    readback_t *readback = NULL;
    if (readbacks_take(self->readbacks, &readback, error))
        return -1;
    readbacks_give(self->readbacks, readback);  // nobody else uses it meanwhile
    if (set_file_open(&file, self->store, self->dir, flow->name, readback, error))
        return -1;
    flow->file = file;
    if ((fd >= 0 ? pour_all(self, flow, fd, error) : pour(self, flow, text, text_size, error)) ||
        set_file_close(file, error))
        return -1;
    memcpy(sha256, set_file_sha256(file), DIGEST_SIZE);
    return 0;
}

static int
put(set_writer_t *self, const struct set_file_facts *facts, struct flow *flow, int fd,
    const char *text, size_t text_size, struct error *error)
{
    uint8_t sha256[DIGEST_SIZE];
    if (set_writer_find_number(self, 0, facts->loader, flow->name, error))
        return -1;
    if (store_check(self->store, error) || keep(self, flow, fd, text, text_size, sha256, error)) {
        self->is_failed = 1;
        return -1;
    }
    struct manifest_file *file = manifest_add_file(self->manifest, flow->name);
    set_writer_copy_facts(file, facts);
    file->size_bytes = flow->size_bytes;
    memcpy(file->sha256, sha256, sizeof sha256);
    self->is_accepted = fd < 0;
    return 0;
}

int
set_writer_put(set_writer_t *self, const struct set_file_facts *facts, int fd, char *head,
               size_t *head_size, char *tail, size_t *tail_size, size_t edge_size,
               uint64_t *size_bytes, struct error *error)
{
    struct flow flow = {.facts = facts, .head = head, .tail = tail, .edge_size = edge_size};
    assert(fd >= 0);
    if (put(self, facts, &flow, fd, NULL, 0, error))
        return -1;
    *head_size = flow.head_size;
    *tail_size = flow.tail_size;
    *size_bytes = flow.size_bytes;
    return 0;
}

int
set_writer_put_text(set_writer_t *self, const struct set_file_facts *facts, const char *text,
                    size_t size, struct error *error)
{
    struct flow flow = {.facts = facts};
    return put(self, facts, &flow, -1, text, size, error);
}

int
set_writer_accept(set_writer_t *self, struct error *error)
{
    if (self->is_failed || self->manifest->file_count == 0)
        return error_set(error, ERROR_INTERNAL, "the set '%s' has no file to accept", self->path);
    self->is_accepted = 1;
    return 0;
}

static int
wait_for_readback(const set_writer_t *self, struct error *error)
{
    int is_done = 0;
    while (!is_done) {
        if (readbacks_wait(self->readbacks, &is_done, error) || check_stop(self, error))
            return -1;
        tell_progress(self);
    }
    return 0;
}

static int
keep_text(set_writer_t *self, const char *name, const char *text, size_t size,
          uint8_t sha256[DIGEST_SIZE], struct error *error)
{
    struct flow flow = {0};
    snprintf(flow.name, sizeof flow.name, "%s", name);
    return keep(self, &flow, -1, text, size, sha256, error);
}

static int
keep_guides(set_writer_t *self, struct error *error)
{
    int is_catalog = catalog_set_is(self->manifest);
    CLEAN(memory_free)
    char *script = is_catalog ? catalog_set_script() : script_print(self->manifest);
    CLEAN(memory_free)
    char *text = is_catalog ? catalog_set_text(self->manifest) : script_text_print(self->manifest);
    const char *const names[] = {"RESTORE.txt", "restore.sh"};
    const char *const texts[] = {text, script};
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        struct manifest_guide *guide = manifest_add_guide(self->manifest, names[index]);
        guide->size_bytes = strlen(texts[index]);
        if (keep_text(self, names[index], texts[index], guide->size_bytes, guide->sha256, error))
            return -1;
    }
    return 0;
}

static int
keep_manifest(set_writer_t *self, uint8_t sha256[DIGEST_SIZE], struct error *error)
{
    CLEAN(manifest_destroy) struct manifest *readable = NULL;
    size_t size = 0;
    int refused = readbacks_refused(self->readbacks);
    if (refused)
        manifest_add_fact(self->manifest, "sync refused by the store", strerror(refused));
    CLEAN(memory_free) char *text = manifest_print(self->manifest, &size);
    // What we could not read again would be no set.
    if (manifest_parse(&readable, text, size, error) ||
        keep_text(self, MANIFEST_FILE, text, size, sha256, error))
        return -1;
    return wait_for_readback(self, error);
}

// Under its final name, by what the store itself says of it. That it can be read again was seen
// before.
static int
look_again(const set_writer_t *self, const uint8_t sha256[DIGEST_SIZE], struct error *error)
{
    return store_check(self->store, error) ||
                   set_reader_check(self->store, self->path, sha256, error)
               ? -1
               : 0;
}

static int
finish(set_writer_t *self, struct set_summary *summary, struct error *error)
{
    if (self->is_failed)
        return error_set(error, ERROR_INTERNAL, "a file could not be kept");
    if (self->manifest->file_count == 0)
        return error_set(error, ERROR_INTERNAL, "it has no file");
    if (!self->is_accepted)
        return error_set(error, ERROR_INTERNAL, "its last file was never accepted");
    if (set_writer_count_open(self) > 0)
        return error_set(error, ERROR_INTERNAL, "%zu files of it were never ended",
                         set_writer_count_open(self));
    manifest_sort(self->manifest);
    if (keep_guides(self, error) || wait_for_readback(self, error) ||
        keep_manifest(self, summary->manifest_sha256, error) || store_check(self->store, error) ||
        store_commit(self->store, self->path, error))
        return -1;
    self->is_committed = 1;
    return look_again(self, summary->manifest_sha256, error);
}

int
set_writer_end(set_writer_t *self, struct set_summary *summary, struct error *error)
{
    struct set_summary result = {0};
    if (finish(self, &result, error)) {
        self->is_failed = 1;
        return error_wrap(error, "cannot finish the set '%s'", self->path);
    }
    self->is_ended = 1;
    result.size_bytes = self->written_bytes;
    result.file_count = (uint32_t)self->manifest->file_count;
    *summary = result;
    return 0;
}
