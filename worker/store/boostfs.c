// The store on a mounted BoostFS. What is mounted there is asked of the kernel's table of mounts
// each time: after a reboot, or when the client died, the same path is a folder of the local disk.

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/store/mount.h"
#include "worker/store/store.h"

struct boostfs {
    store_t base;
    char source[STORE_IDENTITY_SIZE];
    char resolved[PATH_MAX];  // the place without links
    dev_t device;
};

static int
is_boostfs(const char *type)
{
    return strcmp(type, "boostfs") == 0 || strcmp(type, "fuse.boostfs") == 0;
}

static int
not_mounted(const struct boostfs *self, struct error *error)
{
    return error_set(error, ERROR_CONFIG, "BoostFS is not mounted at '%s'; mount '%s' there",
                     self->base.place, self->source);
}

// What the table of mounts says of the place, held against what it should be.
static int
check_table(const struct boostfs *self, const char *resolved, dev_t *device, struct error *error)
{
    const char *place = self->base.place;
    struct mount mount;
    // In a chroot nothing at all may be mounted above the place.
    if (mount_of(resolved, &mount, error))
        return error->code == ERROR_NOT_FOUND ? not_mounted(self, error) : -1;
    if (strcmp(mount.point, resolved) != 0) {
        if (is_boostfs(mount.type))
            return error_set(error, ERROR_CONFIG,
                             "'%s' lies beneath the mount point '%s': a store's place is the mount "
                             "point itself",
                             place, mount.point);
        return not_mounted(self, error);
    }
    if (!is_boostfs(mount.type))
        return error_set(error, ERROR_CONFIG,
                         "what is mounted at '%s' is of type '%s', not boostfs", place, mount.type);
    if (strcmp(mount.source, self->source) != 0)
        return error_set(error, ERROR_CONFIG, "what is mounted at '%s' is '%s', not '%s'", place,
                         mount.source, self->source);
    *device = mount.device;
    return 0;
}

// Looks at the place as it is now; *device is what is mounted there.
static int
look(const struct boostfs *self, char resolved[PATH_MAX], dev_t *device, struct error *error)
{
    struct stat now;
    dev_t listed = 0;
    if (!realpath(self->base.place, resolved)) {
        int cause = errno;
        store_error(&self->base, error, cause, "cannot find the mount point");
        if (cause == ENOENT || cause == ENOTDIR)
            error->code = ERROR_CONFIG;
        return -1;
    }
    if (check_table(self, resolved, &listed, error))
        return -1;
    if (stat(resolved, &now))
        return store_error(&self->base, error, errno, "cannot look at the mount point");
    if (now.st_dev != listed)
        return error_set(error, ERROR_CONFIG, "the mount '%s' is hidden beneath another",
                         self->base.place);
    *device = listed;
    return 0;
}

static int
boostfs_check(store_t *base, struct error *error)
{
    struct boostfs *self = (struct boostfs *)base;
    char resolved[PATH_MAX];
    dev_t device = 0;
    struct stat root;
    struct statvfs room;
    // A question to the root's own descriptor, which the kernel's cache cannot answer.
    if (fstatvfs(base->root, &room) || fstat(base->root, &root))
        return store_error(base, error, errno, "cannot reach the root");
    if (look(self, resolved, &device, error))
        return -1;
    if (strcmp(resolved, self->resolved) != 0)
        return error_set(error, ERROR_CONFIG, "'%s' led to '%s' and leads now to '%s'", base->place,
                         self->resolved, resolved);
    if (device != self->device || root.st_dev != self->device)
        return error_set(error, ERROR_UNAVAILABLE,
                         "the mount '%s' was lost: it was mounted anew since", base->place);
    return 0;
}

static void
boostfs_destroy(store_t **self_p)
{
    fd_close(&(*self_p)->root);
    memory_free(self_p);
}

static int
boostfs_open(store_t **self_p, const char *place, const char *source, struct error *error)
{
    if (!source || !strchr(source, ':') || strlen(source) > STORE_IDENTITY_SIZE - sizeof "boostfs:")
        return error_set(error, ERROR_CONFIG,
                         "the source '%.64s' of the store '%s' is not a "
                         "'<data domain>:/<storage unit>'",
                         source ? source : "", place);
    CLEAN(store_destroy) store_t *base = memory_get(sizeof(struct boostfs));
    struct boostfs *self = (struct boostfs *)base;
    base->ops = &store_boostfs_ops;
    base->root = -1;
    snprintf(base->place, sizeof base->place, "%s", place);
    snprintf(base->identity, sizeof base->identity, "boostfs:%s", source);
    snprintf(self->source, sizeof self->source, "%s", source);
    if (look(self, self->resolved, &self->device, error))
        return -1;
    base->root = open(self->resolved, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (base->root < 0)
        return store_error(base, error, errno, "cannot open the root");
    if (boostfs_check(base, error))  // it may have gone between the look and the opening
        return -1;
    *self_p = STEAL(base);
    return 0;
}

const struct store_ops store_boostfs_ops = {
    .kind = "boostfs",
    .open = boostfs_open,
    .destroy = boostfs_destroy,
    .check = boostfs_check,
};
