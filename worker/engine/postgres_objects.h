// Large objects: how they are made, with owners, grants, comments and security labels, and what is
// in them. As lines of SQL that psql runs.

#pragma once

#include <stdint.h>

#include "common/error.h"
#include "worker/engine/postgres.h"

// Where the lines go.
struct postgres_objects_sink {
    void *self;
    int (*line)(void *self, const char *text, size_t size, struct error *error);
    int (*wait)(void *self, struct error *error);  // as of struct postgres_copy; may be NULL
};

struct postgres_objects {
    uint64_t count;
    uint32_t lowest, highest;  // their numbers
};

// How many there are. Fails as postgres_query, as all here.
int postgres_objects_count(struct postgres_objects *self, postgres_t *postgres,
                           struct error *error);

// The statements that make all of them, empty.
int postgres_objects_define(postgres_t *postgres, const struct postgres_objects_sink *sink,
                            struct error *error);

// The statements that fill those from number `low` on and before `high`, and how many those are.
int postgres_objects_fill(postgres_t *postgres, uint64_t low, uint64_t high, uint64_t *count,
                          const struct postgres_objects_sink *sink, struct error *error);
