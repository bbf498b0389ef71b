#include "coordinator/rebuild_rows.h"

#include <inttypes.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "common/text.h"
#include "coordinator/rebuild_inside.h"

enum { TOLD_MAX = 20, DATABASES_MAX = 2000000, TEXT_ROOM = 512 };

static void
destroy_text(void **text_p)
{
    memory_free(text_p);
}

rebuild_rows_t *
rebuild_rows_new(catalog_t *catalog, const char *place, int64_t unix_ms)
{
    rebuild_rows_t *self = memory_get(sizeof *self);
    self->catalog = catalog;
    self->place = memory_copy_text(place);
    self->unix_ms = unix_ms;
    self->batch = batch_new();
    self->databases = zhashx_new();
    zhashx_set_destructor(self->databases, destroy_text);
    self->origin = memory_copy_text("");
    self->store = memory_copy_text("");
    self->saved_path = memory_copy_text("");
    self->folder = memory_copy_text("");
    return self;
}

void
rebuild_rows_destroy(rebuild_rows_t **self_p)
{
    rebuild_rows_t *self = *self_p;
    if (!self)
        return;
    batch_destroy(&self->batch);
    zhashx_destroy(&self->databases);
    zhashx_destroy(&self->there);
    memory_free(&self->place);
    memory_free(&self->origin);
    memory_free(&self->store);
    memory_free(&self->saved_path);
    memory_free(&self->folder);
    memory_free(self_p);
}

// ---- trouble

void
rebuild_tell(rebuild_rows_t *self, const char *what, const char *why)
{
    CLEAN(memory_free) char *text = memory_format("%s: %s", what, why);
    text_clean(text);
    if (++self->troubles <= TOLD_MAX)
        printf("not readable: %s\n", text);
    if (self->troubles == TOLD_MAX)
        printf("not readable: more, which are only counted\n");
}

// ---- batches

static int
flush(rebuild_rows_t *self, struct error *error)
{
    if (batch_count(self->batch) == 0)
        return 0;
    if (catalog_apply(self->catalog, self->batch, error))
        return -1;
    for (size_t index = 0; index < batch_count(self->batch); index++) {
        // The saved catalog may have the job of a set that it does not have; and what a rebuild
        // that was cut off has written already is there.
        int is_expected = self->purposes[index] == PURPOSE_JOB_OF_FOUND ||
                          (self->there && self->purposes[index] == PURPOSE_ROW);
        self->refused += batch_at(self->batch, index)->refused && !is_expected;
    }
    batch_destroy(&self->batch);
    self->batch = batch_new();
    return 0;
}

int
rebuild_open_unit(rebuild_rows_t *self, enum purpose purpose, struct error *error)
{
    if (batch_count(self->batch) == REBUILD_UNITS && flush(self, error))
        return -1;
    self->purposes[batch_unit(self->batch)] = purpose;
    return 0;
}

// ---- rows

static void
lift(int64_t *most, int64_t number)
{
    if (number > *most)
        *most = number;
}

static void
know(rebuild_rows_t *self, const char *key, int64_t id)
{
    char *number = memory_format("%" PRId64, id);
    if (zhashx_insert(self->databases, key, number))
        memory_free(&number);  // it is known
}

void
rebuild_know_database(rebuild_rows_t *self, int64_t id, const char *resource_id)
{
    CLEAN(memory_free) char *both = memory_format("%" PRId64 " %s", id, resource_id);
    if (zhashx_size(self->databases) >= DATABASES_MAX)
        return;
    know(self, both, id);
    know(self, resource_id, id);
}

// A store that is called otherwise here, as the replica of a BoostFS is.
static void
rename_store(const rebuild_rows_t *self, json_t *row)
{
    struct error ignored;
    const char *store = NULL;
    if (json_get_text(row, "store", ARCHIVE_TEXT_MAX, &store, &ignored) == 0 &&
        strcmp(store, self->origin) == 0)
        json_object_set_new(row, "store", json_text(self->store));
}

static int
read_id(const json_t *row, int64_t *id, struct error *error)
{
    return json_get_integer(row, "id", 1, INT64_MAX - 1, id, error);
}

