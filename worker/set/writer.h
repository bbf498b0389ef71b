// Writes a set: numbered files, digests while writing, fsync, read-back, RESTORE.txt and
// restore.sh, the manifest last, then the store's rename.
//
//     CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
//     if (set_writer_open(&writer, store, path, error) ||
//         set_writer_put(writer, &facts, fd, head, &head_size, tail, &tail_size, sizeof head,
//                        &size_bytes, error) ||      // until the end of fd
//         set_writer_accept(writer, error) ||         // the tool ended well
//         set_writer_end(writer, &summary, error))    // manifest, checks, rename
//         return -1;
//
// Destroying a writer that did not end removes its `.partial`. A file put and never accepted makes
// the next put and `end` fail; a file that could not be kept does so for good. Every write, fsync,
// close and rename error fails the set; the store's mount is checked at begin, with each file, and
// before and after the rename. Each file is reopened after fsync and POSIX_FADV_DONTNEED and its
// digest compared; that happens behind the dump and beside it (worker/set/readback.h), so an error
// of one file may come out of a later call. A store that knows no fsync gets a fact in the
// manifest. All calls may block, as the store's.
//
// A reader of our own writes files itself, several at once: begin gives a file, one thread at a
// time writes it (set_file_write) and closes it (set_file_close), then keep or drop take it back.
// begin, keep and drop are for the thread that has the writer.

#pragma once

#include "worker/set/file.h"
#include "worker/set/manifest.h"
#include "worker/store/store.h"

struct set_file_facts {  // plain copy of engine's struct file_facts: sets do not know engines
    const char *role, *object, *loader, *load_into, *tool, *tool_version, *group;
    void (*watch)(void *context, const char *data, size_t size);  // sees each piece; may be NULL
    void *watch_context;
};

struct set_summary {
    uint64_t size_bytes;  // all files, the guides and the manifest
    uint32_t file_count;  // of the manifest
    uint8_t manifest_sha256[DIGEST_SIZE];
};

typedef struct set_writer set_writer_t;

// Called now and then, at least once for each MiB written, with the bytes written so far and those
// read back.
typedef void(set_progress)(void *context, uint64_t written_bytes, uint64_t verified_bytes);

int set_writer_open(set_writer_t **self_p, store_t *store, const char *path, struct error *error);
void set_writer_destroy(set_writer_t **self_p);
void set_writer_on_progress(set_writer_t *self, set_progress *progress, void *context);

// set_writer_end fails with ERROR_CANCELLED once `stop` is readable before the set is committed; 0:
// never, as at first.
void set_writer_heed(set_writer_t *self, int stop);

// Reads what it is given to put no faster from now on; 0: as fast as it comes, as at first.
void set_writer_limit(set_writer_t *self, uint64_t read_limit_bytes_per_s);

// The manifest to fill (source, points, schemas, left out, times); files, guides, set_path, store
// and writer_version are the writer's.
struct manifest *set_writer_manifest(set_writer_t *self);

// Copies fd to its end. `head` and `tail` (each of edge_size bytes) get its beginning and end. A
// pipe is made as large as one write, so that the tool goes on while the store is busy.
int set_writer_put(set_writer_t *self, const struct set_file_facts *facts, int fd, char *head,
                   size_t *head_size, char *tail, size_t *tail_size, size_t edge_size,
                   uint64_t *size_bytes, struct error *error);

// The text is whole as it is: it counts as accepted.
int set_writer_put_text(set_writer_t *self, const struct set_file_facts *facts, const char *text,
                        size_t size, struct error *error);

// The file of the last put is what it should be. Saying so twice is harmless.
int set_writer_accept(set_writer_t *self, struct error *error);

// Begins file `number` (0: the one after the greatest), which no other file of the set may have.
// READBACKS_MAX may be open at once.
int set_writer_begin(set_writer_t *self, uint32_t number, const struct set_file_facts *facts,
                     set_file_t **file_p, struct error *error);

// The file was closed and is what it should be: it belongs to the set. The parts say which rows it
// holds; their texts are copied, their files' number is set here.
int set_writer_keep(set_writer_t *self, set_file_t **file_p, const struct manifest_part *parts,
                    size_t count, struct error *error);

// The file is none of the set's, and is removed.
void set_writer_drop(set_writer_t *self, set_file_t **file_p);

// Tells of progress: so many bytes were written to files that are still open.
void set_writer_progress(const set_writer_t *self, uint64_t open_bytes);

// When this returns 0 the set stands under its final name and its manifest was read there again.
int set_writer_end(set_writer_t *self, struct set_summary *summary, struct error *error);
