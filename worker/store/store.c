#include "worker/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/store/names.h"
#include "worker/store/tree.h"

enum { SET_MODE = 0700 };

static const struct store_ops *const kinds[] = {
    &store_directory_ops,
    &store_boostfs_ops,
    &store_reading_ops,
};

// What a kind says of itself is about its mount, unless it knows better.
static int
about_mount(struct error *error)
{
    return error_mark(error, error->about == ABOUT_NOTHING ? ABOUT_MOUNT : error->about);
}

int
store_open(store_t **self_p, const char *kind, const char *place, const char *source,
           struct error *error)
{
    if (place[0] != '/' || strlen(place) >= STORE_PLACE_SIZE)
        return error_set(error, ERROR_CONFIG,
                         "the place '%.64s' of a store is not an absolute path of under %d bytes",
                         place, STORE_PLACE_SIZE);
    for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
        if (strcmp(kinds[index]->kind, kind) == 0)
            return kinds[index]->open(self_p, place, source, error) ? about_mount(error) : 0;
    }
    return error_set(error, ERROR_CONFIG, "no store is called '%s'", kind);
}

void
store_destroy(store_t **self_p)
{
    if (*self_p)
        (*self_p)->ops->destroy(self_p);
}

int
store_check(store_t *self, struct error *error)
{
    return self->ops->check(self, error) ? about_mount(error) : 0;
}

const char *
store_identity(const store_t *self)
{
    return self->identity;
}

const char *
store_kind(const store_t *self)
{
    return self->ops->kind;
}

int
store_room(store_t *self, uint64_t *free_bytes, struct error *error)
{
    struct statvfs room;
    if (fstatvfs(self->root, &room))
        return store_error(self, error, errno, "cannot ask for the room");
    *free_bytes = (uint64_t)room.f_bavail * room.f_frsize;
    return 0;
}

static enum error_code
code_of(int cause)
{
    switch (cause) {
    case EACCES:
    case EPERM:
    case EROFS:
        return ERROR_DENIED;
    case ENOENT:
        return ERROR_NOT_FOUND;
    default:
        return ERROR_UNAVAILABLE;
    }
}

int
store_error(const store_t *self, struct error *error, int cause, const char *format, ...)
{
    char what[sizeof error->message];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    switch (cause) {
    case ENOTCONN:
    case ECONNABORTED:
    case ESTALE:
        error_set(error, ERROR_UNAVAILABLE, "%s: the mount '%s' was lost: %s; mount it anew", what,
                  self->place, strerror(cause));
        break;
    case EDQUOT:
        error_set(error, ERROR_CONFIG,
                  "%s: the store '%s' has used up its quota: %s; raise the quota of its storage "
                  "unit, or expire sets",
                  what, self->place, strerror(cause));
        break;
    case ENOSPC:
        error_set(error, ERROR_CONFIG,
                  "%s: the store '%s' is full, or its quota is: %s; make room, or raise the quota",
                  what, self->place, strerror(cause));
        break;
    case EIO:
        error_set(
            error, ERROR_UNAVAILABLE,
            "%s in the store '%s': %s; what was written there may be lost: look at the log of "
            "the mount's client and the alerts of its server",
            what, self->place, strerror(cause));
        break;
    default:
        error_set(error, code_of(cause), "%s in the store '%s': %s", what, self->place,
                  strerror(cause));
    }
    return error_mark(error, cause == ENOSPC || cause == EDQUOT ? ABOUT_ROOM : ABOUT_MOUNT);
}

