// A file of a set that is written line by line, in large pieces. For one thread.
//
//     struct postgres_lines lines;
//     postgres_lines_begin(&lines, sink, file);
//     if (postgres_lines_add(&lines, text, size, error) || postgres_lines_end(&lines, error))
//         return -1;

#pragma once

#include <stdint.h>

#include "worker/engine/engine.h"

struct postgres_lines {
    const struct sink *sink;
    void *file;  // of the sink's begin
    char *room;
    size_t used;
    uint64_t size_bytes;  // all that was added
};

void postgres_lines_begin(struct postgres_lines *self, const struct sink *sink, void *file);
int postgres_lines_add(struct postgres_lines *self, const char *data, size_t size,
                       struct error *error);

// Writes what is left.
int postgres_lines_end(struct postgres_lines *self, struct error *error);
void postgres_lines_clear(struct postgres_lines *self);
