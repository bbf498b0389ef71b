// What a job needs of a worker, and whether a worker has it. No I/O, no clock.

#pragma once

#include "proto/wire.h"

enum { PLACEMENT_REASON_SIZE = 512, PLACEMENT_TEXT_SIZE = 6144, PLACEMENT_LABELS_MAX = 16 };

// A worker has the label, with a value that fits the pattern; or that is only preferred.
struct placement_label {
    const char *name, *pattern;
    int is_preferred;
};

struct placement_need {
    const char *store;      // identity; "" = any, NULL = none
    const char *engine;     // "mysql", "mariadb", "postgres"; NULL: no database is touched
    const char *tool;       // "" = any that fits
    unsigned major, minor;  // of the server; 0 = not known
    int loads;              // not 0: a restore, which needs the client instead of the dump tool
    const char *avoided;  // instance of a worker that is not to have it if another could; "" = none
    struct placement_label labels[PLACEMENT_LABELS_MAX];
    size_t label_count;
};

// Fills in the need of a task. Its texts stay the run's.
void placement_of(const Wire__Run *run, struct placement_need *need);

// A need as a text: the same for the same need, and for a check another one. Reading cuts the text
// up, from which the need's texts are then lent, and returns whether it is for a check.
void placement_print(const struct placement_need *need, int is_check,
                     char text[PLACEMENT_TEXT_SIZE]);
int placement_read(char text[PLACEMENT_TEXT_SIZE], struct placement_need *need);

// Returns 1, or 0 with a reason for people: "no pg_dump 16 or newer".
int placement_fits(const struct placement_need *need, const Wire__Ready *worker,
                   char reason[PLACEMENT_REASON_SIZE]);

// How many of the labels that are preferred it has.
unsigned placement_preference(const struct placement_need *need, const Wire__Ready *worker);

// How near a worker comes to it: 3 = it fits; of store, tool and labels each that it lacks is one
// less.
int placement_nearness(const struct placement_need *need, const Wire__Ready *worker);

// Reads "15.4", "8.0.36-log", "10.11.6-MariaDB". What is no number gives 0.
void placement_version(const char *text, unsigned *major, unsigned *minor);
