// Reads a finished set: its manifest, checked against the digest that the catalog kept, and its
// files, each verified before it is used.

#pragma once

#include "worker/set/manifest.h"
#include "worker/set/writer.h"
#include "worker/store/store.h"

typedef struct set_reader set_reader_t;

// sha256 may be NULL (a set found without a catalog). ERROR_CORRUPT if the digest differs,
// ERROR_NOT_FOUND if there is no such set.
int set_reader_open(set_reader_t **self_p, store_t *store, const char *path, const uint8_t *sha256,
                    struct error *error);
void set_reader_destroy(set_reader_t **self_p);

// Is the manifest under this name the one with that digest? What is in it is not looked at.
int set_reader_check(store_t *store, const char *path, const uint8_t *sha256, struct error *error);

const struct manifest *set_reader_manifest(const set_reader_t *self);
const uint8_t *set_reader_manifest_sha256(const set_reader_t *self);
uint64_t set_reader_manifest_size(const set_reader_t *self);

// Reads all files and guides (dropped from the page cache first) and compares sizes and digests;
// what the manifest does not list is an error too. ERROR_CORRUPT names the first file that differs.
// progress may be NULL.
int set_reader_verify(set_reader_t *self, set_progress *progress, void *context,
                      struct error *error);

// A read-only descriptor of file number `index`, opened beneath the set's folder.
int set_reader_file(set_reader_t *self, size_t index, int *fd, struct error *error);
