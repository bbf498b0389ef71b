// An expiry: one set is removed for good. The coordinator has decided it and written down that the
// set is not to be restored any more. A store that does not let go of it is no failure: its
// retention lock is there for that.

#include "common/clean.h"
#include "worker/set/manifest.h"
#include "worker/work.h"

static void
remark_lock(struct work *self, const struct error *error)
{
    work_remark(self, "locked: %s; a retention lock holds it, or a right is missing; %s",
                error->message,
                self->is_whole ? "nothing of it was removed, and it can be restored as before"
                               : "what is left of it is no set any more and goes when that ends");
}

int
work_expire(struct work *self, struct error *error)
{
    const Wire__Expire *expire = self->run->run->expire;
    CLEAN(store_destroy) store_t *store = NULL;
    work_tell(self, "remove", 0, 0);
    if (work_open_store(self, expire->store, &store, error))
        return -1;
    if (store_retire(store, expire->path, MANIFEST_FILE, &self->is_whole, error) == 0)
        return store_check(store, error);
    // What a mount that was lost meanwhile refuses says nothing about a lock.
    struct error lost = {0};
    if (store_check(store, &lost)) {
        *error = lost;
        return -1;
    }
    if (error->code != ERROR_DENIED || error->about != ABOUT_MOUNT)
        return -1;
    self->is_locked = 1;
    remark_lock(self, error);
    return 0;
}
