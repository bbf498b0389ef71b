// A store that is only read, at any place: a mount of a replica, or a snapshot in `.snapshot`. What
// it is called is said, not found out, and there is nothing to check but that it is still the same
// folder.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/store/store.h"

struct reading {
    struct store base;
    struct stat root;
};

static int
reading_check(store_t *base, struct error *error)
{
    const struct reading *self = (struct reading *)base;
    struct stat now;
    if (stat(base->place, &now))
        return store_error(base, error, errno, "cannot look at the store's root");
    if (now.st_dev != self->root.st_dev || now.st_ino != self->root.st_ino)
        return error_set(error, ERROR_UNAVAILABLE,
                         "'%s' is another folder than it was: something was mounted there",
                         base->place);
    return 0;
}

static void
reading_destroy(store_t **self_p)
{
    fd_close(&(*self_p)->root);
    memory_free(self_p);
}

static int
reading_open(store_t **self_p, const char *place, const char *source, struct error *error)
{
    if (!source || !*source || strlen(source) >= STORE_IDENTITY_SIZE)
        return error_set(error, ERROR_CONFIG, "what the store '%s' is called must be said", place);
    CLEAN(fd_close) int root = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return error_set(error, ERROR_CONFIG, "cannot open the store '%s': %s", place,
                         strerror(errno));
    CLEAN(memory_free) struct reading *self = memory_get(sizeof *self);
    self->base.ops = &store_reading_ops;
    snprintf(self->base.place, sizeof self->base.place, "%s", place);
    snprintf(self->base.identity, sizeof self->base.identity, "%s", source);
    if (fstat(root, &self->root))
        return store_error(&self->base, error, errno, "cannot look at the store's root");
    self->base.root = fd_steal(&root);
    *self_p = &STEAL(self)->base;
    return 0;
}

const struct store_ops store_reading_ops = {
    .kind = "reading",
    .open = reading_open,
    .destroy = reading_destroy,
    .check = reading_check,
};
