// The catalog as a set in a store, so that it can be rebuilt from there: one file for each of its
// tables, a row a line, as the coordinator gives them. Of older ones only the newest are kept.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "proto/set_name.h"
#include "worker/set/catalog_set.h"
#include "worker/store/walk.h"
#include "worker/work.h"

enum { OLDER_MAX = 10000 };

struct saving {
    struct work *work;
    set_writer_t *writer;
    uint64_t rows, size_bytes;
};

static void
replace(char **text_p, const char *text)
{
    memory_free(text_p);
    *text_p = memory_copy_text(text);
}

static void
fill_manifest(struct saving *self, const Wire__SaveCatalog *wish)
{
    struct manifest *manifest = set_writer_manifest(self->writer);
    CLEAN(memory_free) char *rows = memory_format("%" PRIu64, self->rows);
    CLEAN(memory_free) char *label = memory_format("job %" PRIu64, self->work->run->job_id);
    replace(&manifest->run_label, label);
    replace(&manifest->engine, CATALOG_SET_ENGINE);
    replace(&manifest->resource_id, wish->path);
    replace(&manifest->name, "the catalog");
    replace(&manifest->host, "");
    replace(&manifest->server_version, "");
    replace(&manifest->tool, "dbhaul");
    replace(&manifest->tool_version, DBHAUL_VERSION);
    replace(&manifest->consistency, "each row as it was when it was read");
    manifest->job_id = self->work->run->job_id;
    manifest->attempt = self->work->run->attempt;
    manifest->ended_unix_ms = clock_unix_ms();
    manifest_add_fact(manifest, CATALOG_SET_FORMAT_FACT, CATALOG_SET_FORMAT);
    manifest_add_fact(manifest, "rows", rows);
}

static uint64_t
count_lines(const char *text)
{
    uint64_t count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static int
copy_rows(struct saving *self, const char *table, set_file_t *file, struct error *error)
{
    CLEAN(memory_free) char *cursor = memory_copy_text("");
    CLEAN(memory_free) char *list = memory_format("archive_%s", table);
    do {
        const Wire__Piece *piece = NULL;
        if (work_fetch(self->work, list, cursor, "", &piece, error))
            return -1;
        size_t size = strlen(piece->text);
        if (size > 0 && set_file_write(file, piece->text, size, error))
            return -1;
        self->rows += count_lines(piece->text);
        self->size_bytes += size;
        memory_free(&cursor);
        cursor = memory_copy_text(piece->cursor);
        work_tell(self->work, "save", self->size_bytes, 0);
    } while (*cursor);
    return 0;
}

static int
save_table(struct saving *self, const char *table, struct error *error)
{
    struct set_file_facts facts = {.role = CATALOG_SET_ENGINE,
                                   .object = table,
                                   .loader = CATALOG_SET_ENGINE,
                                   .load_into = "",
                                   .tool = "dbhaul",
                                   .tool_version = DBHAUL_VERSION,
                                   .group = ""};
    set_file_t *file = NULL;
    if (set_writer_begin(self->writer, 0, &facts, &file, error))
        return -1;
    if (copy_rows(self, table, file, error) || set_file_close(file, error) ||
        set_writer_keep(self->writer, &file, NULL, 0, error)) {
        set_writer_drop(self->writer, &file);
        return error_wrap(error, "cannot save the table '%s'", table);
    }
    return 0;
}

// ---- older ones

struct older {
    struct set_name own;
    struct set_name names[OLDER_MAX];
    size_t count;
};

static int
take_older(void *context, const char *path)
{
    struct older *self = context;
    struct set_name name;
    if (set_name_parse(path, &name) || set_name_compare(&name, &self->own) >= 0)
        return 0;
    self->names[self->count++] = name;
    return self->count == OLDER_MAX;
}

static int
oldest_first(const void *one, const void *other)
{
    return set_name_compare(one, other);
}

static int
remove_one(store_t *store, const struct set_name *name, struct error *error)
{
    char path[SET_NAME_SIZE];
    int is_whole = 0;
    set_name_print(name, path);
    if (store_check(store, error))
        return -1;
    return name->state == SET_NAME_WHOLE
               ? store_retire(store, path, MANIFEST_FILE, &is_whole, error)
               : store_remove(store, path, error);
}

// Ours stands, so there is always one. What was not finished is of attempts that are over: there is
// one job of this kind a store at a time. The oldest goes first: where a retention lock holds one,
// it holds all that are newer, too.
static int
remove_older(store_t *store, const Wire__SaveCatalog *wish, size_t *removed, struct error *error)
{
    CLEAN(memory_free) struct older *older = memory_get(sizeof *older);
    if (set_name_parse(wish->path, &older->own))
        return error_set(error, ERROR_INVALID, "'%.128s' is no path of a set", wish->path);
    CLEAN(memory_free) char *folder = memory_copy_text(wish->path);
    *strrchr(folder, '/') = '\0';
    if (store_walk_folder(store, folder, take_older, older, error))
        return -1;
    qsort(older->names, older->count, sizeof *older->names, oldest_first);
    size_t whole = 1;
    for (size_t index = 0; index < older->count; index++)
        whole += older->names[index].state == SET_NAME_WHOLE;
    for (size_t index = 0; index < older->count; index++) {
        const struct set_name *name = &older->names[index];
        if (name->state == SET_NAME_WHOLE && whole <= wish->keep)
            continue;
        whole -= name->state == SET_NAME_WHOLE;
        if (remove_one(store, name, error))
            return -1;
        ++*removed;
    }
    return 0;
}

int
work_save_catalog(struct work *self, struct error *error)
{
    const Wire__SaveCatalog *wish = self->run->run->save_catalog;
    struct saving saving = {.work = self};
    struct set_summary summary;
    size_t removed = 0;
    CLEAN(store_destroy) store_t *store = NULL;
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    if (work_open_store(self, wish->store, &store, error) ||
        set_writer_open(&writer, store, wish->path, error))
        return -1;
    saving.writer = writer;
    set_writer_manifest(writer)->started_unix_ms = clock_unix_ms();
    for (size_t index = 0; catalog_set_tables[index]; index++) {
        if (save_table(&saving, catalog_set_tables[index], error))
            return -1;
    }
    fill_manifest(&saving, wish);
    if (set_writer_end(writer, &summary, error))
        return -1;
    work_remark(self, "%" PRIu64 " rows in '%s'", saving.rows, wish->path);
    // The set stands; that an older one stands beside it still is no failure of it.
    struct error trouble = {0};
    if (remove_older(store, wish, &removed, &trouble))
        work_remark(self, "older ones could not be removed: %s", trouble.message);
    else if (removed > 0)
        work_remark(self, "%zu older ones were removed", removed);
    return 0;
}
