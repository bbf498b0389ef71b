#include "worker/set/reader.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/text.h"
#include "worker/set/scan.h"

enum { STEP_BYTES = 64 << 20 };

static const char manifest_name[] = MANIFEST_FILE;

struct set_reader {
    store_t *store;
    char *path;
    int dir;
    struct manifest *manifest;
    uint8_t manifest_sha256[DIGEST_SIZE];
    uint64_t manifest_size;
};

// Progress of one verify.
struct round {
    set_progress *progress;
    void *context;
    uint64_t verified_bytes;
};

// Gives its text, which is the caller's, as long as the manifest_size says.
static int
read_manifest(set_reader_t *self, const uint8_t *sha256, char **text_p, struct error *error)
{
    CLEAN(fd_close) int fd = -1;
    CLEAN(memory_free) char *text = NULL;
    struct stat entry;
    uint8_t *found = self->manifest_sha256;
    if (scan_open(self->store, self->dir, manifest_name, &fd, error))
        return -1;
    if (fstat(fd, &entry))
        return store_error(self->store, error, errno, "cannot look at '%s'", manifest_name);
    if (entry.st_size > MANIFEST_SIZE_MAX)
        return error_set(error, ERROR_INVALID, "the manifest is longer than %d bytes",
                         MANIFEST_SIZE_MAX);
    size_t size = (size_t)entry.st_size;
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    text = memory_get(size + 1);
    if (fd_read(fd, text, size, error))
        return error_wrap(error, "cannot read the manifest");
    digest_of(text, size, found);
    self->manifest_size = size;
    if (sha256 && memcmp(sha256, found, DIGEST_SIZE) != 0)
        return error_set(error, ERROR_CORRUPT,
                         "the manifest is not the one that was written: its digest differs");
    *text_p = STEAL(text);
    return 0;
}

static set_reader_t *
reader_of(store_t *store, const char *path)
{
    set_reader_t *self = memory_get(sizeof *self);
    self->store = store;
    self->path = memory_copy_text(path);
    self->dir = -1;
    return self;
}

int
set_reader_open(set_reader_t **self_p, store_t *store, const char *path, const uint8_t *sha256,
                struct error *error)
{
    CLEAN(set_reader_destroy) set_reader_t *self = reader_of(store, path);
    CLEAN(memory_free) char *text = NULL;
    if (store_open_set(store, path, &self->dir, error) ||
        read_manifest(self, sha256, &text, error) ||
        manifest_parse(&self->manifest, text, self->manifest_size, error))
        return error_wrap(error, "cannot read the set '%s'", path);
    *self_p = STEAL(self);
    return 0;
}

int
set_reader_check(store_t *store, const char *path, const uint8_t *sha256, struct error *error)
{
    CLEAN(set_reader_destroy) set_reader_t *self = reader_of(store, path);
    CLEAN(memory_free) char *text = NULL;
    if (store_open_set(store, path, &self->dir, error) || read_manifest(self, sha256, &text, error))
        return error_wrap(error, "cannot read the set '%s'", path);
    return 0;
}

void
set_reader_destroy(set_reader_t **self_p)
{
    if (!*self_p)
        return;
    fd_close(&(*self_p)->dir);
    manifest_destroy(&(*self_p)->manifest);
    free((*self_p)->path);
    memory_free(self_p);
}

const struct manifest *
set_reader_manifest(const set_reader_t *self)
{
    return self->manifest;
}

const uint8_t *
set_reader_manifest_sha256(const set_reader_t *self)
{
    return self->manifest_sha256;
}

uint64_t
set_reader_manifest_size(const set_reader_t *self)
{
    return self->manifest_size;
}

int
set_reader_file(set_reader_t *self, size_t index, int *fd, struct error *error)
{
    assert(index < self->manifest->file_count);
    return scan_open(self->store, self->dir, self->manifest->files[index].path, fd, error);
}

static void
add_to_digest(void *digest, const void *data, size_t size)
{
    digest_add(digest, data, size);
}

