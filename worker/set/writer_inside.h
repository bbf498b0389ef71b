// What the parts of the set's writer share. Nobody else includes this.

#pragma once

#include "common/pace.h"
#include "worker/set/readbacks.h"
#include "worker/set/writer.h"

// A file that is open for another thread.
struct open_file {
    set_file_t *file;  // NULL: the place is free
    struct manifest_file entry;
};

struct set_writer {
    store_t *store;
    char *path;
    int dir;
    struct manifest *manifest;
    readbacks_t *readbacks;
    struct open_file open[READBACKS_MAX];
    uint32_t number;  // the greatest that a file has
    char *buffer;
    set_progress *progress;
    void *context;
    uint64_t written_bytes;
    int stop;          // a descriptor; 0: none
    struct pace pace;  // of what is read from a tool
    int is_accepted;   // the last file
    int is_failed;     // a file was not kept, so there will be no set
    int is_begun, is_committed, is_ended;
};

// Gives the next file its name. `number` 0: the one after the greatest.
int set_writer_find_number(set_writer_t *self, uint32_t number, const char *loader,
                           char name[READBACK_NAME_SIZE], struct error *error);

void set_writer_copy_facts(struct manifest_file *file, const struct set_file_facts *facts);

size_t set_writer_count_open(const set_writer_t *self);
