// The store in a folder of any file system. Who it is, a file in its root says.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/random.h"
#include "worker/store/store.h"

enum { UUID_LENGTH = RANDOM_ID_SIZE - 1 };

static const char identity_file[] = ".dbhaul-store";

struct directory {
    store_t base;
    struct stat root;  // as it was when it was opened
};

static int
is_uuid(const char *text, size_t size)
{
    return size == UUID_LENGTH && strspn(text, "0123456789abcdef-") == UUID_LENGTH;
}

static int
read_identity(int root, const char *place, char identity[STORE_IDENTITY_SIZE], struct error *error)
{
    CLEAN(memory_free) char *text = NULL;
    size_t size = 0;
    if (fd_read_file(root, identity_file, 256, &text, &size, error)) {
        if (error->code == ERROR_NOT_FOUND)
            return error_set(error, ERROR_CONFIG,
                             "'%s' is no store: it has no file '%s'; is what should be mounted "
                             "there missing?",
                             place, identity_file);
        return error_wrap(error, "cannot tell which store '%s' is", place);
    }
    size -= size > 0 && text[size - 1] == '\n';
    if (!is_uuid(text, size))
        return error_set(error, ERROR_CONFIG, "'%s/%s' does not hold a UUID", place, identity_file);
    snprintf(identity, STORE_IDENTITY_SIZE, "directory:%.*s", (int)size, text);
    return 0;
}

int
store_create(const char *place, struct error *error)
{
    CLEAN(fd_close) int root = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return error_set(error, ERROR_CONFIG, "cannot open the folder '%s': %s", place,
                         strerror(errno));
    if (faccessat(root, identity_file, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        char identity[STORE_IDENTITY_SIZE];
        return read_identity(root, place, identity, error);
    }
    // Two may do so at once: each writes a file of its own, and only one gets the name.
    char uuid[RANDOM_ID_SIZE];
    char line[RANDOM_ID_SIZE + 1];
    char own[sizeof identity_file + RANDOM_ID_SIZE];
    random_id(uuid);
    snprintf(line, sizeof line, "%s\n", uuid);
    snprintf(own, sizeof own, "%s.%s", identity_file, uuid);
    if (fd_write_file(root, own, line, strlen(line), error))
        return error_wrap(error, "cannot make a store of '%s'", place);
    int lost = renameat2(root, own, root, identity_file, RENAME_NOREPLACE);
    if (lost && errno == EINVAL)  // a file system that does not know how
        lost = renameat(root, own, root, identity_file);
    int cause = errno;
    if (lost)
        unlinkat(root, own, 0);
    if (lost && cause != EEXIST)
        return error_set(error, ERROR_CONFIG, "cannot make a store of '%s': %s", place,
                         strerror(cause));
    if (fsync(root) && errno != EINVAL)
        return error_set(error, ERROR_CONFIG, "cannot make a store of '%s': %s", place,
                         strerror(errno));
    return 0;
}

static int
directory_check(store_t *base, struct error *error)
{
    struct directory *self = (struct directory *)base;
    struct stat now;
    char identity[STORE_IDENTITY_SIZE];
    if (stat(base->place, &now))
        return store_error(base, error, errno, "cannot look at the store's root");
    if (now.st_dev != self->root.st_dev || now.st_ino != self->root.st_ino)
        return error_set(error, ERROR_UNAVAILABLE,
                         "'%s' is another folder than it was, something was mounted or moved there",
                         base->place);
    if (read_identity(base->root, base->place, identity, error))
        return -1;
    if (strcmp(identity, base->identity) != 0)
        return error_set(error, ERROR_CONFIG, "the store '%s' was '%s' and is now '%s'",
                         base->place, base->identity, identity);
    return 0;
}

static void
directory_destroy(store_t **self_p)
{
    fd_close(&(*self_p)->root);
    memory_free(self_p);
}

static int
directory_open(store_t **self_p, const char *place, const char *source, struct error *error)
{
    (void)source;
    CLEAN(fd_close) int root = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return error_set(error, ERROR_CONFIG, "cannot open the store '%s': %s", place,
                         strerror(errno));
    CLEAN(memory_free) struct directory *self = memory_get(sizeof *self);
    self->base.ops = &store_directory_ops;
    snprintf(self->base.place, sizeof self->base.place, "%s", place);
    if (fstat(root, &self->root))
        return store_error(&self->base, error, errno, "cannot look at the store's root");
    if (read_identity(root, place, self->base.identity, error))
        return -1;
    self->base.root = fd_steal(&root);
    *self_p = &STEAL(self)->base;
    return 0;
}

const struct store_ops store_directory_ops = {
    .kind = "directory",
    .open = directory_open,
    .destroy = directory_destroy,
    .check = directory_check,
};