static int
verify_file(const set_reader_t *self, const char *name, uint64_t size_bytes,
            const uint8_t sha256[DIGEST_SIZE], struct round *round, struct error *error)
{
    CLEAN(fd_close) int fd = -1;
    CLEAN(digest_destroy) digest_t *digest = digest_new();
    uint8_t found[DIGEST_SIZE];
    if (scan_open(self->store, self->dir, name, &fd, error)) {
        if (error->code == ERROR_NOT_FOUND)
            error->code = ERROR_CORRUPT;
        return -1;
    }
    if (scan_check_size(self->store, fd, name, size_bytes, error))
        return -1;
    for (uint64_t at_bytes = 0; at_bytes < size_bytes;) {
        uint64_t left_bytes = size_bytes - at_bytes;
        uint64_t to_bytes = at_bytes + (left_bytes < STEP_BYTES ? left_bytes : STEP_BYTES);
        if (scan_range(self->store, fd, name, at_bytes, to_bytes, add_to_digest, digest, error))
            return -1;
        round->verified_bytes += to_bytes - at_bytes;
        at_bytes = to_bytes;
        if (round->progress)
            round->progress(round->context, 0, round->verified_bytes);
    }
    digest_end(digest, found);
    if (memcmp(found, sha256, sizeof found) != 0)
        return error_set(error, ERROR_CORRUPT, "'%s' holds other bytes than were written", name);
    return 0;
}

static int
is_listed(const struct manifest *manifest, const char *name)
{
    if (strcmp(name, manifest_name) == 0)
        return 1;
    for (size_t index = 0; index < manifest->guide_count; index++) {
        if (strcmp(name, manifest->guides[index].path) == 0)
            return 1;
    }
    for (size_t index = 0; index < manifest->file_count; index++) {
        if (strcmp(name, manifest->files[index].path) == 0)
            return 1;
    }
    return 0;
}

static int
is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

// All that is listed was opened before, so more entries than are listed means a stranger.
static int
find_stranger(const set_reader_t *self, DIR *folder, struct error *error)
{
    size_t count = 0;
    errno = 0;
    for (const struct dirent *entry; (entry = readdir(folder));)
        count += !is_dots(entry->d_name);
    if (errno)
        return store_error(self->store, error, errno, "cannot list the set");
    if (count == self->manifest->file_count + self->manifest->guide_count + 1)
        return 0;
    rewinddir(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        CLEAN(memory_free) char *name = memory_copy_text(entry->d_name);
        if (is_dots(name) || is_listed(self->manifest, name))
            continue;
        text_clean(name);
        return error_set(error, ERROR_CORRUPT, "'%s' is in the set and not in its manifest", name);
    }
    return 0;
}

static int
check_strangers(const set_reader_t *self, struct error *error)
{
    CLEAN(fd_close) int fd = openat(self->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder)
        return store_error(self->store, error, errno, "cannot list the set");
    fd = -1;
    int result = find_stranger(self, folder, error);
    closedir(folder);
    return result;
}

static int
verify(const set_reader_t *self, struct round *round, struct error *error)
{
    const struct manifest *manifest = self->manifest;
    for (size_t index = 0; index < manifest->file_count; index++) {
        const struct manifest_file *file = &manifest->files[index];
        if (verify_file(self, file->path, file->size_bytes, file->sha256, round, error))
            return -1;
    }
    for (size_t index = 0; index < manifest->guide_count; index++) {
        const struct manifest_guide *guide = &manifest->guides[index];
        if (verify_file(self, guide->path, guide->size_bytes, guide->sha256, round, error))
            return -1;
    }
    return check_strangers(self, error);
}

int
set_reader_verify(set_reader_t *self, set_progress *progress, void *context, struct error *error)
{
    struct round round = {.progress = progress, .context = context};
    if (verify(self, &round, error))
        return error_wrap(error, "the set '%s' is not whole", self->path);
    return 0;
}
