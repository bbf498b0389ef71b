// A store: where sets rest. A tree of folders beneath a root that is checked to be what it claims.
//
// Kinds: `directory` (any file system; its identity is a UUID in the file `.dbhaul-store` in its
// root, made by `store_create`) and `boostfs` (a mount of type boostfs or fuse.boostfs whose source
// is the configured "<data domain>:/<storage unit>", and whose place is the mount point itself).
// A third, `reading`, is for what is only read: its place is any folder, `source` its identity.
// Catalog and manifests know identity and relative path; where it is mounted differs from worker
// to worker.
// Paths are relative, of [a-z0-9._/-], no component empty or starting with a dot, at most 200
// bytes; all is opened beneath the root without following links. Names that end in `.partial` and
// `.removed` are the store's own.
//
//     CLEAN(store_destroy) store_t *store = NULL;
//     if (store_open(&store, "boostfs", "/mnt/dd1", "dd1.example:/su1", error) ||
//         store_check(store, error))
//         return -1;
//
// Any call but store_identity and store_kind may block for as long as the server behind the mount
// is silent: call them where a time limit ends the whole process, as a job has one. What blocks in
// FUSE can be killed as long as its daemon has not taken the request, or answers interrupts; else
// it hangs in the kernel until the daemon answers or is gone.
//
// To add a kind: a file with its ops, a line in the list in store.c; tests/test_store.c holds it
// to this contract. Errors: a mount that is missing, of another type or from another source is
// ERROR_CONFIG; one that was lost (ENOTCONN, ECONNABORTED, ESTALE) or mounted anew meanwhile is
// ERROR_UNAVAILABLE "the mount ... was lost"; a full store (ENOSPC, EDQUOT) is ERROR_CONFIG and
// ABOUT_ROOM, and says what of a quota; EIO is ERROR_UNAVAILABLE; a path that breaks the rules
// above is ERROR_INVALID. All that is wrong with a store as this host has it is ABOUT_MOUNT.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum { STORE_IDENTITY_SIZE = 256, STORE_PLACE_SIZE = 512, STORE_PATH_MAX = 200 };

typedef struct store store_t;

struct store_ops {
    const char *kind;
    // `place` is where it is mounted; `source` is what must be mounted there (boostfs; NULL else).
    int (*open)(store_t **self_p, const char *place, const char *source, struct error *error);
    void (*destroy)(store_t **self_p);
    // Still what it was when it was opened: type, source, device of the mount; identity. Called
    // before, during and after a job.
    int (*check)(store_t *self, struct error *error);
};

// The first member of every implementer.
struct store {
    const struct store_ops *ops;
    int root;                            // descriptor
    char identity[STORE_IDENTITY_SIZE];  // "boostfs:dd1.example:/su1", "directory:<uuid>"
    char place[STORE_PLACE_SIZE];
};

extern const struct store_ops store_directory_ops;
extern const struct store_ops store_boostfs_ops;
extern const struct store_ops store_reading_ops;

// Makes a directory store's identity file; succeeds if it is there already.
int store_create(const char *place, struct error *error);

int store_open(store_t **self_p, const char *kind, const char *place, const char *source,
               struct error *error);
void store_destroy(store_t **self_p);
int store_check(store_t *self, struct error *error);
const char *store_identity(const store_t *self);
const char *store_kind(const store_t *self);

// ERROR_INVALID if it breaks the rules for paths.
int store_check_path(const char *path, struct error *error);

// Free bytes for us, by statvfs.
int store_room(store_t *self, uint64_t *free_bytes, struct error *error);

// Makes the folder `<path>.partial` (mode 0700, parents too) and returns its descriptor in *dir.
// ERROR_DENIED if it or `path` is there already: attempts never share a folder.
int store_begin(store_t *self, const char *path, int *dir, struct error *error);

// Renames `<path>.partial` to `path`; both are synced before, the parent after. If the file
// system cannot say whether a rename happened, looks. What failed after the rename takes it back
// where that can still be done.
int store_commit(store_t *self, const char *path, struct error *error);

// Removes `<path>.partial` and all in it (best effort; what is left is the sweep's).
int store_abandon(store_t *self, const char *path, struct error *error);

// Opens the folder of a finished set.
int store_open_set(store_t *self, const char *path, int *dir, struct error *error);

// Removes a finished set: renames it to `<path>.removed`, then deletes. Repeatable. Takes
// whatever store_list found too: a `.partial` or a `.removed` is deleted as it is.
int store_remove(store_t *self, const char *path, struct error *error);

// Removes a finished set for good, in steps of which each may be the last: renames it to
// `<path>.removed`, deletes its file `first`, without which it is no set, then all else.
// Repeatable, and well done if nothing is there. If the store refuses it (EPERM, EACCES, EROFS: a
// retention lock, or a right that is missing) that is ERROR_DENIED about ABOUT_MOUNT, and *is_whole
// says whether the set is there as it was, under its own name; then nothing of it was removed.
int store_retire(store_t *self, const char *path, const char *first, int *is_whole,
                 struct error *error);

// The sets (finished, .partial, .removed) two levels beneath `folder`: calls back for each, in
// order, with its path from the root. What breaks the rules for paths is none of ours and left out.
// Stops when the callback returns not 0; it may remove what it is told of. No folder, no sets.
int store_list(store_t *self, const char *folder, int (*found)(void *context, const char *path),
               void *context, struct error *error);

// As store_list, for the sets right in `folder`.
int store_list_folder(store_t *self, const char *folder,
                      int (*found)(void *context, const char *path), void *context,
                      struct error *error);

// fsync of a file or folder. A file system that knows no fsync (EINVAL, ENOSYS, EOPNOTSUPP) is no
// error: *refused then gets that errno, and is left alone otherwise.
int store_sync(const store_t *self, int fd, int *refused, struct error *error);

// Maps an errno of an operation on the store to our error, as the header's head says. Returns -1.
int store_error(const store_t *self, struct error *error, int cause, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
