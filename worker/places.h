// What lies in a catalog's folder of a store: read once, kept small and in order, so that the
// catalog's rows can be held against it one by one, however many there are.
//
//     CLEAN(places_destroy) places_t *places = NULL;
//     if (places_read(&places, store, "dbhaul/0b9e2c1e", error))
//         return -1;
//     struct place *place = places_find(places, "dbhaul/0b9e2c1e/d12/j34-a1");

#pragma once

#include <stddef.h>

#include "common/error.h"
#include "proto/set_name.h"
#include "worker/store/store.h"

enum { PLACES_MAX = 4000000, PLACES_ODD_MAX = 10000 };

struct place {
    int64_t database_id, job_id, attempt;
    enum set_name_state state;
    int is_known;  // to the catalog; the caller's
    int is_past;   // as places_pass says
};

// A folder whose name is none of ours, or that cannot be read, and why ("" = its name).
struct place_odd {
    char *path, *why;
};

typedef struct places places_t;

// ERROR_INVALID if there are more than PLACES_MAX.
int places_read(places_t **self_p, store_t *store, const char *folder, struct error *error);
void places_destroy(places_t **self_p);

// In the order of set_name_compare.
size_t places_count(const places_t *self);
struct place *places_at(places_t *self, size_t index);
void places_path(const places_t *self, const struct place *place, char path[SET_NAME_SIZE]);

// The whole set of that path; NULL if there is none, or its path is of another folder.
struct place *places_find(places_t *self, const char *path);

// The set of that path is past, and with it all that attempts at its job have left.
void places_pass(places_t *self, const char *path);

// Whether a path is of this folder, and whether what would hold it could not be read: then nothing
// follows from its not being there.
int places_is_ours(const places_t *self, const char *path);
int places_is_hidden(const places_t *self, const char *path);

size_t places_odd_count(const places_t *self);
const struct place_odd *places_odd_at(const places_t *self, size_t index);
