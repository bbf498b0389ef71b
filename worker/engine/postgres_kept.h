// Files for a sink that are made now and put later: in memory until then, ERROR_INVALID if one is
// longer than POSTGRES_KEPT_MAX. It is a sink itself, of what tools write.
//
//     CLEAN(postgres_kept_clear) struct postgres_kept kept = {0};
//     struct sink sink = postgres_kept_sink(&kept);
//     if (make_file(&sink, error) || ... || postgres_kept_put(&kept, real_sink, error))
//         return -1;

#pragma once

#include "worker/engine/engine.h"

enum { POSTGRES_KEPT_MAX = 512 << 20 };  // definitions of some 500,000 tables

struct postgres_kept_file {
    int fd;
    struct file_facts facts;  // what they point to must live as long
};

struct postgres_kept {
    int stops[2];  // once one is readable, put ends with ERROR_CANCELLED; 0: never
    struct postgres_kept_file *list;
    size_t count;
};

struct sink postgres_kept_sink(struct postgres_kept *self);

// All of them, in their order.
int postgres_kept_put(const struct postgres_kept *self, const struct sink *sink,
                      struct error *error);

// The only one, into a file of the sink's that was begun, and is closed here.
int postgres_kept_write(const struct postgres_kept *self, const struct sink *sink, void *file,
                        struct error *error);

// Hands over the last one's descriptor.
int postgres_kept_take(struct postgres_kept *self);
void postgres_kept_clear(struct postgres_kept *self);
