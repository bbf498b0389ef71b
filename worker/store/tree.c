#include "worker/store/tree.h"

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

enum { FOLDER_MODE = 0700, DEPTH_MAX = 8, ROUNDS_MAX = 100, NAMES_STEP = 64 };

static void
folder_destroy(DIR **folder_p)
{
    if (*folder_p)
        closedir(*folder_p);
    *folder_p = NULL;
}

// One step down. What is there must be a folder of the same file system.
static int
step(const store_t *store, int from, const char *name, int *to, struct error *error)
{
    CLEAN(fd_close)
    int dir = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0 && (errno == ELOOP || errno == ENOTDIR))
        return error_set(error, ERROR_DENIED, "'%s' in the store '%s' is not a folder", name,
                         store->place);
    struct stat here;
    struct stat root;
    if (dir < 0 || fstat(dir, &here) || fstat(store->root, &root))
        return store_error(store, error, errno, "cannot open the folder '%s'", name);
    if (here.st_dev != root.st_dev)
        return error_set(error, ERROR_DENIED,
                         "something else is mounted on the folder '%s' in the store '%s'", name,
                         store->place);
    *to = fd_steal(&dir);
    return 0;
}

static int
make(const store_t *store, int from, const char *name, struct error *error)
{
    if (mkdirat(from, name, FOLDER_MODE)) {
        if (errno == EEXIST)
            return 0;
        return store_error(store, error, errno, "cannot make the folder '%s'", name);
    }
    int refused = 0;
    return store_sync(store, from, &refused, error);
}

static int
walk(const store_t *store, const char *path, int makes, int *dir, struct error *error)
{
    CLEAN(fd_close) int here = -1;
    if (step(store, store->root, ".", &here, error))
        return -1;
    char name[STORE_PATH_MAX + 1];
    while (*path) {
        size_t size = strcspn(path, "/");
        snprintf(name, sizeof name, "%.*s", (int)size, path);
        CLEAN(fd_close) int next = -1;
        if ((makes && make(store, here, name, error)) || step(store, here, name, &next, error))
            return -1;
        fd_close(&here);
        here = fd_steal(&next);
        path += size + (path[size] == '/');
    }
    *dir = fd_steal(&here);
    return 0;
}

int
tree_open(const store_t *store, const char *path, int *dir, struct error *error)
{
    return walk(store, path, 0, dir, error);
}

int
tree_make(const store_t *store, const char *path, int *dir, struct error *error)
{
    return walk(store, path, 1, dir, error);
}

static int remove_at(const store_t *store, int dir, const char *name, int depth,
                     struct error *error);

// Empties a folder. A file system may skip entries when others go while it lists, so it is listed
// again until there is nothing; one that goes on listing what is gone does not hold us for ever.
static int
empty(const store_t *store, int dir, int depth, struct error *error)
{
    int removed = 1;
    for (int round = 0; removed && round < ROUNDS_MAX; round++) {
        CLEAN(fd_close) int listed = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        CLEAN(folder_destroy) DIR *folder = listed < 0 ? NULL : fdopendir(listed);
        if (!folder)
            return store_error(store, error, errno, "cannot list a folder");
        listed = -1;
        removed = 0;
        errno = 0;
        for (const struct dirent *entry; (entry = readdir(folder)); errno = 0) {
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            if (remove_at(store, dir, entry->d_name, depth, error))
                return -1;
            removed = 1;
        }
        if (errno)
            return store_error(store, error, errno, "cannot list a folder");
    }
    return 0;
}

static int
remove_at(const store_t *store, int dir, const char *name, int depth, struct error *error)
{
    struct stat entry;
    if (fstatat(dir, name, &entry, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT ? 0 : store_error(store, error, errno, "cannot look at '%s'", name);
    int is_folder = S_ISDIR(entry.st_mode);
    if (is_folder) {
        if (depth == DEPTH_MAX)
            return error_set(error, ERROR_DENIED, "'%s' lies too deep to be a set's", name);
        CLEAN(fd_close) int inner = -1;
        if (step(store, dir, name, &inner, error) || empty(store, inner, depth + 1, error))
            return -1;
    }
    if (unlinkat(dir, name, is_folder ? AT_REMOVEDIR : 0) && errno != ENOENT)
        return store_error(store, error, errno, "cannot remove '%s'", name);
    return 0;
}

int
tree_remove(const store_t *store, int dir, const char *name, struct error *error)
{
    return remove_at(store, dir, name, 0, error);
}

void
tree_names_destroy(char ***names_p)
{
    for (char **name = *names_p; name && *name; name++)
        free(*name);
    memory_free(names_p);
}

static int
compare(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

int
tree_list(const store_t *store, int dir, char ***names, struct error *error)
{
    CLEAN(fd_close) int listed = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEAN(folder_destroy) DIR *folder = listed < 0 ? NULL : fdopendir(listed);
    if (!folder)
        return store_error(store, error, errno, "cannot list a folder");
    listed = -1;

    size_t count = 0;
    CLEAN(tree_names_destroy) char **list = memory_get(sizeof *list);
    errno = 0;
    for (const struct dirent *entry; (entry = readdir(folder)); errno = 0) {
        if (entry->d_name[0] == '.')
            continue;
        if (count == TREE_NAMES_MAX)
            return error_set(error, ERROR_INVALID, "a folder in the store '%s' holds over %d names",
                             store->place, TREE_NAMES_MAX);
        if (count % NAMES_STEP == 0)
            list = memory_resize(list, (count + NAMES_STEP + 1) * sizeof *list);
        list[count++] = memory_copy_text(entry->d_name);
        list[count] = NULL;
    }
    if (errno)
        return store_error(store, error, errno, "cannot list a folder");
    qsort(list, count, sizeof *list, compare);
    *names = STEAL(list);
    return 0;
}