// A run that went on when the catalog was saved goes on no more.
static int
end_run(const rebuild_rows_t *self, json_t *row, struct error *error)
{
    int64_t ended_ms = 0;
    if (json_object_get(row, "ended_ms") &&
        json_get_integer(row, "ended_ms", 0, INT64_MAX, &ended_ms, error))
        return -1;
    if (ended_ms == 0)
        json_object_set_new(row, "ended_ms",
                            json_integer(self->saved_ms ? self->saved_ms : self->unix_ms));
    return 0;
}

static int
note_row(rebuild_rows_t *self, const char *table, json_t *row, struct error *error)
{
    int64_t id = 0;
    const char *resource_id = NULL;
    if (strcmp(table, "attempts") == 0)
        return 0;
    if (read_id(row, &id, error))
        return -1;
    if (strcmp(table, "databases") == 0) {
        if (json_get_text(row, "resource_id", ARCHIVE_TEXT_MAX, &resource_id, error))
            return -1;
        rebuild_know_database(self, id, resource_id);
        lift(&self->database_id, id);
        self->database_count++;
    } else if (strcmp(table, "runs") == 0) {
        lift(&self->run_id, id);
        return end_run(self, row, error);
    } else if (strcmp(table, "sets") == 0) {
        lift(&self->set_id, id);
        rename_store(self, row);
        self->set_count++;
    }
    return 0;
}

// Whether a rebuild that was cut off has written this set already.
static int
is_there(const rebuild_rows_t *self, const json_t *row)
{
    struct error ignored;
    const char *path = NULL;
    int64_t id = 0;
    if (!self->there || json_get_text(row, "path", ARCHIVE_TEXT_MAX, &path, &ignored) ||
        read_id(row, &id, &ignored))
        return 0;
    const char *known = zhashx_lookup(self->there, path);
    return known && strtoll(known, NULL, 10) == id;
}

static int
take_row(rebuild_rows_t *self, const struct archive_table *table, json_t *row, struct error *error)
{
    struct error cause = {0};
    CLEAN(batch_destroy) batch_t *trial = batch_new();
    batch_unit(trial);
    // What makes no sense is told, and takes no place in a batch.
    if (note_row(self, table->name, row, &cause) || archive_add(table, row, trial, &cause)) {
        rebuild_tell(self, "a row of the saved catalog", cause.message);
        return 0;
    }
    int is_set = strcmp(table->name, "sets") == 0;
    if (is_set && is_there(self, row))
        return 0;
    return rebuild_open_unit(self, is_set ? PURPOSE_SET : PURPOSE_ROW, error) ||
                   archive_add(table, row, self->batch, error)
               ? -1
               : 0;
}

// ---- lines

// The first line if there is a saved catalog.
static int
take_catalog(rebuild_rows_t *self, const json_t *row, struct error *error)
{
    const char *origin = NULL, *path = NULL;
    if (json_get_text(row, "origin", TEXT_ROOM, &origin, error) ||
        json_get_text(row, "path", TEXT_ROOM, &path, error) ||
        json_get_integer(row, "saved_ms", 0, INT64_MAX, &self->saved_ms, error))
        return -1;
    memory_free(&self->origin);
    memory_free(&self->saved_path);
    self->origin = memory_copy_text(origin);
    self->saved_path = memory_copy_text(path);
    return 0;
}

static int
take_gone(rebuild_rows_t *self, const json_t *row, struct error *error)
{
    int64_t id = 0;
    if (read_id(row, &id, error) || rebuild_open_unit(self, PURPOSE_ROW, error))
        return -1;
    batch_add(self->batch, STATEMENT_SET_MISSING, "ti",
              "the rebuild of the catalog did not find it in its store", id);
    self->gone++;
    return 0;
}

static int
take_trouble(rebuild_rows_t *self, const json_t *row, struct error *error)
{
    const char *path = NULL, *message = NULL;
    if (json_get_text(row, "path", TEXT_ROOM, &path, error) ||
        json_get_text(row, "message", ARCHIVE_TEXT_MAX, &message, error))
        return -1;
    rebuild_tell(self, path, message);
    return 0;
}

