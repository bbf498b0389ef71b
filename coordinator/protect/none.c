// Where nothing keeps sets safe: whatever is asked for, the answer says so. No set of it is ever
// called protected.

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/protect/protector.h"

struct none {
    protector_t base;
    const char *name;
};

static int
none_open(protector_t **self_p, const struct protector_arguments *arguments, struct error *error)
{
    (void)error;
    struct none *self = memory_get(sizeof *self);
    self->base.ops = &protector_none_ops;
    self->name = arguments->name;
    *self_p = &self->base;
    return 0;
}

static void
none_destroy(protector_t **self_p)
{
    memory_free(self_p);
}

static int
refuse(const protector_t *base, struct error *error)
{
    const struct none *self = (const struct none *)base;
    return error_set(error, ERROR_CONFIG,
                     "nothing protects what lies on '%s': its configuration says `kind: none`",
                     self->name);
}

static int
none_take(protector_t *self, const struct protector_wish *wish, struct protector_snapshot *snapshot,
          struct error *error)
{
    (void)wish, (void)snapshot;
    return refuse(self, error);
}

static int
none_confirm(protector_t *self, const char *mtree, const char *name,
             struct protector_snapshot *snapshot, struct error *error)
{
    (void)mtree, (void)name, (void)snapshot;
    return refuse(self, error);
}

static int
none_expire(protector_t *self, const char *mtree, const char *name, struct error *error)
{
    (void)mtree, (void)name;
    return refuse(self, error);
}

static int
none_look(protector_t *self, const char *mtree, struct protector_replica *replica,
          struct error *error)
{
    (void)mtree, (void)replica;
    return refuse(self, error);
}

static int
none_start_sync(protector_t *self, const struct protector_destination *destination, ssh_t **ssh,
                struct error *error)
{
    (void)destination, (void)ssh;
    return refuse(self, error);
}

static int
none_finish_sync(protector_t *self, ssh_t *ssh, struct error *error)
{
    (void)ssh;
    return refuse(self, error);
}

const struct protector_ops protector_none_ops = {
    .kind = "none",
    .open = none_open,
    .destroy = none_destroy,
    .take = none_take,
    .confirm = none_confirm,
    .expire = none_expire,
    .look = none_look,
    .start_sync = none_start_sync,
    .finish_sync = none_finish_sync,
};