int
store_sync(const store_t *self, int fd, int *refused, struct error *error)
{
    if (fsync(fd) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
        return store_error(self, error, errno, "cannot sync");
    *refused = errno;
    return 0;
}

int
store_check_path(const char *path, struct error *error)
{
    return names_are_plain(path)
               ? 0
               : error_set(error, ERROR_INVALID, "'%.256s' is not a path of a store", path);
}

// Opens the folder that was just made, and syncs the one it is in.
static int
enter(const store_t *self, int parent, const char *name, int *dir, struct error *error)
{
    int refused = 0;
    CLEAN(fd_close)
    int made = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (made < 0)
        return store_error(self, error, errno, "cannot open '%s'", name);
    if (store_sync(self, parent, &refused, error))
        return -1;
    *dir = fd_steal(&made);
    return 0;
}

int
store_begin(store_t *self, const char *path, int *dir, struct error *error)
{
    struct names names;
    CLEAN(fd_close) int parent = -1;
    if (names_split_set(path, &names, error) || store_check(self, error) ||
        tree_make(self, names.parent, &parent, error))
        return error_wrap(error, "cannot begin '%s'", path);
    int is_final = 0;
    if (names_look(self, parent, names.final, &is_final, error))
        return -1;
    if (is_final)
        return error_set(error, ERROR_DENIED, "'%s' is in the store already", path);
    if (mkdirat(parent, names.partial, SET_MODE)) {
        if (errno == EEXIST)
            return error_set(error, ERROR_DENIED, "'%s%s' is in the store already", path,
                             NAMES_PARTIAL);
        return store_error(self, error, errno, "cannot make the folder '%s%s'", path,
                           NAMES_PARTIAL);
    }
    if (enter(self, parent, names.partial, dir, error)) {
        unlinkat(parent, names.partial, AT_REMOVEDIR);
        return error_wrap(error, "cannot begin '%s'", path);
    }
    return 0;
}

static int
publish(const store_t *self, int parent, const struct names *names, struct error *error)
{
    int refused = 0;
    if (names_rename(self, parent, names->partial, names->final, error))
        return -1;
    if (store_sync(self, parent, &refused, error) == 0)
        return 0;
    renameat(parent, names->final, parent, names->partial);
    return -1;
}

int
store_commit(store_t *self, const char *path, struct error *error)
{
    struct names names;
    int refused = 0;
    int is_final = 0;
    CLEAN(fd_close) int parent = -1;
    if (names_split_set(path, &names, error) || tree_open(self, names.parent, &parent, error))
        return error_wrap(error, "cannot finish '%s'", path);
    CLEAN(fd_close)
    int dir = openat(parent, names.partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return store_error(self, error, errno, "cannot open '%s%s'", path, NAMES_PARTIAL);
    if (store_sync(self, dir, &refused, error) || store_sync(self, parent, &refused, error) ||
        names_look(self, parent, names.final, &is_final, error))
        return error_wrap(error, "cannot finish '%s'", path);
    if (is_final)
        return error_set(error, ERROR_DENIED, "'%s' is in the store already", path);
    if (publish(self, parent, &names, error))
        return error_wrap(error, "cannot finish '%s'", path);
    return 0;
}

int
store_abandon(store_t *self, const char *path, struct error *error)
{
    struct names names;
    CLEAN(fd_close) int parent = -1;
    if (names_split_set(path, &names, error) || tree_open(self, names.parent, &parent, error) ||
        tree_remove(self, parent, names.partial, error))
        return error_wrap(error, "cannot remove '%s%s'", path, NAMES_PARTIAL);
    return 0;
}

int
store_open_set(store_t *self, const char *path, int *dir, struct error *error)
{
    struct names names;
    if (names_split_set(path, &names, error) || tree_open(self, path, dir, error))
        return error_wrap(error, "cannot open the set '%s'", path);
    return 0;
}

// Calls back for each folder in `folder`. Returns 1 if the callback wants no more.
static int
list_sets(const store_t *self, const char *folder, int (*found)(void *context, const char *path),
          void *context, struct error *error)
{
    CLEAN(fd_close) int dir = -1;
    CLEAN(tree_names_destroy) char **names = NULL;
    if (tree_open(self, folder, &dir, error) || tree_list(self, dir, &names, error))
        return error->code == ERROR_NOT_FOUND || error->code == ERROR_DENIED ? 0 : -1;
    for (char **name = names; *name; name++) {
        struct stat entry;
        CLEAN(memory_free) char *path = memory_format("%s/%s", folder, *name);
        if (!names_are_plain(path) || fstatat(dir, *name, &entry, AT_SYMLINK_NOFOLLOW) ||
            !S_ISDIR(entry.st_mode))
            continue;
        if (found(context, path))
            return 1;
    }
    return 0;
}

int
store_list_folder(store_t *self, const char *folder, int (*found)(void *context, const char *path),
                  void *context, struct error *error)
{
    if (store_check_path(folder, error))
        return -1;
    if (list_sets(self, folder, found, context, error) < 0)
        return error_wrap(error, "cannot list '%s'", folder);
    return 0;
}

int
store_list(store_t *self, const char *folder, int (*found)(void *context, const char *path),
           void *context, struct error *error)
{
    CLEAN(fd_close) int dir = -1;
    CLEAN(tree_names_destroy) char **names = NULL;
    if (store_check_path(folder, error))
        return -1;
    if (tree_open(self, folder, &dir, error) || tree_list(self, dir, &names, error))
        return error->code == ERROR_NOT_FOUND ? 0 : error_wrap(error, "cannot list '%s'", folder);
    for (char **name = names; *name; name++) {
        CLEAN(memory_free) char *path = memory_format("%s/%s", folder, *name);
        int result = names_are_plain(path) ? list_sets(self, path, found, context, error) : 0;
        if (result < 0)
            return error_wrap(error, "cannot list '%s'", path);
        if (result > 0)
            return 0;
    }
    return 0;
}
