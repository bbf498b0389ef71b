// What is wanted of a worker by its labels: which it must have, and which are preferred. A plain
// record, of a policy and of what holds where no policy says otherwise. No I/O.
//
// For a label there is a pattern (fnmatch, case-insensitive). Two are special:
// - `same`: what the database has under that name: for `account`, `region`, `engine` and `provider`
//   that, for any other label its tag of that name. A database that has nothing there wants
//   nothing.
// - `*`: any worker, even one without the label. So a policy lifts what the preset wants.
// A worker without a label that is required is not fit, whatever the pattern.
//
//     wanted_set(&wanted, "region", WANTED_SAME, 0);
//     wanted_resolve(&wanted, database, &found);  // region: eu-central-1

#pragma once

#include <stddef.h>
#include <stdio.h>

#include "common/error.h"
#include "coordinator/record.h"

#define WANTED_SAME "same"
#define WANTED_ANY "*"

enum {
    WANTED_MAX = 8,  // required ones, and as many preferred ones
    WANTED_ALL_MAX = 16,
    WANTED_NAME_MAX = 63,
    WANTED_PATTERN_MAX = 127,
    WANTED_PATTERN_SIZE = 256,  // of a text of a database, in which no character is special
};

struct wanted_label {
    char *name, *pattern;
    int is_preferred;
};

// All 0: any worker will do.
struct wanted {
    struct wanted_label *labels;  // required ones first, each kind in order of names
    size_t count;
};

// ERROR_CONFIG if a label's name or pattern is not one.
int wanted_check(const char *name, const char *pattern, struct error *error);

// In place of what it says of that label. Texts are within their limits.
void wanted_set(struct wanted *self, const char *name, const char *pattern, int is_preferred);
void wanted_clear(struct wanted *self);

// What it does not say itself it takes from the presets.
void wanted_add_presets(struct wanted *self, const struct wanted *presets);

void wanted_print(const struct wanted *self, FILE *stream);  // the same text for the same

// What it means for a database.
struct wanted_found {
    struct {
        char name[WANTED_NAME_MAX + 1], pattern[WANTED_PATTERN_SIZE];
        int is_preferred;
    } labels[WANTED_ALL_MAX];
    size_t count;
};

// The database may be NULL, as of a server that is in no inventory: `same` then wants nothing.
void wanted_resolve(const struct wanted *self, const struct database *database,
                    struct wanted_found *found);
