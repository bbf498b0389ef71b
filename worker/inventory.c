#include "worker/inventory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/json.h"
#include "common/lines.h"
#include "common/memory.h"
#include "worker/places.h"
#include "worker/set/catalog_set.h"
#include "worker/set/found.h"
#include "worker/store/walk.h"

enum {
    LINE_MAX_BYTES = 128 << 10,
    FOUND_MAX_BYTES = 16384,
    FOLDER_ROOM = 64,
    SHOWN_MAX = 8,
    MESSAGE_MAX = 1024
};

static const char root[] = "dbhaul";

struct inventory {
    store_t *store;
    int output;
    char folder[FOLDER_ROOM];
    places_t *places;
    char origin[STORE_IDENTITY_SIZE];  // what the store was called when the catalog was saved
    uint64_t rows, found, gone, partial, earlier, strange, troubles;
};

// ---- lines

static int
put(const struct inventory *self, const char *text, size_t size, struct error *error)
{
    return fd_write(self->output, text, size, error) || fd_write(self->output, "\n", 1, error) ? -1
                                                                                               : 0;
}

static int
put_json(const struct inventory *self, json_t *object, struct error *error)
{
    CLEAN(memory_free) char *text = json_print(object);
    return put(self, text, strlen(text), error);
}

static int
put_trouble(struct inventory *self, const char *path, const char *message, struct error *error)
{
    CLEAN(json_destroy) json_t *object = json_object();
    CLEAN(memory_free) char *cut = memory_format("%.*s", MESSAGE_MAX, message);
    self->troubles++;
    json_object_set_new(object, "table", json_text("trouble"));
    json_object_set_new(object, "path", json_text(path));
    json_object_set_new(object, "message", json_text(cut));
    return put_json(self, object, error);
}

// ---- whose folder

struct folders {
    char names[SHOWN_MAX][FOLDER_ROOM];
    size_t count;
};

static int
take_folder(void *context, const char *path)
{
    struct folders *self = context;
    if (strlen(path) >= FOLDER_ROOM)
        return 0;
    snprintf(self->names[self->count++], FOLDER_ROOM, "%s", path);
    return self->count == SHOWN_MAX;
}

static int
choose_folder(struct inventory *self, const char *catalog, struct error *error)
{
    struct folders folders = {0};
    if (catalog) {
        snprintf(self->folder, sizeof self->folder, "%s/%.40s", root, catalog);
        return store_check_path(self->folder, error);
    }
    if (store_walk_folder(self->store, root, take_folder, &folders, error))
        return -1;
    if (folders.count == 0)
        return error_set(error, ERROR_NOT_FOUND,
                         "there is no folder of sets beneath '%s/': is it the store's root?", root);
    if (folders.count > 1)
        return error_set(error, ERROR_CONFIG,
                         "the store has sets of several catalogs, '%s', '%s'%s: say by --catalog "
                         "which, by its last part",
                         folders.names[0], folders.names[1], folders.count > 2 ? " and more" : "");
    snprintf(self->folder, sizeof self->folder, "%s", folders.names[0]);
    return 0;
}

// ---- the saved catalog

static int
put_gone(struct inventory *self, int64_t set_id, struct error *error)
{
    CLEAN(json_destroy) json_t *object = json_object();
    self->gone++;
    json_object_set_new(object, "table", json_text("gone"));
    json_object_set_new(object, "id", json_integer(set_id));
    return put_json(self, object, error);
}

static int
is_there(struct inventory *self, const char *path, int *answer, struct error *error)
{
    struct error cause = {0};
    CLEAN(fd_close) int dir = -1;
    if (places_is_ours(self->places, path)) {
        struct place *place = places_find(self->places, path);
        if (place)
            place->is_known = 1;
        *answer = place != NULL || places_is_hidden(self->places, path);
        return 0;
    }
    *answer = store_open_set(self->store, path, &dir, &cause) == 0;
    if (*answer || cause.code == ERROR_NOT_FOUND)
        return 0;
    *answer = 1;  // nobody knows
    return put_trouble(self, path, cause.message, error);
}

