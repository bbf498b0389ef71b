// Removing what a store holds: at once, or step by step so that nobody ever takes what is left of a
// set for one.

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "worker/store/names.h"
#include "worker/store/tree.h"

static int
remove_final(const store_t *self, int parent, const struct names *names, struct error *error)
{
    int refused = 0;
    int is_final = 0;
    // A removal that was cut short may have left its folder, which would be in the way.
    if (tree_remove(self, parent, names->removed, error) ||
        names_look(self, parent, names->final, &is_final, error))
        return -1;
    if (!is_final)
        return 0;
    if (names_rename(self, parent, names->final, names->removed, error) ||
        store_sync(self, parent, &refused, error))
        return -1;
    return tree_remove(self, parent, names->removed, error);
}

int
store_remove(store_t *self, const char *path, struct error *error)
{
    struct names names;
    CLEAN(fd_close) int parent = -1;
    if (names_split(path, &names, error))
        return -1;
    if (tree_open(self, names.parent, &parent, error))
        return error->code == ERROR_NOT_FOUND ? 0 : error_wrap(error, "cannot remove '%s'", path);
    int is_final = !names_end_in(path, NAMES_PARTIAL) && !names_end_in(path, NAMES_REMOVED);
    if (is_final ? remove_final(self, parent, &names, error)
                 : tree_remove(self, parent, names.final, error))
        return error_wrap(error, "cannot remove '%s'", path);
    return 0;
}

// ---- a set that is to go

// What a retention lock answers; a right that is missing looks the same.
static int
is_refusal(int cause)
{
    return cause == EPERM || cause == EACCES || cause == EROFS;
}

// Takes its name from it. Whether a lock holds the names of folders, too, is not known: some do,
// and then this is refused; where it is not, the first file is.
static int
hide(const store_t *self, int parent, const struct names *names, int *is_whole, struct error *error)
{
    int refused = 0;
    int is_final = 0;
    if (names_look(self, parent, names->final, &is_final, error))
        return -1;
    if (!is_final)
        return 0;
    *is_whole = 1;
    // Of an earlier set of that name, which only a store that was put back can have.
    if (tree_remove(self, parent, names->removed, error) ||
        names_rename(self, parent, names->final, names->removed, error))
        return -1;
    *is_whole = 0;
    return store_sync(self, parent, &refused, error);
}

// Without `first` it is no set, whatever its name. While that is there nothing was removed: it gets
// its name back if it may not go.
static int
remove_first(const store_t *self, int parent, const struct names *names, const char *first,
             int *is_whole, struct error *error)
{
    CLEAN(fd_close)
    int dir = openat(parent, names->removed, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return errno == ENOENT
                   ? 0
                   : store_error(self, error, errno, "cannot open '%s'", names->removed);
    int refused = 0;
    if (unlinkat(dir, first, 0) == 0)
        return store_sync(self, dir, &refused, error);
    int cause = errno;
    if (cause == ENOENT)
        return 0;
    store_error(self, error, cause, "cannot remove '%s/%s'", names->removed, first);
    struct error ignored = {0};
    if (is_refusal(cause) &&
        names_rename(self, parent, names->removed, names->final, &ignored) == 0) {
        *is_whole = 1;
        store_sync(self, parent, &refused, &ignored);
    }
    return -1;
}

int
store_retire(store_t *self, const char *path, const char *first, int *is_whole, struct error *error)
{
    struct names names;
    *is_whole = 0;
    CLEAN(fd_close) int parent = -1;
    if (names_split_set(path, &names, error))
        return -1;
    if (tree_open(self, names.parent, &parent, error))
        return error->code == ERROR_NOT_FOUND ? 0 : error_wrap(error, "cannot remove '%s'", path);
    if (hide(self, parent, &names, is_whole, error) ||
        remove_first(self, parent, &names, first, is_whole, error) ||
        tree_remove(self, parent, names.removed, error))
        return error_wrap(error, "cannot remove '%s'", path);
    return 0;
}
