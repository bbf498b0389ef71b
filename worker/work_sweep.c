// A sweep: what lies in a database's folder of a store and the catalog does not know. It removes
// only what never was a whole set or is half removed; a whole set that nobody knows is reported,
// never touched and never adopted.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/work.h"

enum { FOUND_MAX = 100000 };

struct found {
    char **paths;
    size_t count;
};

static void
found_clear(struct found *found)
{
    for (size_t index = 0; index < found->count; index++)
        memory_free(&found->paths[index]);
    memory_free(&found->paths);
}

static int
take(void *context, const char *path)
{
    struct found *found = context;
    if (found->count == FOUND_MAX)
        return 1;
    found->paths[found->count++] = memory_copy_text(path);
    return 0;
}

static size_t
length_without(const char *path, const char *suffix)
{
    size_t length = strlen(path);
    size_t size = strlen(suffix);
    return length > size && strcmp(path + length - size, suffix) == 0 ? length - size : length;
}

static int
is_whole(const char *path)
{
    return length_without(path, ".partial") == strlen(path) &&
           length_without(path, ".removed") == strlen(path);
}

// A set is known by its final name in the folder, whatever state it is in.
static int
is_kept(const Wire__Sweep *sweep, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t length = length_without(name, ".partial");
    if (length == strlen(name))
        length = length_without(name, ".removed");
    for (size_t index = 0; index < sweep->n_keep; index++) {
        const char *keep = sweep->keep[index];
        if (strlen(keep) == length && strncmp(keep, name, length) == 0)
            return 1;
    }
    return 0;
}

static int
sweep_one(struct work *self, store_t *store, const char *path, struct error *error)
{
    const Wire__Sweep *sweep = self->run->run->sweep;
    if (is_whole(path)) {
        work_remark(self, "unknown set: %s", path);
        return 0;
    }
    if (!sweep->remove) {
        work_remark(self, "left behind: %s", path);
        return 0;
    }
    if (store_remove(store, path, error))
        return error_wrap(error, "cannot remove '%s'", path);
    work_remark(self, "removed: %s", path);
    return 0;
}

int
work_sweep(struct work *self, struct error *error)
{
    const Wire__Sweep *sweep = self->run->run->sweep;
    CLEAN(store_destroy) store_t *store = NULL;
    CLEAN(found_clear) struct found found = {.paths = memory_get(FOUND_MAX * sizeof(char *))};
    work_tell(self, "sweep", 0, 0);
    if (work_open_store(self, sweep->store, &store, error) ||
        store_list_folder(store, sweep->path, take, &found, error))
        return -1;
    size_t unknown = 0;
    for (size_t index = 0; index < found.count; index++) {
        if (is_kept(sweep, found.paths[index]))
            continue;
        unknown++;
        if (store_check(store, error) || sweep_one(self, store, found.paths[index], error))
            return -1;
    }
    if (found.count == FOUND_MAX)
        work_remark(self, "only the first %d were looked at", FOUND_MAX);
    if (unknown == 0)
        work_remark(self, "nothing unknown among %zu", found.count);
    return 0;
}