// Of a row of another store nothing can be said here.
static int
judge_set(struct inventory *self, const char *line, size_t size, struct error *error)
{
    CLEAN(json_destroy) json_t *row = NULL;
    const char *store = NULL, *path = NULL, *state = NULL;
    int64_t id = 0;
    int answer = 0;
    struct error cause;
    if (json_parse(line, size, LINE_MAX_BYTES, &row, &cause) ||
        json_get_text(row, "store", STORE_IDENTITY_SIZE, &store, &cause) ||
        json_get_text(row, "path", STORE_PATH_MAX, &path, &cause) ||
        json_get_text(row, "state", 32, &state, &cause) ||
        json_get_integer(row, "id", 1, INT64_MAX, &id, &cause))
        return put_trouble(self, "a row of the saved catalog", cause.message, error);
    if (strcmp(store, self->origin) != 0)
        return 0;
    if (is_there(self, path, &answer, error))
        return -1;
    if (strcmp(state, "expiring") == 0 || strcmp(state, "expired") == 0)
        places_pass(self->places, path);
    int is_wanted = strcmp(state, "good") == 0 || strcmp(state, "damaged") == 0;
    return answer || !is_wanted ? 0 : put_gone(self, id, error);
}

static int
put_rows(struct inventory *self, set_reader_t *reader, size_t file, int is_sets,
         struct error *error)
{
    CLEAN(fd_close) int fd = -1;
    if (set_reader_file(reader, file, &fd, error))
        return -1;
    CLEAN(lines_destroy) lines_t *lines = lines_new(fd, LINE_MAX_BYTES, 0);
    const char *line = NULL;
    size_t size = 0;
    while (lines_next(lines, &line, &size, error) == 0) {
        self->rows++;
        if (put(self, line, size, error) || (is_sets && judge_set(self, line, size, error)))
            return -1;
    }
    return error->code == ERROR_NOT_FOUND ? 0 : -1;
}

static int
put_tables(struct inventory *self, set_reader_t *reader, struct error *error)
{
    const struct manifest *manifest = set_reader_manifest(reader);
    for (const char *const *table = catalog_set_order; *table; table++) {
        for (size_t file = 0; file < manifest->file_count; file++) {
            if (strcmp(manifest->files[file].object, *table) == 0 &&
                put_rows(self, reader, file, strcmp(*table, "sets") == 0, error))
                return error_wrap(error, "cannot read the saved table '%s'", *table);
        }
    }
    return 0;
}

static int
put_catalog(struct inventory *self, set_reader_t *reader, const char *path, struct error *error)
{
    const struct manifest *manifest = set_reader_manifest(reader);
    CLEAN(json_destroy) json_t *object = json_object();
    snprintf(self->origin, sizeof self->origin, "%s", manifest->store);
    json_object_set_new(object, "table", json_text("catalog"));
    json_object_set_new(object, "path", json_text(path));
    json_object_set_new(object, "origin", json_text(manifest->store));
    json_object_set_new(object, "saved_ms", json_integer(manifest->ended_unix_ms));
    return put_json(self, object, error);
}

static int
open_catalog(struct inventory *self, const char *path, set_reader_t **reader, struct error *error)
{
    CLEAN(set_reader_destroy) set_reader_t *opened = NULL;
    if (set_reader_open(&opened, self->store, path, NULL, error) ||
        catalog_set_check(set_reader_manifest(opened), error) ||
        set_reader_verify(opened, NULL, NULL, error))
        return -1;
    *reader = STEAL(opened);
    return 0;
}

// The newest that is whole, down to its last byte. They stand first among the places, the newest
// last.
static int
find_catalog(struct inventory *self, set_reader_t **reader, char path[SET_NAME_SIZE],
             struct error *error)
{
    size_t end = 0;
    while (end < places_count(self->places) && places_at(self->places, end)->database_id == 0)
        end++;
    while (end-- > 0) {
        struct error cause = {0};
        const struct place *place = places_at(self->places, end);
        places_path(self->places, place, path);
        if (place->state != SET_NAME_WHOLE)
            continue;
        if (open_catalog(self, path, reader, &cause) == 0)
            return 0;
        if (put_trouble(self, path, cause.message, error))
            return -1;
    }
    return 0;
}