static int
take_begin(rebuild_rows_t *self, const json_t *row, struct error *error)
{
    const char *store = NULL, *folder = NULL;
    if (json_get_text(row, "store", TEXT_ROOM, &store, error) ||
        json_get_text(row, "folder", TEXT_ROOM, &folder, error))
        return -1;
    memory_free(&self->store);
    memory_free(&self->folder);
    self->store = memory_copy_text(store);
    self->folder = memory_copy_text(folder);
    return 0;
}

static int
take_end(rebuild_rows_t *self, const json_t *row, struct error *error)
{
    self->is_ended = 1;
    return json_get_integer(row, "partial", 0, INT64_MAX, &self->partial, error) ||
                   json_get_integer(row, "earlier", 0, INT64_MAX, &self->earlier, error) ||
                   json_get_integer(row, "strange", 0, INT64_MAX, &self->strange, error)
               ? -1
               : 0;
}

static const struct {
    const char *table;
    int (*take)(rebuild_rows_t *self, const json_t *row, struct error *error);
} others[] = {
    {"begin", take_begin},     {"catalog", take_catalog}, {"gone", take_gone},
    {"trouble", take_trouble}, {"end", take_end},
};

int
rebuild_rows_take(rebuild_rows_t *self, const char *line, size_t size, struct error *error)
{
    struct error cause = {0};
    const char *name = NULL;
    CLEAN(json_destroy) json_t *row = NULL;
    if (self->is_ended)
        return error_set(error, ERROR_CORRUPT, "there is a line behind the last one");
    if (archive_parse(line, size, &row, &name, &cause)) {
        rebuild_tell(self, "a line", cause.message);
        return 0;
    }
    const struct archive_table *table = archive_find(name);
    if (table)
        return take_row(self, table, row, error);
    if (strcmp(name, "found") == 0)
        return rebuild_take_found(self, line, size, error);
    for (size_t index = 0; index < sizeof others / sizeof *others; index++) {
        if (strcmp(name, others[index].table) == 0)
            return others[index].take(self, row, error);
    }
    rebuild_tell(self, "a line", "it is of no table that is known");
    return 0;
}

int
rebuild_rows_end(rebuild_rows_t *self, struct error *error)
{
    if (!self->is_ended)
        return error_set(error, ERROR_CORRUPT, "what the worker told was cut off");
    if (self->found_run_id) {
        if (rebuild_open_unit(self, PURPOSE_ROW, error))
            return -1;
        batch_add(self->batch, STATEMENT_RUN_END, "iiiiiii", self->unix_ms, (int64_t)self->found,
                  (int64_t)self->found, (int64_t)0, (int64_t)0, (int64_t)0, self->found_run_id);
    }
    return flush(self, error);
}

uint64_t
rebuild_rows_print(const rebuild_rows_t *self, FILE *file)
{
    char saved[CLOCK_TEXT_SIZE];
    clock_format_sql(self->saved_ms, saved);
    fprintf(file, "rebuilt from '%s', which is '%s', folder '%s'\n", self->place, self->store,
            self->folder);
    if (*self->saved_path)
        fprintf(file, "saved catalog: '%s', of %s UTC\n", self->saved_path, saved);
    else
        fprintf(file, "saved catalog: none that is whole; by manifests alone\n");
    fprintf(file, "databases: %" PRIu64 ", and %" PRIu64 " more that only sets tell of\n",
            self->database_count, self->new_databases);
    fprintf(file,
            "sets: %" PRIu64 " of the saved catalog, %" PRIu64 " of them missing now; %" PRIu64
            " more were found\n",
            self->set_count, self->gone, self->found);
    fprintf(file,
            "left alone: %" PRId64 " that were never finished, %" PRId64
            " of earlier attempts, %" PRId64 " folders of strange names\n",
            self->partial, self->earlier, self->strange);
    fprintf(file, "not readable: %" PRIu64 "; not kept, against the tables' rules: %" PRIu64 "\n",
            self->troubles, self->refused);
    fprintf(file, "nothing was verified: `dbhaul verify` does that\n");
    return self->troubles + self->refused;
}
