#include "worker/set/writer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/set/intake.h"
#include "worker/set/readback.h"
#include "worker/set/reader.h"
#include "worker/set/script.h"

enum { FILE_MODE = 0600, NAME_SIZE = READBACK_NAME_SIZE };

struct set_writer {
    store_t *store;
    char *path;
    int dir;
    struct manifest *manifest;
    readback_t *readback;
    char *buffer;
    set_progress *progress;
    void *context;
    uint64_t written_bytes;
    struct pace pace;
    int is_accepted;  // the last file
    int is_failed;    // a file was not kept, so there will be no set
    int is_begun, is_committed, is_ended;
};

// A file on its way.
struct flow {
    const struct set_file_facts *facts;  // NULL: a guide of our own
    char name[NAME_SIZE];
    int file;
    digest_t *digest;
    uint64_t size_bytes, told_bytes;
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
    if (readback_open(&self->readback, store, self->dir, error))
        return -1;
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
    readback_destroy(&self->readback);
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
        self->progress(self->context, self->written_bytes, readback_verified_bytes(self->readback));
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
write_all(const set_writer_t *self, const struct flow *flow, const char *data, size_t size,
          struct error *error)
{
    while (size > 0) {
        ssize_t written = write(flow->file, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return store_error(self->store, error, errno, "cannot write '%s'", flow->name);
        data += written;
        size -= (size_t)written;
    }
    return 0;
}

static int
pour(set_writer_t *self, struct flow *flow, const char *data, size_t size, struct error *error)
{
    digest_add(flow->digest, data, size);
    if (flow->facts && flow->facts->watch)
        flow->facts->watch(flow->facts->watch_context, data, size);
    if (write_all(self, flow, data, size, error))
        return -1;
    keep_edges(flow, data, size);
    flow->size_bytes += size;
    self->written_bytes += size;
    if (flow->size_bytes - flow->told_bytes >= READBACK_STEP_BYTES) {
        flow->told_bytes = flow->size_bytes;
        if (readback_reach(self->readback, flow->size_bytes, error))
            return -1;
    }
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
    CLEAN(digest_destroy) digest_t *digest = digest_new();
    CLEAN(fd_close)
    int file = openat(self->dir, flow->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                      FILE_MODE);
    if (file < 0)
        return store_error(self->store, error, errno, "cannot create '%s'", flow->name);
    flow->file = file;
    flow->digest = digest;
    if (readback_begin(self->readback, flow->name, file, error))
        return -1;
    if (fd >= 0 ? pour_all(self, flow, fd, error) : pour(self, flow, text, text_size, error))
        return -1;
    if (close(fd_steal(&file)))
        return store_error(self->store, error, errno, "cannot close '%s'", flow->name);
    digest_end(digest, sha256);
    return readback_end(self->readback, flow->size_bytes, sha256, error);
}

static void
set_facts(struct manifest_file *file, const struct set_file_facts *facts)
{
    file->role = memory_copy_text(facts->role);
    file->object = memory_copy_text(facts->object);
    file->loader = memory_copy_text(facts->loader);
    file->load_into = memory_copy_text(facts->load_into);
    file->tool = memory_copy_text(facts->tool);
    file->tool_version = memory_copy_text(facts->tool_version);
}

static const char *
extension_of(const char *loader)
{
    int is_sql = loader && (strcmp(loader, "mysql") == 0 || strcmp(loader, "psql") == 0);
    return is_sql ? "sql" : "dat";
}

static int
put(set_writer_t *self, const struct set_file_facts *facts, struct flow *flow, int fd,
    const char *text, size_t text_size, struct error *error)
{
    uint8_t sha256[DIGEST_SIZE];
    size_t number = self->manifest->file_count + 1;
    if (self->is_failed)
        return error_set(error, ERROR_INTERNAL, "the set '%s' has failed already", self->path);
    if (number > MANIFEST_FILES_MAX)
        return error_set(error, ERROR_INVALID, "the set '%s' would have over %d files", self->path,
                         MANIFEST_FILES_MAX);
    if (number > 1 && !self->is_accepted)
        return error_set(error, ERROR_INTERNAL, "file %zu of the set '%s' was never accepted",
                         number - 1, self->path);
    snprintf(flow->name, sizeof flow->name, "%zu.%s", number, extension_of(facts->loader));
    if (store_check(self->store, error) || keep(self, flow, fd, text, text_size, sha256, error)) {
        self->is_failed = 1;
        return -1;
    }
    struct manifest_file *file = manifest_add_file(self->manifest, flow->name);
    set_facts(file, facts);
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
        if (readback_wait(self->readback, &is_done, error))
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
    CLEAN(memory_free) char *script = script_print(self->manifest);
    CLEAN(memory_free) char *text = script_print_text(self->manifest);
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
    int refused = readback_refused(self->readback);
    if (refused)
        manifest_add_fact(self->manifest, "sync refused by the store", strerror(refused));
    CLEAN(memory_free) char *text = manifest_print(self->manifest, &size);
    // What we could not read again would be no set.
    if (manifest_parse(&readable, text, size, error) ||
        keep_text(self, "manifest.json", text, size, sha256, error))
        return -1;
    return wait_for_readback(self, error);
}

// Under its final name, by what the store itself says of it.
static int
look_again(const set_writer_t *self, const uint8_t sha256[DIGEST_SIZE], struct error *error)
{
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    if (store_check(self->store, error))
        return -1;
    return set_reader_open(&reader, self->store, self->path, sha256, error);
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
