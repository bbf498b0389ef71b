// The set's writer: names of files, and those that are open for other threads.

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/memory.h"
#include "worker/set/catalog_set.h"
#include "worker/set/writer_inside.h"

static const char *
extension_of(const char *loader)
{
    int is_sql = loader && (strcmp(loader, "mysql") == 0 || strcmp(loader, "psql") == 0);
    int is_text = loader && (strcmp(loader, "load-data") == 0 || strcmp(loader, "copy") == 0);
    int is_rows = loader && strcmp(loader, CATALOG_SET_ENGINE) == 0;
    return is_sql ? "sql" : is_text ? "tsv" : is_rows ? "jsonl" : "dat";
}

size_t
set_writer_count_open(const set_writer_t *self)
{
    size_t count = 0;
    for (size_t index = 0; index < READBACKS_MAX; index++)
        count += self->open[index].file != NULL;
    return count;
}

int
set_writer_find_number(set_writer_t *self, uint32_t number, const char *loader,
                       char name[READBACK_NAME_SIZE], struct error *error)
{
    if (self->is_failed)
        return error_set(error, ERROR_INTERNAL, "the set '%s' has failed already", self->path);
    if (self->manifest->file_count + set_writer_count_open(self) >= MANIFEST_FILES_MAX)
        return error_set(error, ERROR_INVALID, "the set '%s' would have over %d files", self->path,
                         MANIFEST_FILES_MAX);
    if (self->manifest->file_count > 0 && !self->is_accepted)
        return error_set(error, ERROR_INTERNAL, "file %u of the set '%s' was never accepted",
                         self->number, self->path);
    if (number == 0)
        number = self->number + 1;
    if (number > self->number)
        self->number = number;
    snprintf(name, READBACK_NAME_SIZE, "%u.%s", number, extension_of(loader));
    return 0;
}

void
set_writer_copy_facts(struct manifest_file *file, const struct set_file_facts *facts)
{
    file->role = memory_copy_text(facts->role);
    file->object = memory_copy_text(facts->object);
    file->loader = memory_copy_text(facts->loader);
    file->load_into = memory_copy_text(facts->load_into);
    file->tool = memory_copy_text(facts->tool);
    file->tool_version = memory_copy_text(facts->tool_version);
    file->group = memory_copy_text(facts->group);
}

int
set_writer_begin(set_writer_t *self, uint32_t number, const struct set_file_facts *facts,
                 set_file_t **file_p, struct error *error)
{
    readback_t *readback = NULL;
    char name[READBACK_NAME_SIZE];
    struct open_file *place = self->open;
    if (set_writer_find_number(self, number, facts->loader, name, error) ||
        store_check(self->store, error) || readbacks_take(self->readbacks, &readback, error))
        return -1;
    while (place->file)
        place++;  // there are as many as read-backs
    if (set_file_open(&place->file, self->store, self->dir, name, readback, error)) {
        readbacks_drop(self->readbacks, readback);
        return -1;
    }
    set_writer_copy_facts(&place->entry, facts);
    *file_p = place->file;
    return 0;
}

static struct open_file *
find_open(set_writer_t *self, const set_file_t *file)
{
    struct open_file *place = self->open;
    while (place->file != file)
        place++;
    return place;
}

int
set_writer_keep(set_writer_t *self, set_file_t **file_p, const struct manifest_part *parts,
                size_t count, struct error *error)
{
    struct open_file *place = find_open(self, *file_p);
    if (self->is_failed || !set_file_is_closed(*file_p))
        return error_set(error, ERROR_INTERNAL, "'%s' was not closed well", set_file_name(*file_p));
    struct manifest_file *file = manifest_add_file(self->manifest, set_file_name(*file_p));
    place->entry.path = file->path;
    place->entry.size_bytes = set_file_size(*file_p);
    memcpy(place->entry.sha256, set_file_sha256(*file_p), DIGEST_SIZE);
    *file = place->entry;
    for (size_t index = 0; index < count; index++) {
        struct manifest_part *part =
            manifest_add_part(self->manifest, parts[index].low, parts[index].high);
        struct manifest_part copy = parts[index];
        copy.low = part->low;
        copy.high = part->high;
        copy.file = manifest_file_number(file->path);
        *part = copy;
    }
    self->written_bytes += file->size_bytes;
    self->is_accepted = 1;
    readbacks_give(self->readbacks, set_file_readback(*file_p));
    set_file_destroy(file_p);
    *place = (struct open_file){0};
    set_writer_progress(self, 0);
    return 0;
}

void
set_writer_drop(set_writer_t *self, set_file_t **file_p)
{
    if (!*file_p)
        return;
    struct open_file *place = find_open(self, *file_p);
    readbacks_drop(self->readbacks, set_file_readback(*file_p));
    unlinkat(self->dir, set_file_name(*file_p), 0);
    memory_free(&place->entry.role);
    memory_free(&place->entry.object);
    memory_free(&place->entry.loader);
    memory_free(&place->entry.load_into);
    memory_free(&place->entry.tool);
    memory_free(&place->entry.tool_version);
    memory_free(&place->entry.group);
    set_file_destroy(&place->file);
    *place = (struct open_file){0};
    *file_p = NULL;
}

void
set_writer_progress(const set_writer_t *self, uint64_t open_bytes)
{
    if (self->progress)
        self->progress(self->context, self->written_bytes + open_bytes,
                       readbacks_verified_bytes(self->readbacks));
}