static int
put_saved(struct inventory *self, struct error *error)
{
    char path[SET_NAME_SIZE];
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    if (find_catalog(self, &reader, path, error))
        return -1;
    if (!reader)
        return 0;
    return put_catalog(self, reader, path, error) || put_tables(self, reader, error) ? -1 : 0;
}

// ---- what it does not know

// Of two attempts of one job only the later counts, none beside one that the catalog knows, and
// none of a job whose set has expired.
static int
is_earlier(struct inventory *self, size_t index)
{
    const struct place *place = places_at(self->places, index);
    if (place->is_past)
        return 1;
    for (size_t other = index; other-- > 0;) {
        const struct place *before = places_at(self->places, other);
        if (before->database_id != place->database_id || before->job_id != place->job_id)
            break;
        if (before->is_known)
            return 1;
    }
    for (size_t other = index + 1; other < places_count(self->places); other++) {
        const struct place *after = places_at(self->places, other);
        if (after->database_id != place->database_id || after->job_id != place->job_id)
            break;
        if (after->state == SET_NAME_WHOLE)
            return 1;
    }
    return 0;
}

static int
put_found(struct inventory *self, const struct place *place, struct error *error)
{
    char path[SET_NAME_SIZE];
    struct error cause = {0};
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    CLEAN(memory_free) char *line = NULL;
    places_path(self->places, place, path);
    if (set_reader_open(&reader, self->store, path, NULL, &cause) ||
        found_print(reader, path, FOUND_MAX_BYTES, &line, &cause))
        return put_trouble(self, path, cause.message, error);
    self->found++;
    return put(self, line, strlen(line), error);
}

static int
put_unknown(struct inventory *self, struct error *error)
{
    for (size_t index = 0; index < places_count(self->places); index++) {
        const struct place *place = places_at(self->places, index);
        if (place->is_known || place->database_id == 0)
            continue;
        if (place->state != SET_NAME_WHOLE)
            self->partial++;
        else if (is_earlier(self, index))
            self->earlier++;
        else if (put_found(self, place, error))
            return -1;
    }
    for (size_t index = 0; index < places_odd_count(self->places); index++) {
        const struct place_odd *odd = places_odd_at(self->places, index);
        if (!*odd->why)
            self->strange++;
        else if (put_trouble(self, odd->path, odd->why, error))
            return -1;
    }
    return 0;
}

// The first line.
static int
put_begin(const struct inventory *self, struct error *error)
{
    CLEAN(json_destroy) json_t *object = json_object();
    json_object_set_new(object, "table", json_text("begin"));
    json_object_set_new(object, "store", json_text(store_identity(self->store)));
    json_object_set_new(object, "folder", json_text(self->folder));
    return put_json(self, object, error);
}

static int
put_end(struct inventory *self, struct error *error)
{
    CLEAN(json_destroy) json_t *object = json_object();
    const struct {
        const char *key;
        uint64_t number;
    } counts[] = {{"rows", self->rows},        {"found", self->found},
                  {"gone", self->gone},        {"partial", self->partial},
                  {"earlier", self->earlier},  {"strange", self->strange},
                  {"troubles", self->troubles}};
    json_object_set_new(object, "table", json_text("end"));
    for (size_t index = 0; index < sizeof counts / sizeof *counts; index++)
        json_object_set_new(object, counts[index].key,
                            json_integer((json_int_t)counts[index].number));
    return put_json(self, object, error);
}

static void
inventory_clear(struct inventory *self)
{
    places_destroy(&self->places);
    store_destroy(&self->store);
}

int
inventory_run(const struct inventory_options *options, int output, struct error *error)
{
    CLEAN(inventory_clear) struct inventory self = {.output = output};
    const char *kind = options->identity ? "reading" : "directory";
    if (store_open(&self.store, kind, options->place, options->identity, error))
        return options->identity
                   ? -1
                   : error_wrap(error,
                                "say by --store what the store at '%s' is called (a BoostFS: "
                                "boostfs:HOST:/UNIT), or mount one of kind directory",
                                options->place);
    if (choose_folder(&self, options->catalog, error) ||
        places_read(&self.places, self.store, self.folder, error))
        return -1;
    return put_begin(&self, error) || put_saved(&self, error) || put_unknown(&self, error) ||
                   put_end(&self, error)
               ? -1
               : 0;
}
