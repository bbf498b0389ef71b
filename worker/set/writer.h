// Writes a set: numbered files, digests while writing, fsync, read-back, RESTORE.txt and
// restore.sh, the manifest last, then the store's rename.
//
//     CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
//     if (set_writer_open(&writer, store, path, error)) ...
//     set_writer_put(writer, facts, fd, &edges, error)   // until the end of fd
//     set_writer_accept(writer, error)                   // the tool ended well
//     set_writer_end(writer, &facts, error)              // manifest, checks, rename
//
// Destroying a writer that did not end removes its `.partial`. A file put and never accepted makes
// `end` fail. Every write, fsync, close and rename error fails the set; the store's mount is
// checked at begin, with each file, and before and after the rename. Each file is reopened after
// fsync and POSIX_FADV_DONTNEED and its digest compared; that happens beside the next file's dump.

#pragma once

#include "worker/set/manifest.h"
#include "worker/store/store.h"

struct set_file_facts {  // plain copy of engine's struct file_facts: sets do not know engines
    const char *role, *object, *loader, *load_into, *tool, *tool_version;
};

struct set_summary {
    uint64_t size_bytes;  // all files and the manifest
    uint32_t file_count;
    uint8_t manifest_sha256[DIGEST_SIZE];
};

typedef struct set_writer set_writer_t;

// Called now and then with the bytes written so far and those read back.
typedef void(set_progress)(void *context, uint64_t written_bytes, uint64_t verified_bytes);

int set_writer_open(set_writer_t **self_p, store_t *store, const char *path, struct error *error);
void set_writer_destroy(set_writer_t **self_p);
void set_writer_on_progress(set_writer_t *self, set_progress *progress, void *context);

// The manifest to fill (source, points, schemas, left out); files are added by the writer.
struct manifest *set_writer_manifest(set_writer_t *self);

// Copies fd to its end. `head` and `tail` (each of edge_size bytes) get its beginning and end.
int set_writer_put(set_writer_t *self, const struct set_file_facts *facts, int fd, char *head,
                   size_t *head_size, char *tail, size_t *tail_size, size_t edge_size,
                   uint64_t *size_bytes, struct error *error);
int set_writer_put_text(set_writer_t *self, const struct set_file_facts *facts, const char *text,
                        size_t size, struct error *error);
int set_writer_accept(set_writer_t *self, struct error *error);

int set_writer_end(set_writer_t *self, struct set_summary *summary, struct error *error);
