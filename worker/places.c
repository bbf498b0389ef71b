#include "worker/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/store/walk.h"

enum { STEP = 4096 };

struct places {
    char folder[SET_NAME_FOLDER_SIZE];
    struct place *items;
    size_t count;
    struct place_odd *odd;
    size_t odd_count;
    int is_full;
};

void
places_destroy(places_t **self_p)
{
    places_t *self = *self_p;
    if (!self)
        return;
    for (size_t index = 0; index < self->odd_count; index++) {
        memory_free(&self->odd[index].path);
        memory_free(&self->odd[index].why);
    }
    memory_free(&self->odd);
    memory_free(&self->items);
    memory_free(self_p);
}

static int
add_odd(places_t *self, const char *path, const char *why)
{
    if (self->odd_count == PLACES_ODD_MAX) {
        self->is_full = 1;
        return 1;
    }
    if (!self->odd)
        self->odd = memory_get(PLACES_ODD_MAX * sizeof *self->odd);
    self->odd[self->odd_count++] =
        (struct place_odd){.path = memory_copy_text(path), .why = memory_copy_text(why)};
    return 0;
}

static int
found(void *context, const char *path)
{
    places_t *self = context;
    struct set_name name;
    if (set_name_parse(path, &name) || strcmp(name.folder, self->folder) != 0)
        return add_odd(self, path, "");
    if (self->count == PLACES_MAX) {
        self->is_full = 1;
        return 1;
    }
    if (self->count % STEP == 0)
        self->items = memory_resize(self->items, (self->count + STEP) * sizeof *self->items);
    self->items[self->count++] = (struct place){.database_id = name.database_id,
                                                .job_id = name.job_id,
                                                .attempt = name.attempt,
                                                .state = name.state};
    return 0;
}

static int
hidden(void *context, const char *path, const struct error *why)
{
    return add_odd(context, path, why->message);
}

static void
name_of(const struct place *place, struct set_name *name)
{
    name->database_id = place->database_id;
    name->job_id = place->job_id;
    name->attempt = place->attempt;
    name->state = place->state;
}

static int
compare(const void *one, const void *other)
{
    struct set_name a, b;
    name_of(one, &a);
    name_of(other, &b);
    return set_name_compare(&a, &b);
}

int
places_read(places_t **self_p, store_t *store, const char *folder, struct error *error)
{
    CLEAN(places_destroy) places_t *self = memory_get(sizeof *self);
    struct store_visitor visitor = {.context = self, .found = found, .hidden = hidden};
    if (strlen(folder) >= sizeof self->folder)
        return error_set(error, ERROR_INVALID, "'%.128s' is no catalog's folder", folder);
    snprintf(self->folder, sizeof self->folder, "%s", folder);
    if (store_walk(store, folder, &visitor, error))
        return -1;
    if (self->is_full)
        return error_set(error, ERROR_INVALID,
                         "'%s' holds more than %d sets, or more than %d folders of strange names",
                         folder, PLACES_MAX, PLACES_ODD_MAX);
    if (self->count > 0)
        qsort(self->items, self->count, sizeof *self->items, compare);
    *self_p = STEAL(self);
    return 0;
}

size_t
places_count(const places_t *self)
{
    return self->count;
}

struct place *
places_at(places_t *self, size_t index)
{
    return &self->items[index];
}

void
places_path(const places_t *self, const struct place *place, char path[SET_NAME_SIZE])
{
    struct set_name name;
    name_of(place, &name);
    snprintf(name.folder, sizeof name.folder, "%s", self->folder);
    set_name_print(&name, path);
}

struct place *
places_find(places_t *self, const char *path)
{
    struct set_name name;
    if (self->count == 0 || set_name_parse(path, &name) || name.state != SET_NAME_WHOLE ||
        strcmp(name.folder, self->folder) != 0)
        return NULL;
    struct place wanted = {
        .database_id = name.database_id, .job_id = name.job_id, .attempt = name.attempt};
    return bsearch(&wanted, self->items, self->count, sizeof *self->items, compare);
}

// The first place that is not before the job's.
static size_t
first_of(const places_t *self, const struct set_name *job)
{
    size_t low = 0, high = self->count;
    struct place wanted = {.database_id = job->database_id, .job_id = job->job_id};
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&self->items[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void
places_pass(places_t *self, const char *path)
{
    struct set_name name;
    if (set_name_parse(path, &name) || strcmp(name.folder, self->folder) != 0)
        return;
    for (size_t index = first_of(self, &name); index < self->count; index++) {
        struct place *place = &self->items[index];
        if (place->database_id != name.database_id || place->job_id != name.job_id)
            break;
        place->is_past = 1;
    }
}

int
places_is_ours(const places_t *self, const char *path)
{
    size_t length = strlen(self->folder);
    return strncmp(path, self->folder, length) == 0 && path[length] == '/';
}

int
places_is_hidden(const places_t *self, const char *path)
{
    for (size_t index = 0; index < self->odd_count; index++) {
        size_t length = strlen(self->odd[index].path);
        if (*self->odd[index].why && strncmp(path, self->odd[index].path, length) == 0 &&
            path[length] == '/')
            return 1;
    }
    return 0;
}

size_t
places_odd_count(const places_t *self)
{
    return self->odd_count;
}

const struct place_odd *
places_odd_at(const places_t *self, size_t index)
{
    return &self->odd[index];
}
