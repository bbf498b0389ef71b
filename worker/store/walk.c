#include "worker/store/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/store/tree.h"

// Is it a folder that the store may have made? What is gone meanwhile is none.
static int
is_folder(const store_t *self, int dir, const char *name, const char *path, int *answer,
          struct error *error)
{
    struct stat entry;
    struct error ignored;
    *answer = 0;
    if (store_check_path(path, &ignored))
        return 0;
    if (fstatat(dir, name, &entry, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT ? 0 : store_error(self, error, errno, "cannot look at '%s'", path);
    *answer = S_ISDIR(entry.st_mode);
    return 0;
}

static int
walk(store_t *self, const char *folder, int (*found)(void *context, const char *path),
     void *context, struct error *error)
{
    CLEAN(fd_close) int dir = -1;
    CLEAN(tree_names_destroy) char **names = NULL;
    if (tree_open(self, folder, &dir, error) || tree_list(self, dir, &names, error))
        return -1;
    for (char **name = names; *name; name++) {
        CLEAN(memory_free) char *path = memory_format("%s/%s", folder, *name);
        int answer = 0;
        if (is_folder(self, dir, *name, path, &answer, error))
            return -1;
        if (answer && found(context, path))
            return 1;
    }
    return 0;
}

int
store_walk_folder(store_t *self, const char *folder, int (*found)(void *context, const char *path),
                  void *context, struct error *error)
{
    if (store_check_path(folder, error))
        return -1;
    if (walk(self, folder, found, context, error) >= 0 || error->code == ERROR_NOT_FOUND)
        return 0;
    return error_wrap(error, "cannot list '%s'", folder);
}

struct descent {
    store_t *store;
    const struct store_visitor *visitor;
};

static int
descend(void *context, const char *path)
{
    const struct descent *self = context;
    struct error error = {0};
    int result = walk(self->store, path, self->visitor->found, self->visitor->context, &error);
    if (result >= 0 || error.code == ERROR_NOT_FOUND)
        return result > 0;
    return self->visitor->hidden(self->visitor->context, path, &error);
}

int
store_walk(store_t *self, const char *folder, const struct store_visitor *visitor,
           struct error *error)
{
    struct descent descent = {self, visitor};
    return store_walk_folder(self, folder, descend, &descent, error) || store_check(self, error)
               ? -1
               : 0;
}
