// What reads a set: verify, and restore into a server.

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/set/reader.h"
#include "worker/work.h"

static void
on_progress(void *context, uint64_t written_bytes, uint64_t verified_bytes)
{
    work_tell(context, "verify", verified_bytes, written_bytes);
}

static int
open_set(struct work *self, const char *identity, const char *path,
         const ProtobufCBinaryData *sha256, store_t **store, set_reader_t **reader,
         struct error *error)
{
    if (work_open_store(self, identity, store, error))
        return -1;
    if (set_reader_open(reader, *store, path, sha256->data, error) ||
        set_reader_verify(*reader, on_progress, self, error)) {
        self->is_damaged = error->code == ERROR_CORRUPT || error->code == ERROR_NOT_FOUND;
        // What cannot be read from a mount that was lost meanwhile says nothing about the set.
        struct error lost = {0};
        if (self->is_damaged && store_check(*store, &lost)) {
            self->is_damaged = 0;
            *error = lost;
        }
        return -1;
    }
    return store_check(*store, error);
}

static uint64_t
size_of(const struct manifest *manifest)
{
    uint64_t size = 0;
    for (size_t index = 0; index < manifest->file_count; index++)
        size += manifest->files[index].size_bytes;
    return size;
}

int
work_verify(struct work *self, struct error *error)
{
    const Wire__Verify *verify = self->run->run->verify;
    CLEAN(store_destroy) store_t *store = NULL;
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    if (open_set(self, verify->store, verify->path, &verify->manifest_sha256, &store, &reader,
                 error))
        return -1;
    const struct manifest *manifest = set_reader_manifest(reader);
    work_remark(self, "%zu files of %" PRIu64 " bytes are as they were written",
                manifest->file_count, size_of(manifest));
    return 0;
}

static int
is_postgres(const char *engine)
{
    return strcmp(engine, "postgres") == 0;
}

static int
check_target(struct work *self, const Wire__Server *target, struct error *error)
{
    if (settings_may_restore(self->settings, target->host, target->port))
        return 0;
    return error_set(error, ERROR_DENIED,
                     "'%s:%u' may not be restored into: list it in this worker's configuration "
                     "under restore, targets",
                     target->host, target->port);
}

static const char *
text_or_null(const char *text)
{
    return *text ? text : NULL;
}

static void
folder_files_destroy(struct set_source_file **files_p)
{
    for (struct set_source_file *file = *files_p; file && file->path; file++) {
        char *path = (char *)(uintptr_t)file->path;
        memory_free(&path);
    }
    memory_free(files_p);
}

// What the files of rows are rows of. Files and parts are in order.
static void
add_tables(const struct manifest *manifest, struct set_source_file *files)
{
    size_t file = 0;
    for (size_t index = 0; index < manifest->part_count; index++) {
        const struct manifest_part *part = &manifest->parts[index];
        const struct manifest_table *table = &manifest->tables[part->table - 1];
        while (manifest_file_number(manifest->files[file].path) < part->file)
            file++;
        files[file].rows += part->rows;
        if (!*table->columns)
            continue;
        files[file].schema = table->schema;
        files[file].table = table->name;
        files[file].columns = table->columns;
    }
}

// The files by way of the descriptor of their folder, which was opened beneath the store's root: no
// link on the way can lead elsewhere.
static struct set_source_file *
list_files(const struct manifest *manifest, int folder)
{
    struct set_source_file *files = memory_get((manifest->file_count + 1) * sizeof *files);
    for (size_t index = 0; index < manifest->file_count; index++) {
        const struct manifest_file *file = &manifest->files[index];
        files[index] = (struct set_source_file){
            .role = file->role,
            .object = text_or_null(file->object),
            .loader = file->loader,
            .load_into = text_or_null(file->load_into),
            .size_bytes = file->size_bytes,
            .path = memory_format("/proc/self/fd/%d/%s", folder, file->path),
            .group = text_or_null(file->group),
        };
    }
    add_tables(manifest, files);
    return files;
}

static int
load(struct work *self, engine_t *engine, store_t *store, const struct manifest *manifest,
     struct error *error)
{
    const Wire__Restore *restore = self->run->run->restore;
    int is_empty = 0;
    if (!restore->overwrite) {
        if (engine_is_empty(engine, &is_empty, error))
            return -1;
        if (!is_empty)
            return error_set(error, ERROR_DENIED,
                             "'%s:%u' is not empty: restore into an empty server, or ask to "
                             "overwrite",
                             restore->target->host, restore->target->port);
    }
    CLEAN(fd_close) int folder = -1;
    if (store_open_set(store, restore->path, &folder, error))
        return -1;
    CLEAN(folder_files_destroy) struct set_source_file *files = list_files(manifest, folder);
    struct restore_options options = {.overwrite = restore->overwrite};
    work_tell(self, "load", 0, size_of(manifest));
    return engine_restore(engine, &options, files, manifest->file_count, error);
}

int
work_restore(struct work *self, struct error *error)
{
    const Wire__Restore *restore = self->run->run->restore;
    CLEAN(store_destroy) store_t *store = NULL;
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    CLEAN(engine_destroy) engine_t *engine = NULL;
    struct server server;
    if (check_target(self, restore->target, error) ||
        open_set(self, restore->store, restore->path, &restore->manifest_sha256, &store, &reader,
                 error))
        return -1;
    const struct manifest *manifest = set_reader_manifest(reader);
    if (is_postgres(manifest->engine) != is_postgres(restore->target->engine))
        return error_set(error, ERROR_INVALID, "a set of '%s' cannot be loaded into '%s'",
                         manifest->engine, restore->target->engine);
    if (work_open_server(self, restore->target, NULL, &server, error) ||
        work_open_engine(self, "", restore->target, &server, &engine, error) ||
        load(self, engine, store, manifest, error))
        return -1;
    work_remark(self, "%zu files of %" PRIu64 " bytes loaded into '%s:%u'", manifest->file_count,
                size_of(manifest), restore->target->host, restore->target->port);
    work_remark_excluded(self, manifest);
    return 0;
}
